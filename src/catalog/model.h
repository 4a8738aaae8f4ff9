/*
 * model.h - what is known of a database's schema: plain data.
 *
 * The base is nothing, a catalog file or a live server; migrations are replayed on top (replay.h). With an empty base a table that
 * a migration only mentions may or may not exist and has columns nobody told us of: that is what `exists` and `complete` say. All memory
 * is the catalog's arena; pointers stay valid for its life. Names are folded and unquoted.
 */
#ifndef MIGRATE_CATALOG_MODEL_H
#define MIGRATE_CATALOG_MODEL_H

#include "base/map.h"
#include "base/tri.h"
#include "base/vec.h"
#include "catalog/lockmode.h"

VEC_DECLARE(name_list, struct str);

/* Where in the replay something was made; all 0 in the base. Files and transactions count from 1. */
struct origin {
    uint32_t file;        /* which migration file */
    uint32_t transaction; /* which transaction (or lone statement) of the whole replay */
    uint32_t statement;   /* which statement of the whole replay */
};

enum relation_kind {
    REL_UNKNOWN, /* mentioned only */
    REL_TABLE,
    REL_PARTITIONED, /* partitioned table */
    REL_FOREIGN,
    REL_VIEW,
    REL_MATVIEW,
    REL_SEQUENCE,
    REL_INDEX,
    REL_PARTITIONED_INDEX,
    REL_COMPOSITE,
};

/* A type as written in a column or cast, resolved as far as it can be. */
struct type_ref {
    struct str text;   /* canonical, as format_type() prints it: "character varying(50)", "app.mood", "integer[]" */
    struct str schema; /* "pg_catalog" for built-in ones, empty when it could not be resolved */
    struct str name;   /* internal name without modifier and brackets: "varchar", "int4", "mood" */
    int32_t mod[2];    /* modifiers; -1: none */
    unsigned dimensions;
    bool setof;
};

struct column {
    struct str name;
    struct type_ref type;
    struct str collation; /* empty: the type's */
    bool not_null;
    bool has_default;       /* of a value: DEFAULT NULL is none */
    struct str default_sql; /* its source text, empty when unknown */
    enum tri default_volatile;
    char identity;  /* 'a' always, 'd' by default, 0 none */
    char generated; /* 's' stored, 'v' virtual, 0 none */
    bool local;     /* of a partition or inheritance child: declared here too, so it outlives the parent's column */
    struct relation *sequence; /* owned by it (serial, identity) or NULL */
    struct origin made;
};

enum constraint_kind {
    CON_CHECK,
    CON_NOT_NULL,
    CON_PRIMARY,
    CON_UNIQUE,
    CON_FOREIGN,
    CON_EXCLUDE,
};

struct constraint {
    struct str name; /* PostgreSQL's generated name when none was written */
    enum constraint_kind kind;
    struct relation *table;
    struct name_list columns; /* CHECK: every column it mentions */
    bool valid;               /* convalidated */
    bool enforced;            /* false: NOT ENFORCED */
    bool no_inherit;
    bool inherited;              /* a parent's, and goes with the parent's */
    bool deferrable, deferred;   /* deferred: INITIALLY DEFERRED */
    struct str expression;       /* CHECK: canonical text (shape form) */
    struct name_list not_null;   /* CHECK: columns that it proves to be not null (… IS NOT NULL in an AND) */
    struct relation *index;      /* PRIMARY, UNIQUE, EXCLUDE */
    struct relation *referenced; /* FOREIGN */
    struct name_list referenced_columns;
    char on_delete, on_update; /* 'a' no action, 'r', 'c', 'n', 'd' */
    struct origin made;
};

VEC_DECLARE(constraint_list, struct constraint *);

struct index_column {
    struct str name;       /* empty for an expression */
    struct str expression; /* canonical text */
    struct str collation, opclass;
    bool included; /* INCLUDE column */
};

enum { TRIGGER_INSERT = 1, TRIGGER_UPDATE = 2, TRIGGER_DELETE = 4, TRIGGER_TRUNCATE = 8 };

struct trigger {
    struct str name;
    bool before, row;
    unsigned events;                      /* TRIGGER_INSERT …; 0: not known */
    struct str function_schema, function; /* that it calls; the schema is empty when it is not known */
    struct origin made;
};

VEC_DECLARE(relation_list, struct relation *);

/* CREATE RULE: what else runs, or runs instead, where rows of its table are changed. */
struct rule {
    struct str name;
    unsigned event;            /* TRIGGER_INSERT, …; 0: SELECT, or not known */
    bool instead, conditional; /* conditional: with WHERE */
    struct str actions;        /* what stands behind DO; empty: nothing, or not known */
};

struct formula;
struct function_reading;

struct relation {
    struct str schema, name;
    enum relation_kind kind;
    enum tri exists; /* UNKNOWN: a migration mentions it, nothing shows that it is there */
    bool complete;   /* columns, constraints, indexes below are all there are */
    bool temporary, unlogged;
    bool maybe_older;    /* made by IF NOT EXISTS when nothing was known of it: it may have been there before */
    enum tri loaded;     /* may it hold rows? a table made in the replay starts at NO */
    int64_t rows, bytes; /* -1: unknown. bytes with indexes and TOAST */
    struct origin made;  /* .statement == 0: was there before the replay, or unknown */
    uint32_t held_at;    /* where the current transaction keeps its lock, if it has one (rules/transaction.c) */
    struct str access_method, tablespace; /* empty: default */
    VEC(struct column *) columns;
    VEC(struct constraint *) constraints;
    struct relation_list indexes;
    VEC(struct trigger *) triggers;
    bool row_security;
    /* as far as statements told; a server's or a file's are not read */
    struct str owner; /* empty: whoever runs the statements, or unknown */
    struct name_list policies, statistics, publications;
    VEC(struct rule) rules;
    struct relation *row_type; /* of a typed table: its composite type */
    /* partitions and inheritance */
    struct relation_list parents, children; /* of an index: the partitioned index, the partitions' indexes */
    bool is_partition, is_default_partition;
    struct str partition_key;   /* of a partitioned table: "RANGE (created_at)" */
    struct str partition_bound; /* of a partition: "FOR VALUES …" or "DEFAULT" */
    struct relation *default_partition;
    const struct formula *outside; /* what no row of the partition is (rules/bound.c); NULL: it cannot be told */
    struct str outside_of[2];      /* worked out from this key and bound */
    /* index */
    struct relation *table;  /* of an index; owner table of a sequence */
    struct str owner_column; /* of a sequence */
    bool unique, primary, valid, nulls_not_distinct;
    VEC(struct index_column) index_columns;
    struct name_list mentions;     /* every column of the table in keys, INCLUDE, expressions and predicate */
    struct str predicate;          /* canonical text, empty: none */
    struct constraint *constraint; /* that the index backs */
    /* view, materialized view: what it reads, as far as known */
    struct relation_list reads;
    struct name_list words;               /* every name in its query, "*" among them */
    struct relation_list read_by;         /* views and materialized views on this one */
    struct constraint_list referenced_by; /* foreign keys to this one; kept by relation_add_constraint() */
};

struct type {
    struct str schema, name;
    enum type_kind { TYPE_ENUM, TYPE_DOMAIN, TYPE_COMPOSITE, TYPE_RANGE, TYPE_OTHER } kind;
    struct type_ref base; /* domain */
    bool not_null;        /* domain */
    bool has_constraints; /* domain: any CHECK or NOT NULL */
    struct str default_sql;
    struct name_list labels;              /* enum */
    VEC(struct constraint *) constraints; /* domain */
    struct origin made;
    struct origin last_label; /* the last ADD VALUE */
};

struct function {
    struct str schema, name;
    char volatility; /* 'i' 's' 'v'; 0 unknown */
    struct str language;
    struct str body;   /* of a SQL function, for inlining; empty when not known */
    struct str source; /* the text of a SQL or PL/pgSQL function or procedure; empty when it is not known */
    struct function_reading *reading; /* of the source; NULL: nobody asked for it yet (rules/select_behind.c) */
    unsigned n_args;
    bool returns_trigger;
    struct origin made;
};

struct schema {
    struct str name;
    enum tri exists;
    struct origin
        made; /* all 0: was there before, or may have been (IF NOT EXISTS); otherwise only the replay filled it */
};

/* Has pg_temp or pg_catalog one of them, or had it? They are in every search path, and there is no use to look there before. */
struct hidden_names {
    bool temporary, builtin;
};

struct catalog {
    struct arena *arena;
    struct map relations; /* "schema\0name" -> struct relation (relations of one schema share one name space) */
    struct map types;     /* -> struct type */
    struct map functions; /* -> struct function; overloads: worst volatility */
    struct hidden_names hidden_relations, hidden_types, hidden_functions;
    struct map schemas; /* name -> struct schema */
    struct map
        constraint_names; /* "schema\0name" -> how many constraints of that name; see relation_add_constraint() */
    struct name_list search_path;   /* default: public. "$user" is left out */
    bool complete;                  /* the base was a server or a catalog file: what is not here does not exist */
    struct relation_list all;       /* in order of appearance; dropped ones have exists == TRI_NO */
    struct relation_list triggered; /* those that have a trigger, or had one; perhaps more than once */
    struct str time_zone;           /* of the session; empty: unknown */
    int server_version;             /* major, 0 unknown */
    struct session_names {          /* what RESET and the end of a transaction give back; kept by replay */
        bool saved;
        struct name_list search_path;
        struct str time_zone;
    } start, before_local; /* as the session began; as before the first SET LOCAL of `local_transaction` */
    uint32_t local_transaction;
    struct arena scratch;           /* of the statement being replayed; empty between two */
    struct map name_hints;          /* generated name -> how often it had to be numbered, while name_epoch stays */
    uint32_t name_epoch;            /* counts names that became free */
    struct relation_list temporary; /* made in the session, to go with it */
    struct relation_list on_commit_drop;
    uint32_t commit_transaction; /* the transaction that those go with */
};

void catalog_init(struct catalog *c, struct arena *arena);

/* The relation of that name, or NULL when nothing by that name was ever seen or it was dropped. */
struct relation *catalog_relation(const struct catalog *c, struct str schema, struct str name);
/* Resolve a possibly qualified name by the search path; schema empty: unqualified. NULL: not known. */
struct relation *catalog_resolve(const struct catalog *c, struct str schema, struct str name);
/* The same, but a name that is not known is entered as mentioned (exists UNKNOWN, or NO when the catalog is complete). */
struct relation *catalog_mention(struct catalog *c, struct str schema, struct str name, enum relation_kind kind);
struct relation *catalog_add(struct catalog *c, struct str schema, struct str name, enum relation_kind kind,
                             struct origin made);
/* With its indexes, owned sequences, constraints on and to it, partitions and children, views on it: what CASCADE takes. */
void catalog_drop(struct catalog *c, struct relation *r);
/* To another name or schema; indexes and owned sequences follow to the schema. The old name is then known not to exist. */
void catalog_rename(struct catalog *c, struct relation *r, struct str schema, struct str name);

/*
 * Give r a constraint (con->table is set here). The only way to add one: it keeps what foreign keys reference and the names
 * that generated names must differ from. catalog_add_type() likewise enters a type; the struct is the caller's, from the arena.
 */
void relation_add_constraint(struct catalog *c, struct relation *r, struct constraint *con);
/* Take it away, with the index behind it. */
void relation_remove_constraint(struct catalog *c, struct constraint *con);
void relation_rename_constraint(struct catalog *c, struct constraint *con, struct str name); /* and its index */
void catalog_add_type(struct catalog *c, struct type *t);
void catalog_add_function(struct catalog *c, struct function *f);
/* The names of their schemas and their own are set: they are found by them from now on. */
void catalog_put_type(struct catalog *c, struct type *t);
/* Give r a trigger, the only way to add one; it is the caller's, from the arena. */
void relation_add_trigger(struct catalog *c, struct relation *r, struct trigger *t);
/* Was it there, as far as is known, before anything was replayed? Then others may use it. */
static inline bool relation_was_there(const struct relation *r)
{
    return r->made.statement == 0 && r->exists != TRI_NO;
}
struct schema *catalog_schema(struct catalog *c,
                              struct str name); /* entered when new, then exists is UNKNOWN (complete: NO) */
/* Back to the search path and time zone that the session began with, as RESET ALL does. */
void catalog_reset_settings(struct catalog *c);
/* That, and temporary relations are gone: a new connection, DISCARD ALL. */
void catalog_reset_session(struct catalog *c);
/*
 * Link a partition or child, a view and what it reads. More than RELATION_MAX_LEVELS of parents and children are not linked: both
 * are then no longer complete.
 */
enum { RELATION_MAX_LEVELS = 64 };
void relation_add_child(struct catalog *c, struct relation *parent, struct relation *child);
void relation_add_read(struct catalog *c, struct relation *view, struct relation *r);
void relation_remove(struct relation_list *list, const struct relation *r);
bool name_list_has(const struct name_list *names, struct str name);
void name_list_remove(struct name_list *names, struct str name);

struct column *relation_column(const struct relation *r, struct str name); /* NULL: none */
struct constraint *relation_constraint(const struct relation *r, struct str name);
/* Is the column known to hold no NULL: NOT NULL, primary key, or a valid CHECK? UNKNOWN when the relation is not complete. */
enum tri relation_proves_not_null(const struct relation *r, struct str column);
/* A type or function of the catalog; schema empty: by the search path. NULL: not known (built-in ones are not in the model). */
struct type *catalog_type(const struct catalog *c, struct str schema, struct str name);
struct function *catalog_function(const struct catalog *c, struct str schema, struct str name);
/* Foreign keys of other tables (and its own) that reference r. */
void relation_referencing(const struct catalog *c, const struct relation *r, struct arena *a,
                          struct constraint_list *out);
/* All partitions and inheritance children, at any depth, parents before children; r itself not. */
void relation_descendants(const struct relation *r, struct arena *a, struct relation_list *out);
/* "schema.name", each part quoted only where PostgreSQL would have to. */
struct str relation_display(const struct relation *r, struct arena *a);
struct str name_display(struct arena *a, struct str schema, struct str name);
struct str name_quote(struct arena *a, struct str name); /* quote_ident() */

#endif

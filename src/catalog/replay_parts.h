/*
 * replay_parts.h - the pieces of replay: one function per kind of statement, and what they share.
 *
 * Each statement function is called with the cursor behind the words that told the kind, and changes nothing when the
 * server would refuse the statement or it cannot be read.
 */
#ifndef MIGRATE_CATALOG_REPLAY_PARTS_H
#define MIGRATE_CATALOG_REPLAY_PARTS_H

#include "catalog/constraint.h"
#include "catalog/read.h"

/* A whole statement, or one element of CREATE SCHEMA. */
void replay_statement(struct reader *rd);

/* Behind CREATE … TABLE, CREATE FOREIGN TABLE. */
struct table_flags {
    bool temporary, unlogged, foreign;
};
void replay_create_table(struct reader *rd, struct table_flags flags);
/* SELECT … INTO t, at INTO. */
void replay_select_into(struct reader *rd);
void replay_alter_table(struct reader *rd, enum relation_kind kind); /* behind ALTER [FOREIGN] TABLE, VIEW, INDEX … */
void replay_create_index(struct reader *rd, bool unique);            /* behind CREATE [UNIQUE] INDEX */
void replay_create_type(struct reader *rd);
void replay_create_domain(struct reader *rd);
void replay_alter_type(struct reader *rd);
void replay_alter_domain(struct reader *rd);
void replay_create_sequence(struct reader *rd, bool temporary);
void replay_alter_sequence(struct reader *rd);
void replay_create_view(struct reader *rd, enum relation_kind kind, bool or_replace, bool temporary);
void replay_refresh(struct reader *rd); /* behind REFRESH */
void replay_create_schema(struct reader *rd);
void replay_alter_schema(struct reader *rd);
void replay_create_function(struct reader *rd, bool or_replace);
void replay_alter_function(struct reader *rd);
void replay_create_trigger(struct reader *rd, bool or_replace);
void replay_alter_trigger(struct reader *rd);
void replay_drop(struct reader *rd);       /* behind DROP */
void replay_set(struct reader *rd);        /* behind SET */
void replay_reset(struct reader *rd);      /* behind RESET */
void replay_set_config(struct reader *rd); /* SELECT set_config( …, …, … ), at SELECT */
void replay_data(struct reader *rd);       /* INSERT, UPDATE, MERGE, COPY, WITH, SELECT */
/* CREATE, DROP, ALTER … RENAME of a policy or a rule, at its name. */
void replay_create_policy(struct reader *rd);
void replay_create_rule(struct reader *rd);
void replay_drop_attached(struct reader *rd, bool policy);
void replay_rename_attached(struct reader *rd, bool policy);
void replay_create_statistics(struct reader *rd); /* behind STATISTICS */
void replay_drop_statistics(struct reader *rd);
void replay_publication(struct reader *rd, bool create); /* behind CREATE or ALTER PUBLICATION */
void replay_drop_publication(struct reader *rd);
void replay_owner(struct reader *rd, struct relation *r); /* at OWNER TO */
void replay_reassign(struct reader *rd);                  /* behind REASSIGN */
void replay_body(struct reader *rd);                      /* DO: what its body names is no longer sure */

/* One action of ALTER TABLE on columns or constraints; see replay_alter.c. */
struct alter {
    struct relation *r;
    bool only;
};
enum applied alter_column(struct reader *rd, const struct alter *al);      /* behind ALTER [COLUMN] */
enum applied alter_drop_column(struct reader *rd, const struct alter *al); /* behind DROP [COLUMN] */
enum applied alter_add_column(struct reader *rd, const struct alter *al);  /* behind ADD [COLUMN] */
enum applied alter_drop_constraint(struct reader *rd, const struct alter *al);
enum applied alter_rename_column(struct reader *rd, const struct alter *al, struct str from, struct str to);
enum applied alter_attach(struct reader *rd, const struct alter *al); /* behind ATTACH PARTITION */
enum applied alter_detach(struct reader *rd, const struct alter *al); /* behind DETACH PARTITION */
enum applied alter_inherit(struct reader *rd, const struct alter *al, bool inherit);

/* RANGE | LIST | HASH ( … ), behind PARTITION BY: r is partitioned by it. False: unreadable. */
bool partition_key_read(struct reader *rd, struct relation *r);
/* A unique index of a partitioned table must hold every column of its partition key, and of its partitions' keys. */
bool partition_key_covered(struct reader *rd, const struct relation *r, const struct name_list *columns);
/* Read the bound at the cursor and make partition a part of parent. False: unreadable or a second default. */
bool partition_attach(struct reader *rd, struct relation *parent, struct relation *partition);

/* The schema that an object of that name would be made in; empty: the server would refuse. */
struct str rd_creation_schema(struct reader *rd, struct str schema, bool temporary);
/*
 * Enter a relation that is being created. NULL: it is there already (no change, or with IF NOT EXISTS and a relation of which
 * we know nothing: it is there now, with columns nobody knows).
 */
struct new_relation {
    struct str schema, name;
    enum relation_kind kind;
    bool if_not_exists, temporary;
};
struct relation *rd_create_relation(struct reader *rd, const struct new_relation *want);
/*
 * The relation that a statement changes: known, or entered as mentioned. NULL: it is known not to exist. It exists from now on, unless
 * if_exists, since the server accepted the statement.
 */
struct relation *rd_target(struct reader *rd, struct str schema, struct str name, bool if_exists,
                           enum relation_kind kind);

/* A column as written: type, default, constraints. */
struct column_read {
    struct column col;
    bool serial, typed;                   /* typed: has a type of its own */
    struct str sequence_schema, sequence; /* of SEQUENCE NAME */
    struct constraint_spec_list constraints;
};
/* name type … ; with_type false: name [WITH OPTIONS] …, as partitions and typed tables write it. False: unreadable. */
bool column_read(struct reader *rd, const struct relation *r, bool with_type, struct column_read *out);
/* The type, default and identity part of it, behind the name; shared with ALTER COLUMN. */
void column_set_default(struct reader *rd, struct column *col, size_t first, size_t last);
/* Make the sequence behind a serial or identity column. */
void column_make_sequence(struct reader *rd, struct relation *r, struct column *col, struct str schema,
                          struct str name);
struct column *column_copy(struct catalog *c, const struct column *from);
/* A constraint's spec with only columns that r has. */
void constraint_spec_settle(struct catalog *c, const struct relation *r, struct constraint_spec *spec);

/* Does the trigger call this function? A schema that is not known may be any. */
bool trigger_calls(const struct trigger *t, struct str schema, struct str function);
/* Types and views that CASCADE would take; used by DROP of several kinds. */
bool relation_has_dependants(const struct relation *r);
void catalog_drop_column(struct catalog *c, struct relation *r, struct column *col);

#endif

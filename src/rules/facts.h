/*
 * facts.h - what predicates and selectors may ask: the statement, the catalog before it, and the transaction it runs
 * in.
 */
#ifndef MIGRATE_RULES_FACTS_H
#define MIGRATE_RULES_FACTS_H

#include "rules/effects.h"
#include "rules/expr.h"
#include "rules/judge.h"
#include "rules/transaction.h"

struct session;
struct query;
struct lock_orders;
struct selector;

/* What a selector without arguments found. */
struct eval_selected {
    const struct selector *selector; /* NULL: free, and so are those behind it */
    struct relation_list found;
    bool whole;
};

/*
 * What a statement's queries have, read once: without it a selector finds nothing, and that is certain. One bit each. FACT_READ is set
 * as soon as the others are known.
 */
enum fact {
    FACT_NONE = 0,
    FACT_READ = 1,
    FACT_OPENED = 2,     /* a relation that is read without locks on its rows */
    FACT_ROW_LOCKED = 4, /* one whose rows are locked */
    FACT_CHANGED = 8,    /* one that is changed */
    FACT_OLD_ROWS = 16,  /* one whose rows are looked for: all but the target of INSERT */
    FACT_REPLACED = 32,  /* one whose rows UPDATE, DELETE or MERGE replaces */
    FACT_SEQUENCES = 64, /* a call, or rows that are put in: the two ways to a sequence */
    FACTS_OF_QUERY = 127,
    FACT_BEHIND = 128, /* something runs behind it, or may; not among those that are read at once */
};

/* What is the same whatever is asked of an action, as long as the catalog stays as it is. */
struct eval_memo {
    struct query *query; /* the statement read as one; NULL: not yet */
    unsigned facts;      /* of enum fact; 0: not yet */
    bool knows_body;     /* `body` was read */
    const struct query
        *body; /* of the function that the statement makes; NULL: none, or not one that the server reads */
    struct eval_behind *behind; /* what runs behind it; NULL: not yet (select_behind.c) */
    struct eval_selected selected[16];
};

struct eval {
    const struct rulebook *book;
    struct classified *what; /* its captures remember their relations */
    struct catalog *catalog;
    int server_version;
    struct arena *keep;                       /* of what effects_work_out() leaves; NULL: a */
    struct arena *a;                          /* what evaluation makes */
    const struct judge_options *options;      /* sizes; NULL: the defaults */
    const struct judged_statement *statement; /* NULL: not part of a migration (effects only) */
    const struct transaction *transaction;    /* what was done earlier in it; NULL: not known */
    const struct session *session;            /* what SET left in force; NULL: not known */
    const struct judged_part *part;           /* as far as it is judged; NULL: not known */
    struct lock_orders *orders;               /* of earlier transactions; NULL: not known */
    const struct effects *effects;            /* of the statement; NULL: not worked out yet */
    struct eval_memo *memo;                   /* of the statement as the catalog is now; NULL: nothing yet */
    struct relation *each;                    /* what $each stands for in the `when` of an effect; NULL: nothing */
    struct origin at;                         /* where the statement stands in the replay; .file 0: not known */
    /* Set by a predicate that answers unknown: which, and about what; the first one stays. */
    struct str unknown_of;                   /* the predicate's name */
    const struct relation *unknown_relation; /* NULL: not about a relation */
};

/*
 * effects_of() with all that is known: e->what, the catalog, the version and, as far as known, the rest. Unknown
 * answers are left in e.
 */
void effects_work_out(struct eval *e, struct effects *out);

/* The arguments of one call. */
struct call {
    const struct term *const *arguments;
    unsigned n;
};

struct predicate {
    const char *name;
    const char *arguments; /* one letter each: r relations, c a capture, w a word; after '?' optional */
    enum tri (*holds)(struct eval *e, struct call call);              /* yes, no, unknown; NULL: a number */
    enum tri (*number)(struct eval *e, struct call call, int64_t *n); /* TRI_YES: *n is set */
    const char *doc;
};

struct selector {
    const char *name;
    const char *arguments;
    /* Append the relations. False: there may be more than those, the catalog does not know all. */
    bool (*select)(struct eval *e, struct call call, struct relation_list *out);
    const char *doc;
};

const struct predicate *predicate_find(struct str name);
const struct selector *selector_find(struct str name);
/* For listing: the i-th, NULL behind the last. */
const struct predicate *predicate_at(size_t i);
const struct selector *selector_at(size_t i);

/*
 * The relations that a term yields, without doubles. *took_part is false when it rests on a capture that took no
 * part. Returns false when there
 * may be more than those.
 */
bool term_relations(struct eval *e, const struct term *term, struct relation_list *out, bool *took_part);
/* Append r unless it is there. */
void relation_list_add(struct arena *a, struct relation_list *out, struct relation *r);
/* The same where r can only be among the first `before`: one of many that are each added once. */
void relation_list_add_new(struct arena *a, struct relation_list *out, size_t before, struct relation *r);
/*
 * The next part of a name as a shape writes it, taken off *rest with the dot behind it: folded and unquoted.
 * False: no more.
 */
bool term_name_part(struct arena *a, struct str *rest, struct str *part);
/* A whole name; schema is empty when it has none. False: it is no name. */
bool term_split_name(struct arena *a, struct str text, struct str *schema, struct str *name);
/* The next name of a list in a shape, without ONLY and *. False: no more. */
bool term_next_listed(struct str *rest, struct str *name);
/* The same of a capture such as "a , b.c ( int )", split. */
bool term_next_name(struct eval *e, struct str *rest, struct str *schema, struct str *name);
/* Add every relation that is there and that `uses` says yes for. */
void select_if(struct eval *e, struct relation_list *out,
               bool (*uses)(struct eval *, const struct relation *, const void *), const void *what);
/* The relation of that name, entered as mentioned when the catalog does not know it. NULL: no name. */
struct relation *term_mention(struct eval *e, struct str text, enum relation_kind kind);
/* Does the catalog know all that hangs on it (children, foreign keys, indexes)? */
bool relation_whole(const struct eval *e, const struct relation *r);
/* The first relation of it, or NULL. */
struct relation *term_relation(struct eval *e, const struct term *term);
/* The capture in the shape's text; empty when it took no part or the term is no capture. */
struct str term_shape(const struct eval *e, const struct term *term);
/* The statement's tokens [*first, *last) that it stands for. False: it took no part. */
bool term_tokens(const struct eval *e, const struct term *term, size_t *first, size_t *last);
/*
 * The names in a capture such as "a", "( a , \"B\" )" or "a , b": folded, unquoted, in the order written.
 * Expressions are passed over.
 */
void term_names(struct eval *e, const struct term *term, struct name_list *out);

/* Remember what an unknown answer was about; returns TRI_UNKNOWN. */
enum tri eval_unknown(struct eval *e, const struct relation *relation);

/*
 * Was it made in this file, before this statement? IF NOT EXISTS on a table nobody knows is not proof: the
 * catalog says so by `made`.
 */
bool made_in_file(const struct eval *e, struct origin made);
/* Does it hold a row? Of a table that an earlier file made nobody can tell: the application writes to it by now. */
enum tri relation_loaded(const struct eval *e, const struct relation *r);
bool made_in_transaction(const struct eval *e, struct origin made);

/* Selectors and predicates that live in files of their own. */
bool select_named(struct eval *e, struct call call, struct relation_list *out);
bool select_queried(struct eval *e, struct call call, struct relation_list *out);
bool select_targets(struct eval *e, struct call call, struct relation_list *out);
bool select_opened(struct eval *e, struct call call, struct relation_list *out);
bool select_row_locked(struct eval *e, struct call call, struct relation_list *out);
bool select_changed(struct eval *e, struct call call, struct relation_list *out);
bool select_planned_indexes(struct eval *e, struct call call, struct relation_list *out);
bool select_changed_indexes(struct eval *e, struct call call, struct relation_list *out);
bool select_read_whole(struct eval *e, struct call call, struct relation_list *out);
bool select_sequences_used(struct eval *e, struct call call, struct relation_list *out);
bool select_checked(struct eval *e, struct call call, struct relation_list *out);
bool select_referencing_looked_at(struct eval *e, struct call call, struct relation_list *out);
bool select_referencing_changed(struct eval *e, struct call call, struct relation_list *out);
bool select_referencing_read(struct eval *e, struct call call, struct relation_list *out);
bool select_tables_of(struct eval *e, struct call call, struct relation_list *out);
bool select_type_users(struct eval *e, struct call call, struct relation_list *out);
bool select_type_view_users(struct eval *e, struct call call, struct relation_list *out);
bool select_type_indexes(struct eval *e, struct call call, struct relation_list *out);
bool select_row_type(struct eval *e, struct call call, struct relation_list *out);
bool select_inherited(struct eval *e, struct call call, struct relation_list *out);
bool select_view_users(struct eval *e, struct call call, struct relation_list *out);
bool select_function_users(struct eval *e, struct call call, struct relation_list *out);
bool select_function_indexes(struct eval *e, struct call call, struct relation_list *out);
bool select_sequence_users(struct eval *e, struct call call, struct relation_list *out);
bool select_extension_users(struct eval *e, struct call call, struct relation_list *out);
bool select_extension_indexes(struct eval *e, struct call call, struct relation_list *out);
bool select_owned_by(struct eval *e, struct call call, struct relation_list *out);
bool select_granted_to(struct eval *e, struct call call, struct relation_list *out);
bool select_in_tablespace(struct eval *e, struct call call, struct relation_list *out);
bool select_indexes_in_tablespace(struct eval *e, struct call call, struct relation_list *out);
bool select_published(struct eval *e, struct call call, struct relation_list *out);
bool select_publication_tables(struct eval *e, struct call call, struct relation_list *out);
bool select_statistics_table(struct eval *e, struct call call, struct relation_list *out);
bool select_index_table_tree(struct eval *e, struct call call, struct relation_list *out);
bool select_index_referencing(struct eval *e, struct call call, struct relation_list *out);
bool select_referencing_all(struct eval *e, struct call call, struct relation_list *out);
bool select_body_read(struct eval *e, struct call call, struct relation_list *out);
bool select_body_changed(struct eval *e, struct call call, struct relation_list *out);
bool select_functions_read(struct eval *e, struct call call, struct relation_list *out);
struct query *eval_query(struct eval *e);
/* Those of enum fact that the statement has; FACT_BEHIND is looked into only when it is wanted. */
unsigned eval_facts(struct eval *e, unsigned wanted);
bool runs_behind(struct eval *e); /* does something run behind the statement, or may it? */
/* What it needs to find something; FACT_NONE: it has to be asked. */
enum fact term_needs(const struct term *term);
/* e->memo, made when it is not there yet. */
struct eval_memo *eval_memo(struct eval *e);
bool select_behind_read(struct eval *e, struct call call, struct relation_list *out);
bool select_behind_checked(struct eval *e, struct call call, struct relation_list *out);
bool select_behind_changed(struct eval *e, struct call call, struct relation_list *out);
bool select_index_targets(struct eval *e, struct call call, struct relation_list *out);
bool select_index_matches(struct eval *e, struct call call, struct relation_list *out);
/*
 * The foreign key of that name that the statement itself adds: what it points to (entered as mentioned). NULL: it adds none.
 */
struct relation *added_foreign_key(struct eval *e, const struct term *constraint);
bool select_ancestors(struct eval *e, struct call call, struct relation_list *out);
enum tri ask_has_trigger(struct eval *e, struct call call);
enum tri ask_has_row_triggers(struct eval *e, struct call call);
enum tri ask_has_policy(struct eval *e, struct call call);
enum tri ask_has_rule(struct eval *e, struct call call);
enum tri ask_identity(struct eval *e, struct call call);
enum tri ask_declared_not_null(struct eval *e, struct call call);
enum tri ask_uses_tablespace(struct eval *e, struct call call);
enum tri ask_has_owner(struct eval *e, struct call call);
enum tri ask_lacks_indexes(struct eval *e, struct call call);
enum tri ask_volatile_domain(struct eval *e, struct call call);
enum tri ask_domain_not_null(struct eval *e, struct call call);
enum tri ask_in_transaction(struct eval *e, struct call call);
enum tri ask_holds(struct eval *e, struct call call);
enum tri ask_holds_exclusive(struct eval *e, struct call call);
enum tri ask_adds_used_label(struct eval *e, struct call call);
enum tri ask_server(struct eval *e, struct call call, int64_t *n);
enum tri ask_captured(struct eval *e, struct call call);
enum tri ask_mentions(struct eval *e, struct call call);
enum tri ask_says(struct eval *e, struct call call);
enum tri ask_directive(struct eval *e, struct call call);
enum tri ask_rewrites(struct eval *e, struct call call);
enum tri ask_scans(struct eval *e, struct call call);
enum tri ask_is_volatile(struct eval *e, struct call call);
enum tri ask_always_true(struct eval *e, struct call call);
enum tri ask_constant(struct eval *e, struct call call);
enum tri ask_redundant_index(struct eval *e, struct call call);
enum tri ask_wide_index(struct eval *e, struct call call);
enum tri ask_index_made_again(struct eval *e, struct call call);
enum tri ask_backs_constraint(struct eval *e, struct call call);
enum tri ask_has_unique_index(struct eval *e, struct call call);
enum tri ask_foreign_key_indexed(struct eval *e, struct call call);
enum tri ask_key_types_differ(struct eval *e, struct call call);
enum tri ask_misses_partition_key(struct eval *e, struct call call);
enum tri ask_has_primary_key(struct eval *e, struct call call);
enum tri ask_primary(struct eval *e, struct call call);
enum tri ask_has_constraint(struct eval *e, struct call call);
enum tri ask_trigger_function(struct eval *e, struct call call);
enum tri ask_new_column(struct eval *e, struct call call);
enum tri ask_declares(struct eval *e, struct call call);
enum tri ask_padded(struct eval *e, struct call call);
enum tri ask_made_again(struct eval *e, struct call call);
enum tri ask_function_made_again(struct eval *e, struct call call);
enum tri ask_used_before_made(struct eval *e, struct call call);
enum tri ask_type_narrows(struct eval *e, struct call call);
enum tri ask_in_force(struct eval *e, struct call call);
enum tri ask_sets(struct eval *e, struct call call);
enum tri ask_seconds_set(struct eval *e, struct call call, int64_t *n);
enum tri ask_in_block(struct eval *e, struct call call);
enum tri ask_left_to_file(struct eval *e, struct call call);
enum tri ask_file_block(struct eval *e, struct call call);
enum tri ask_left_open(struct eval *e, struct call call);
enum tri ask_changes_history(struct eval *e, struct call call);
enum tri ask_in_body(struct eval *e, struct call call);
enum tri ask_locks_more(struct eval *e, struct call call);
enum tri ask_ends_transaction(struct eval *e, struct call call);
enum tri ask_unread_body(struct eval *e, struct call call);
enum tri ask_first_statement(struct eval *e, struct call call);
enum tri ask_undone_by_nothing(struct eval *e, struct call call);
enum tri ask_rollback(struct eval *e, struct call call);
enum tri ask_undone(struct eval *e, struct call call);
enum tri ask_undone_schema(struct eval *e, struct call call);
enum tri ask_file_has(struct eval *e, struct call call);
/* Does the expression ask whether the part has a statement of this form? */
bool expr_asks_for(const struct expr *x, const struct form *form);
enum tri ask_followed_by(struct eval *e, struct call call);
enum tri ask_altered_before(struct eval *e, struct call call);
enum tri ask_reverses_lock_order(struct eval *e, struct call call);
enum tri ask_upgrades_lock(struct eval *e, struct call call);
enum tri ask_locks_second_table(struct eval *e, struct call call);
enum tri ask_platform(struct eval *e, struct call call);
enum tri ask_managed_extension(struct eval *e, struct call call);
enum tri ask_option(struct eval *e, struct call call);
enum tri ask_phrase(struct eval *e, struct call call);
enum tri ask_long_name(struct eval *e, struct call call);
enum tri ask_quoted_name(struct eval *e, struct call call);
enum tri ask_qualified(struct eval *e, struct call call);
enum tri ask_selects_star(struct eval *e, struct call call);
enum tri ask_leading_wildcard(struct eval *e, struct call call);
enum tri ask_assigns_twice(struct eval *e, struct call call);
enum tri type_change_free(struct eval *e, struct call call);
enum tri new_type(struct eval *e, struct call call);
enum tri known_type(struct eval *e, struct call call);
enum tri type_change_scans(struct eval *e, struct call call);
bool select_type_change_indexes(struct eval *e, struct call call, struct relation_list *out);
enum tri plain_cast(struct eval *e, struct call call);
enum tri constrained_domain(struct eval *e, struct call call);
enum tri serial_type(struct eval *e, struct call call);
enum tri virtual_column(struct eval *e, struct call call);
enum tri proven_not_null(struct eval *e, struct call call);
enum tri proven_not_null_index(struct eval *e, struct call call);
enum tri in_key(struct eval *e, struct call call);
enum tri referenced_key(struct eval *e, struct call call);
enum tri foreign_key(struct eval *e, struct call call);
enum tri valid_constraint(struct eval *e, struct call call);
enum tri unique_index_on(struct eval *e, struct call call);
enum tri uses_access_method(struct eval *e, struct call call);
enum tri bound_proven(struct eval *e, struct call call);
enum tri default_bound_proven(struct eval *e, struct call call);

#endif

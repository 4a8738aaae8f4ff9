/*
 * constraint.h - constraints as written, and what they become in the model.
 *
 * Reading and applying are two steps, because CREATE TABLE applies constraints in another order than they are written in, and
 * partitions get their parent's.
 */
#ifndef MIGRATE_CATALOG_CONSTRAINT_H
#define MIGRATE_CATALOG_CONSTRAINT_H

#include "catalog/read.h"

struct constraint_spec {
    enum constraint_kind kind;
    struct str name; /* empty: to be made up */
    struct name_list columns, include;

    size_t first, last;      /* CHECK: its expression */
    struct str expression;   /* CHECK: canonical; with first == last the only thing known of it */
    struct name_list proves; /* CHECK */
    struct str using_index;  /* ADD … USING INDEX */
    struct str ref_schema, ref_name;
    struct name_list ref_columns;
    char on_delete, on_update;
    bool not_valid, not_enforced, no_inherit, deferrable, deferred, nulls_not_distinct;
    bool only;                         /* ALTER TABLE ONLY: not on the partitions */
    bool period;                       /* WITHOUT OVERLAPS: backed by a GiST index */
    struct str access_method;          /* EXCLUDE */
    VEC(struct index_column) elements; /* EXCLUDE */
    struct name_list mentions, labels; /* EXCLUDE: see struct index_spec */
    struct str predicate;              /* EXCLUDE */
    struct str tablespace;
};

VEC_DECLARE(constraint_spec_list, struct constraint_spec);

/*
 * Read a table constraint, from CONSTRAINT or its first key word on up to its end (attributes included). r is its table, for the
 * columns that expressions mention. False: it cannot be read.
 */
bool constraint_read_table(struct reader *rd, const struct relation *r, struct constraint_spec *spec);
/*
 * Read one constraint of column `column` at the cursor: [CONSTRAINT name] CHECK, UNIQUE, PRIMARY KEY, REFERENCES or NOT NULL,
 * with its attributes.
 */
bool constraint_read_column(struct reader *rd, const struct relation *r, struct str column,
                            struct constraint_spec *spec);
/* Does a table constraint begin here? */
bool constraint_starts(const struct reader *rd);

/* What became of applying something. */
enum applied {
    APPLIED,
    REFUSED, /* the server would refuse it: nothing was changed */
};

/*
 * Give r the constraint: a name where it has none, its index, NOT NULL columns, the foreign key's other end; the same for
 * partitions and inheritance children where the server does so.
 */
enum applied constraint_apply(struct reader *rd, struct relation *r, const struct constraint_spec *spec);
/*
 * Take out keys that say the same as an earlier one or the primary key: the server makes one index for `a int PRIMARY KEY UNIQUE`.
 * A name goes to the one that stays.
 */
void constraint_specs_unite(struct constraint_spec_list *specs);
/* The spec that would make con again; for LIKE and for partitions. */
struct constraint_spec constraint_spec_of(struct catalog *c, const struct constraint *con);
/* Set NOT NULL on the column of r and of its descendants, with the constraint that servers from 18 on have for it. */
void column_set_not_null(struct reader *rd, struct relation *r, struct column *col, struct str name);
/* Give the partition the foreign key of its parent, unless it has one like it, which then becomes a part of it. */
void foreign_to_partition(struct reader *rd, const struct constraint *con, struct relation *partition);
/* From 18 on every NOT NULL is a constraint with a name. */
bool names_not_null(const struct catalog *c);

#endif

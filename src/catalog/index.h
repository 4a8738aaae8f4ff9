/*
 * index.h - indexes: their elements as written, their names, and their copies on partitions.
 */
#ifndef MIGRATE_CATALOG_INDEX_H
#define MIGRATE_CATALOG_INDEX_H

#include "catalog/read.h"

enum { INDEX_MAX_KEYS = 32 }; /* columns of an index, INCLUDE among them: the server as everybody builds it */

struct index_spec {
    struct str name;   /* empty: to be made up */
    const char *label; /* of a made-up name: "idx", "key", "pkey", "excl" */
    bool unique, primary, nulls_not_distinct, valid;
    struct str access_method; /* empty: btree */
    struct str tablespace;
    VEC(struct index_column) columns; /* INCLUDE columns at the end */
    struct name_list labels;          /* of each column: its part of a made-up name */
    struct name_list mentions;
    struct str predicate;
    bool only; /* not on the partitions */
};

/* Read ( element, … ), where an element is a column, a function or an expression in parentheses with its options. */
bool index_read_elements(struct reader *rd, const struct relation *r, struct index_spec *spec);
/* Read ( a, b ) of INCLUDE. */
bool index_read_include(struct reader *rd, struct index_spec *spec);
/* Add a plain key or INCLUDE column. */
void index_spec_add(struct catalog *c, struct index_spec *spec, struct str column, bool included);
/*
 * Make the index on r, and on its partitions unless spec->only. NULL: the server would refuse it, for its name is taken or a column
 * is missing.
 */
struct relation *index_apply(struct reader *rd, struct relation *r, const struct index_spec *spec);
/*
 * What CREATE INDEX, whose cursor stands behind INDEX, would make, and on which relation (NULL: it cannot be read). Changes nothing but
 * that the relation is there.
 */
struct relation *index_read_create(struct reader *rd, struct index_spec *spec, bool *if_not_exists);
/* An index of r that is the same as the spec's, so that a partitioned index takes it as its part. NULL: none. */
struct relation *index_equal(struct reader *rd, const struct relation *r, const struct index_spec *spec);
/* Has the partition an index that this one of its parent takes as its part? */
bool index_has_part(const struct relation *parent_index, const struct relation *partition);
/* The spec that would make index again, without its name; for LIKE and for partitions. */
struct index_spec index_spec_of(struct catalog *c, const struct relation *index);
/* Give a new or attached partition the indexes of its parent that it has no equal of, constraints included. */
void index_clone_to_partition(struct reader *rd, struct relation *parent, struct relation *partition);

#endif

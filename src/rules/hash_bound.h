/*
 * hash_bound.h - does a row with these values belong to a partition FOR VALUES WITH (MODULUS m, REMAINDER r)?
 */
#ifndef MIGRATE_RULES_HASH_BOUND_H
#define MIGRATE_RULES_HASH_BOUND_H

#include "catalog/model.h"
#include "rules/formula.h"

/*
 * As compute_partition_hash_value() of the server tells (same in 13 to 18), for keys of type smallint, integer, bigint, text and varchar
 * that the facts say are equal to a constant. UNKNOWN: for any other, and of a bound that is no hash.
 */
enum tri hash_bound_admits(struct arena *a, const struct relation *parent, struct str bound,
                           const struct formula *facts);

#endif

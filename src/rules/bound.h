/*
 * bound.h - what rows a partition takes, as a condition that formula.h can reason about.
 */
#ifndef MIGRATE_RULES_BOUND_H
#define MIGRATE_RULES_BOUND_H

#include "catalog/model.h"
#include "rules/formula.h"

/* The columns and expressions of a partition key, canonical: "RANGE ( a , lower ( b ) )" gives a and lower ( b ). */
void bound_key(struct arena *a, struct str partition_key, struct name_list *out);
/*
 * The condition that a partition of `parent` with this bound ("FOR VALUES …", "DEFAULT", canonical) puts on its rows, without what
 * the parent's own bound says. Memory from the arena; NULL: it cannot be told.
 */
struct formula *bound_condition(struct arena *a, const struct relation *parent, struct str bound);
/* Can a row for which `facts` holds be in the partition? No is certain. */
enum tri bound_admits(struct arena *a, struct catalog *c, struct relation *partition, const struct formula *facts);

#endif

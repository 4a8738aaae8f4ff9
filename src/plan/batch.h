/*
 * batch.h - from a plain UPDATE or DELETE to a statement that takes a key range.
 */
#ifndef MIGRATE_PLAN_BATCH_H
#define MIGRATE_PLAN_BATCH_H

#include "plan/plan.h"

/*
 * Read the UPDATE or DELETE of st into *out. Refused with the reason and what to write instead (ST_USAGE with the
 * place): no plain UPDATE/DELETE, FROM/USING with a join, a WITH clause, LIMIT-like tails, RETURNING, WHERE CURRENT OF,
 * a SET of a key column that the directive names, a subquery on the target table itself.
 */
NODISCARD enum status batch_spec_of(const struct judged_statement *st, struct str text, const char *file,
                                    const struct directive *directive, struct arena *a, struct batch_spec *out,
                                    struct error *err);

#endif

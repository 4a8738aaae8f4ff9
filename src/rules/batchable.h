/*
 * batchable.h - plain DML that runs in batches without being asked to.
 */
#ifndef MIGRATE_RULES_BATCHABLE_H
#define MIGRATE_RULES_BATCHABLE_H

#include "rules/judge.h"

/*
 * Does it change, or take its rows from, a table that has more rows than options.batch_rows by what the catalog knows, was not made in this file, and
 * does nothing before it say that it runs whole? Whether its shape can be batched is for the planner to say, or refuse.
 */
bool batchable(const struct judge *j, const struct judged_statement *s, struct str text);

#endif

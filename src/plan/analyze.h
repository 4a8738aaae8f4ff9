/*
 * analyze.h - which tables want ANALYZE behind a migration.
 *
 * A backfill changes what the planner should know of its columns; a rewrite for a new type throws a column's statistics away (a shadow change
 * sees to that by itself); an index on an
 * expression has none until the next ANALYZE. Autovacuum comes round to the first two after a while, to the last perhaps never: an index makes
 * no table look changed (PostgreSQL manual, "The Autovacuum Daemon"). It is no step: nothing depends on it, history does not record it, and
 * resuming never asks for it.
 */
#ifndef MIGRATE_PLAN_ANALYZE_H
#define MIGRATE_PLAN_ANALYZE_H

#include "plan/plan.h"

enum analyze_mode { ANALYZE_AUTO, ANALYZE_ALWAYS, ANALYZE_NEVER }; /* auto: what was backfilled */
#define ANALYZE_WORDS "auto|always|never"

const char *analyze_reason_name(enum analyze_reason reason); /* "backfilled", "rewritten", "index on an expression" */
bool analyze_runs(enum analyze_mode mode, enum analyze_reason reason);

/* Fill plan->analyze, each table once, in the order of the statements; what the file analyzes by itself is left out. plan_make() does it. */
void plan_analyze(struct migration_plan *plan, struct arena *a);

#endif

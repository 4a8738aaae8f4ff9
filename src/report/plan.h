/*
 * plan.h - the steps that would run, for people.
 */
#ifndef MIGRATE_REPORT_PLAN_H
#define MIGRATE_REPORT_PLAN_H

#include "plan/analyze.h"
#include "plan/rollback.h"

/*
 * Each migration with its steps: transaction boundaries, statements, the lock on each relation and what it keeps
 * waiting, timeouts, estimate; what is analyzed behind it, what undoes it. done[i] statements of plan i were done by an earlier run (NULL: none of
 * any); back[i] is its way back (NULL: not told).
 */
void plan_text(struct strbuf *out, const struct migration_plan *plans, const unsigned *done,
               const struct rollback *back, size_t n, enum analyze_mode mode, bool colour);
/* A step in a few words: "transaction of 3 statements", "CREATE INDEX CONCURRENTLY …". */
void step_title(struct strbuf *out, const struct step *step);

#endif

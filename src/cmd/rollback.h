/*
 * rollback.h - plan the way back of what is about to run.
 */
#ifndef MIGRATE_CMD_ROLLBACK_H
#define MIGRATE_CMD_ROLLBACK_H

#include "plan/rollback.h"

/*
 * For each of n plans that go up, judged with j in this order and last: the steps of its down part on what all of them leave, newest first, and
 * what is lost either way. The catalog is afterwards as it was. out has n places; its memory is from the arena. What cannot be planned is no failure: it is said in
 * .refused.
 */
void rollback_plan(struct judge *j, const struct plan_options *options, const struct migration_plan *plans, size_t n,
                   struct arena *a, struct rollback *out);

#endif

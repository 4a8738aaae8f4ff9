/*
 * join.h - take part in a backfill that another run does.
 */
#ifndef MIGRATE_EXEC_JOIN_H
#define MIGRATE_EXEC_JOIN_H

#include "exec/runner.h"

/*
 * Work on the backfill that one of these items stands at, beside the run that holds the run lock, until no part of it is free any more: parts that
 * nobody has are taken, large ones divided. It neither begins nor ends the step. result->n_done stays 0. ST_OK also when there is none to
 * join; *joined tells. Errors as run_plans(); ST_CONFLICT when the history does not fit the items.
 */
NODISCARD enum status run_join(struct loop *loop, struct session *s, const struct run_options *options,
                               const struct run_item *items, size_t n, struct run_result *result, bool *joined,
                               struct error *err);

#endif

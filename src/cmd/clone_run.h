/*
 * clone_run.h - `rehearse --clone`: the pending migrations on a copy of the real data.
 */
#ifndef MIGRATE_CMD_CLONE_RUN_H
#define MIGRATE_CMD_CLONE_RUN_H

#include "cmd/context.h"

/* Clone the database's Aurora cluster, run up there, and delete the clone however that ended (unless --keep). */
NODISCARD enum status clone_run(struct context *c, struct error *err);
/* `aws sweep`: delete the clones that killed rehearsals left. */
NODISCARD enum status clone_sweep(struct context *c, struct error *err);

#endif

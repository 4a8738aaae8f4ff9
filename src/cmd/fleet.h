/*
 * fleet.h - `up --fleet`: the same migrations over many databases, each by a process of its own.
 *
 * Targets are environments of migrate.yaml (fleet.environments), or the clusters that carry a tag (--fleet-tag). The first is the canary: only when
 * it is done the others follow, several at a time, until too many have failed. Run again, those that are done have nothing to do.
 */
#ifndef MIGRATE_CMD_FLEET_H
#define MIGRATE_CMD_FLEET_H

#include "cmd/context.h"

/* Run up for every target and print a table or, with --json, one document. The worst child's kind of failure is the status. */
NODISCARD enum status fleet_run(struct context *c, struct error *err);

#endif

/*
 * aws_check.h - subcommands of `migrate aws` that have files of their own.
 */
#ifndef MIGRATE_CMD_AWS_CHECK_H
#define MIGRATE_CMD_AWS_CHECK_H

#include "cmd/context.h"

/* What stands behind the database, what to mend, what we may not. ST_CHECK: a permission is missing. */
NODISCARD enum status aws_check(struct context *c, struct error *err);
/* The least policy, as JSON on standard output. */
NODISCARD enum status aws_policy(struct context *c, struct error *err);
/* Put back what a killed run with --min-acu left. */
NODISCARD enum status aws_restore_acu(struct context *c, struct error *err);

#endif

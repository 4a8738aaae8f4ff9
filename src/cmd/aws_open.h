/*
 * aws_open.h - the one place where commands meet AWS: a client on demand, and which cluster the database is in.
 */
#ifndef MIGRATE_CMD_AWS_OPEN_H
#define MIGRATE_CMD_AWS_OPEN_H

#include "aws/target.h"
#include "base/signals.h"
#include "cmd/context.h"

/* The client, opened when it is first wanted; context_close() closes it. ST_REMOTE, ST_SYSTEM. */
NODISCARD enum status context_aws(struct context *c, struct aws **out, struct error *err);

/* What to look for: --rds-cluster, --rds-instance, the host of the URL (c->target is filled). */
NODISCARD enum status aws_wish(struct context *c, struct target_wish *wish, struct error *err);
/* Find the cluster or instance. found false: the database is not in RDS, as far as its name tells. */
NODISCARD enum status aws_target(struct context *c, bool *found, struct rds_target *target, struct error *err);
/* The same, but it is an error when there is none: for commands that are about nothing else. */
NODISCARD enum status aws_must_target(struct context *c, struct rds_target *target, struct error *err);

/* The user that the URL names, for ARNs; "USER" when it names none. */
const char *aws_user(struct context *c);

#endif

/*
 * runbook.h - how a snapshot is brought back, as commands to paste.
 */
#ifndef MIGRATE_CMD_RUNBOOK_H
#define MIGRATE_CMD_RUNBOOK_H

#include "aws/snapshot.h"

/*
 * Write the commands of the AWS CLI that restore this snapshot beside its source, with every name as Describe gave it, and swap the two. member: an
 * instance of the cluster, whose class and parameters the new one gets; NULL: none is known.
 */
void runbook(const struct rds_target *t, const struct rds_instance *member, const struct rds_snapshot *s,
             const char *region, struct strbuf *out);
/*
 * The same before there is a snapshot, as far as names tell without asking AWS: SNAPSHOT stands for its name. cluster or instance may be NULL, and
 * both when only an endpoint is known; region NULL: it is not said.
 */
void runbook_outline(const char *cluster, const char *instance, const char *region, struct strbuf *out);

#endif

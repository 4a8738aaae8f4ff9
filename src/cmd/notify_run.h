/*
 * notify_run.h - tell SNS and S3 how a run ended.
 */
#ifndef MIGRATE_CMD_NOTIFY_RUN_H
#define MIGRATE_CMD_NOTIFY_RUN_H

#include "cmd/context.h"
#include "exec/runner.h"

/*
 * What --notify-topic and --notify-s3 ask for: a message, and the same as RUN.json with the page of migrate report as RUN.html. The run is over,
 * and the journal closed: that it cannot be told is a warning.
 */
void notify_run(struct context *c, bool down, enum status status, const struct run_result *result,
                const struct error *err);

#endif

/*
 * hook.h - programs of the user's around a run: hooks.before, hooks.after and hooks.failure of migrate.yaml.
 *
 * Started without a shell, in the folder of migrate.yaml, stopped with their children after hooks.timeout. They get what is known of the run as
 * JSON on standard input and its main facts as variables MIGRATE_HOOK…; the environment is ours without what holds a password or a URL of the
 * database. What they say is told on standard error, line by line, escaped.
 */
#ifndef MIGRATE_CMD_HOOK_H
#define MIGRATE_CMD_HOOK_H

#include "cmd/context.h"
#include "exec/runner.h"

struct hook_facts {
    const struct migration_plan *plans;
    size_t n;
    bool down;
    const char *run_id;
};

/*
 * hooks.before: nothing is run unless it ends with 0. ST_CHECK: it said no; ST_USAGE: it cannot be started; ST_GAVE_WAY: it took too long;
 * ST_INTERRUPTED, ST_SYSTEM.
 */
NODISCARD enum status hook_before(struct context *c, const struct hook_facts *facts, struct error *err);
/* hooks.after or hooks.failure, by the run's status. Its own failure changes nothing any more: it is told. err: why the run failed. */
void hook_behind(struct context *c, const struct hook_facts *facts, enum status status, const struct run_result *result,
                 const struct error *err);

#endif

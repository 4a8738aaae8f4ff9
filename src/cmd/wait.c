/* wait: until the server accepts connections. */
#include "cmd/commands.h"
#include "cmd/context.h"

static enum status run(struct context *c, struct error *err)
{
    enum status status = context_target(c, err);
    if (!status) {
        status = context_wait(c, c->set.wait_timeout_ms, err);
    }
    if (status == ST_SERVER && error_sql_class(err) == SQL_CONNECTION_LOST) {
        error_context(err, "gave up waiting");
        return err->status = ST_GAVE_WAY;
    }
    return status;
}

static const struct option options[] = {
    {"timeout", 0, OPTION_DURATION, "TIME", offsetof(struct settings, wait_timeout_ms), "give up after TIME (60s)", 0,
     INT64_MAX},
};

const struct command cmd_wait = {
    .name = "wait",
    .summary = "wait until the server accepts connections",
    .usage = "",
    .about = "For start scripts. Ends at once when the server answers, but refuses for a reason that\n"
             "waiting cannot mend, such as a wrong password.",
    .examples = "migrate wait --timeout 2min && migrate up\nmigrate up --wait",
    .exits = "0234",
    .options = options,
    .n_options = countof(options),
    .groups = GROUP_DATABASE | GROUP_COMMON,
    .run = run,
};

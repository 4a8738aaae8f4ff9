/* version: which migrate this is, and what it was built with. */
#include "cmd/commands.h"
#include "cmd/context.h"

static enum status run(struct context *c, struct error *err)
{
    (void)err;
    struct strbuf out;
    strbuf_init(&out, 1024);
    strbuf_addf(&out, "migrate %s\n", MIGRATE_VERSION);
    if (c->set.verbose) {
        strbuf_addf(&out, "judges PostgreSQL %d to %d, history format %d\n", JUDGE_MIN_VERSION, JUDGE_MAX_VERSION,
                    HISTORY_FORMAT);
    }
    context_print(strbuf_str(&out));
    strbuf_free(&out);
    return ST_OK;
}

const struct command cmd_version = {
    .name = "version",
    .summary = "show the version of migrate",
    .usage = "",
    .about = "One line, \"migrate VERSION\". --verbose adds the PostgreSQL versions it judges\nand the format of the "
             "history "
             "it writes.",
    .examples = "migrate version\nmigrate --version",
    .exits = "0",
    .groups = GROUP_COMMON,
    .run = run,
};

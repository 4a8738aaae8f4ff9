/* status: every migration and where it stands. */
#include "cmd/commands.h"
#include "cmd/state.h"
#include "report/backfill.h"
#include "report/json.h"

static enum status run(struct context *c, struct error *err)
{
    struct state s;
    struct strbuf out;
    struct backfill_row_list backfills = {0};
    bool open = false, partial = false;
    enum status status = state_read(c, false, &s, err);
    if (status) {
        return status;
    }
    for (size_t i = 0; i < s.rows.n; i++) {
        open = open || s.rows.at[i].state != STATE_APPLIED;
        partial = partial || s.rows.at[i].state == STATE_PARTIAL;
    }
    if (partial && c->session && (!c->set.quiet || c->set.json)) {
        status = backfill_list(c->session, c->set.schema, false, &c->arena, &backfills, err);
        if (status) {
            return status;
        }
    }
    if (c->set.json) {
        json_write(json_status(&s.rows, &backfills), stdout);
    } else {
        strbuf_init(&out, 1 << 28);
        status_text(&out, &s.rows, &backfills, context_colour(c, STDOUT_FILENO), c->set.quiet);
        context_print(strbuf_str(&out));
        strbuf_free(&out);
    }
    return c->set.exit_code && open ? ST_CHECK : ST_OK;
}

static const struct option options[] = {
    {"json", 0, OPTION_FLAG, NULL, offsetof(struct settings, json), "one JSON document, see migrate-json(7)", 0, 0},
    {"exit-code", 0, OPTION_FLAG, NULL, offsetof(struct settings, exit_code),
     "exit with 1 unless all is applied and unchanged", 0, 0},
};

const struct command cmd_status = {
    .name = "status",
    .summary = "every migration: applied, pending, partial, changed, missing, out of order",
    .usage = "",
    .about = "Lays the files beside the history. Reads only; works on a standby.\n\n"
             "    applied       done, and the file is as it was\n"
             "    pending       up will apply it\n"
             "    partial       begun: a run is at it, or up (or down) resumes it; with its backfills\n"
             "    changed       applied, and the file was edited since\n"
             "    missing       applied, and the file is gone\n"
             "    out-of-order  pending, though a later version is applied",
    .examples = "migrate status\nmigrate status --exit-code --quiet\nmigrate status --json | jq '.migrations[].state'",
    .exits = "01235",
    .options = options,
    .n_options = countof(options),
    .groups = GROUP_FILES | GROUP_TENANT | GROUP_DATABASE | GROUP_COMMON,
    .run = run,
};

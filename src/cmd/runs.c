/* runs and report: what happened in earlier runs, from the journal. */
#include "cmd/commands.h"
#include "cmd/listen.h"
#include "report/json.h"
#include "report/run_view.h"

enum { SHOWN = 20 };

static enum status need_path(struct context *c, const char **path, struct error *err)
{
    *path = journal_path(c);
    if (**path) {
        return ST_OK;
    }
    error_set(err, ST_USAGE, "no journal is kept: its file is set to none");
    error_hint(err, "name one with --journal FILE, or take \"none\" out of migrate.yaml");
    return ST_USAGE;
}

static void print(struct strbuf *out)
{
    context_print(strbuf_str(out));
    strbuf_free(out);
}

static enum status run_list(struct context *c, struct error *err)
{
    struct journal_run_list runs;
    struct strbuf out;
    const char *path;
    const size_t limit = c->set.all ? SIZE_MAX : c->set.limit > 0 ? (size_t)c->set.limit : SHOWN;
    enum status status = need_path(c, &path, err);
    status = status ? status : journal_list(path, &c->arena, &runs, err);
    if (status) {
        return status;
    }
    if (c->set.json) {
        json_write(json_runs(&runs, limit), stdout);
        return ST_OK;
    }
    strbuf_init(&out, 1 << 24);
    run_list_text(&out, &runs, limit, context_colour(c, STDOUT_FILENO));
    if (!c->set.quiet && runs.n == 0) {
        strbuf_addf(&out, "no run is recorded in %s\n", path);
    } else if (!c->set.quiet && runs.n > limit) {
        strbuf_addf(&out, "and %zu older: migrate runs --all\n", runs.n - limit);
    }
    print(&out);
    return ST_OK;
}

static enum status run_report(struct context *c, struct error *err)
{
    struct journal_story story;
    struct run_view view;
    struct strbuf out;
    const char *path;
    enum status status = need_path(c, &path, err);
    if (!status && c->set.json && c->set.html) {
        status = error_set(err, ST_USAGE, "--json and --html: one of them");
    }
    status = status ? status : journal_read(path, str_of(c->args.n ? c->args.at[0] : "last"), &c->arena, &story, err);
    if (status) {
        return status;
    }
    run_view_make(&story, &c->arena, &view);
    if (c->set.json) {
        json_write(json_run(&view), stdout);
        return ST_OK;
    }
    strbuf_init(&out, 256 << 20);
    if (c->set.html) {
        run_html(&out, &view);
    } else {
        run_text(&out, &view, context_colour(c, STDOUT_FILENO));
    }
    if (c->set.output && c->set.output[0]) {
        status = file_write_atomic(c->set.output, strbuf_str(&out), err);
        strbuf_free(&out);
        return status;
    }
    print(&out);
    return ST_OK;
}

#define JSON_ROW                                                                                                      \
    {                                                                                                                 \
        "json", 0, OPTION_FLAG, NULL, offsetof(struct settings, json), "one JSON document, see migrate-json(7)", 0, 0 \
    }

static const struct option runs_options[] = {
    {"limit", 'n', OPTION_NUMBER, "N", offsetof(struct settings, limit), "show the newest N (20)", 1, INT32_MAX},
    {"all", 'a', OPTION_FLAG, NULL, offsetof(struct settings, all), "show all", 0, 0},
    JSON_ROW,
};

const struct command cmd_runs = {
    .name = "runs",
    .summary = "list the runs of this machine, newest first",
    .usage = "",
    .about = "From the journal, a file on this machine; the database is not asked. How each run\n"
             "ended: done, gave way, failed, conflict, interrupted, stopped part-way; running, when\n"
             "its process is there; died, when it is not and never said how it ended.\n\n"
             "The journal keeps the last 200 runs and at most 64 MB. Nothing that migrate runs by is\n"
             "in it: it may be deleted.",
    .examples = "migrate runs\nmigrate runs --json | jq -r '.runs[] | select(.exit_code != 0).id'",
    .exits = "02",
    .options = runs_options,
    .n_options = countof(runs_options),
    .groups = GROUP_COMMON | GROUP_JOURNAL,
    .run = run_list,
};

static const struct option report_options[] = {
    {"html", 0, OPTION_FLAG, NULL, offsetof(struct settings, html), "one page with everything in it, to keep or send",
     0, 0},
    JSON_ROW,
    {"output", 'o', OPTION_TEXT, "FILE", offsetof(struct settings, output), "write it to FILE", 0, 0},
};

const struct command cmd_report = {
    .name = "report",
    .summary = "what happened in one run: steps, tries, who was in the way, backfills",
    .usage = "[RUN]",
    .about = "RUN is the beginning of an id that migrate runs shows, or last, the default. The id is\n"
             "the one in the history, in table runs.\n\n"
             "--html writes a page that needs no script and no other file: a timeline of the steps\n"
             "with each try and pause, the sessions that were in the way, and for backfills and index\n"
             "builds progress, rate, batch size and replica lag over time.\n\n"
             "SQL is shown as it was run, but with its strings hidden where it speaks of passwords,\n"
             "tokens or connections; in queries of other sessions strings are always hidden.",
    .examples = "migrate report\nmigrate report last --html -o run.html\nmigrate report 1f2e3d --json",
    .exits = "02",
    .options = report_options,
    .n_options = countof(report_options),
    .groups = GROUP_COMMON | GROUP_JOURNAL,
    .max_args = 1,
    .run = run_report,
};

/* backfill: look at backfills and control them, from any terminal. */
#include "report/backfill.h"
#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/subcommand.h"
#include "report/json.h"
#include "report/style.h"

static const char *version_of(const struct context *c)
{
    return c->args.n > 1 ? c->args.at[1] : NULL;
}

static enum status list(struct context *c, struct error *err)
{
    struct backfill_row_list all, shown = {0};
    struct strbuf out;
    const enum status status = backfill_list(c->session, c->set.schema, c->set.all, &c->arena, &all, err);
    for (size_t i = 0; !status && i < all.n; i++) {
        if (!version_of(c) || str_eq(all.at[i].version, str_of(version_of(c)))) {
            *vec_push(&c->arena, &shown) = all.at[i];
        }
    }
    if (status) {
        return status;
    }
    if (c->set.json) {
        json_write(backfill_list_json(&shown), stdout);
        return ST_OK;
    }
    strbuf_init(&out, 1 << 24);
    backfill_list_text(&out, &shown, context_colour(c, STDOUT_FILENO));
    context_print(strbuf_str(&out));
    strbuf_free(&out);
    return ST_OK;
}

static enum status none(const struct context *c, struct error *err)
{
    if (version_of(c)) {
        error_set(err, ST_USAGE, "%s has no backfill that is not done", version_of(c));
    } else {
        error_set(err, ST_USAGE, "there is no backfill that is not done");
    }
    error_hint(err, "see: migrate backfill list --all");
    return ST_USAGE;
}

static enum status control(struct context *c, const char *word, const char *told, struct error *err)
{
    int64_t n = 0;
    const enum status status = backfill_control(c->session, c->set.schema, version_of(c), word, &n, err);
    if (!status && n == 0) {
        return none(c, err);
    }
    if (!status && !c->set.quiet) {
        context_print(str_of(told));
    }
    return status;
}

static enum status pause_it(struct context *c, struct error *err)
{
    return control(c, "pause", "it pauses behind its batch, and goes on at: migrate backfill resume\n", err);
}

static enum status resume(struct context *c, struct error *err)
{
    return control(c, "", "it goes on; where no run is working on it: migrate up\n", err);
}

/* A word that nobody heeds would end the next run: only for one that is being worked on. */
static enum status abort_it(struct context *c, struct error *err)
{
    struct backfill_row_list all;
    int64_t workers = 0;
    const enum status status = backfill_list(c->session, c->set.schema, false, &c->arena, &all, err);
    for (size_t i = 0; !status && i < all.n; i++) {
        if (!version_of(c) || str_eq(all.at[i].version, str_of(version_of(c)))) {
            workers += all.at[i].workers;
        }
    }
    if (!status && workers == 0) {
        error_set(err, ST_USAGE, "no run is working on it: there is nothing to abort");
        error_hint(err, "the rows done stay done; migrate up goes on, migrate mark VERSION --pending forgets it; of a "
                        "shadow change, migrate down takes all back");
        return ST_USAGE;
    }
    return status ? status
                  : control(c, "abort",
                            "the run ends behind its batch; the rows done stay done, migrate up goes on; a shadow "
                            "change is taken back\n",
                            err);
}

static enum status tune(struct context *c, struct error *err)
{
    int64_t n = 0;
    if (c->set.tune_rate < 0 && c->set.tune_batch < 0 && c->set.tune_bad_rows < 0) {
        error_set(err, ST_USAGE, "backfill tune changes nothing");
        error_hint(err, "say --rate, --batch or --max-bad-rows");
        return ST_USAGE;
    }
    const enum status status = backfill_tune(c->session, c->set.schema, version_of(c), c->set.tune_rate,
                                             c->set.tune_batch, c->set.tune_bad_rows, &n, err);
    if (!status && n == 0) {
        return none(c, err);
    }
    if (!status && !c->set.quiet) {
        context_print(STR("it holds from the next batch on\n"));
    }
    return status;
}

static const struct subcommand subcommands[] = {
    {"list", "[VERSION]", 0, 1, list},     {"pause", "[VERSION]", 0, 1, pause_it},
    {"resume", "[VERSION]", 0, 1, resume}, {"abort", "[VERSION]", 0, 1, abort_it},
    {"tune", "[VERSION]", 0, 1, tune},
};

static enum status run(struct context *c, struct error *err)
{
    const struct subcommand *s = subcommand_find(c, subcommands, countof(subcommands), err);
    if (!s) {
        return ST_USAGE;
    }
    const enum status status = context_connect(c, err);
    return status ? status : s->run(c, err);
}

static const struct option options[] = {
    {"all", 0, OPTION_FLAG, NULL, offsetof(struct settings, all), "list: those that are done, too", 0, 0},
    {"json", 0, OPTION_FLAG, NULL, offsetof(struct settings, json), "list: one JSON document, see migrate-json(7)", 0,
     0},
    {"rate", 0, OPTION_NUMBER, "ROWS", offsetof(struct settings, tune_rate),
     "tune: keys a second at most, for each worker; 0: no limit", 0, 1000000000},
    {"batch", 0, OPTION_NUMBER, "ROWS", offsetof(struct settings, tune_batch), "tune: size of batches; 0: automatic", 0,
     100000},
    {"max-bad-rows", 0, OPTION_NUMBER, "N", offsetof(struct settings, tune_bad_rows),
     "tune: so many rows that fail are set aside; 0: the first one stops it", 0, 1000000000},
};

const struct command cmd_backfill = {
    .name = "backfill",
    .summary = "list, pause, resume, abort and tune backfills",
    .usage = "(list|pause|resume|abort|tune) [VERSION]",
    .about = "A backfill's state is rows of the history (table backfills), which its run reads with\n"
             "every batch: this command reads and changes them, from anywhere, and so may plain SQL.\n"
             "Without VERSION: of all that are not done.\n\n"
             "list    how far each is, how fast, what it waits for, who works on it\n"
             "pause   behind the batch that is running, until resume\n"
             "resume  takes pause back\n"
             "abort   the run ends behind its batch, exit code 7; migrate up goes on from there. A shadow\n"
             "        change is taken back, exit code 4: the table is as it was\n"
             "tune    --rate, --batch and --max-bad-rows hold from the next batch on\n\n"
             "migrate up --join takes part in a running one.",
    .examples = "migrate backfill list\nmigrate backfill pause\nmigrate backfill tune 20261120093000 --rate 5000",
    .exits = "023",
    .options = options,
    .n_options = countof(options),
    .groups = GROUP_TENANT | GROUP_DATABASE | GROUP_COMMON,
    .min_args = 1,
    .max_args = 2,
    .run = run,
};

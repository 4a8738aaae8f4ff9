/* up and plan: apply pending migrations, or show what that would do. */
#include "cmd/base.h"
#include "cmd/commands.h"
#include "cmd/fleet.h"
#include "cmd/run.h"
#include "cmd/verify_script.h"
#include "plan/analyze.h"

/* A backfill to join is the step at which a migration stands. */
static void keep_begun(const struct state *s, struct chosen_list *chosen)
{
    size_t kept = 0;
    for (size_t i = 0; i < chosen->n; i++) {
        const struct applied *a = history_find(&s->history, chosen->at[i].migration->version);
        if (a && a->state == APPLIED_PARTIAL) {
            chosen->at[kept++] = chosen->at[i];
        }
    }
    chosen->n = kept;
}

static enum status run(struct context *c, struct error *err)
{
    struct state s;
    struct chosen_list chosen = {0};
    struct str to = STR_NONE;
    size_t limit;
    enum status status = operand_count(c, SIZE_MAX, &limit, err);
    if (!status) {
        status = state_read(c, false, &s, err);
    }
    if (!status) {
        status = state_check_up(&s, c->set.allow_out_of_order, err);
    }
    if (!status && c->set.to) {
        status = state_version(&s, c->set.to, &to, err);
    }
    if (!status) {
        choose_up(&s, limit, to, &c->arena, &chosen);
        if (c->set.join) {
            keep_begun(&s, &chosen);
        }
        status = verify_wanted(c, &chosen) ? verify_up(c, &chosen, err) : run_chosen(c, &chosen, false, err);
    }
    return status;
}

static enum status run_up(struct context *c, struct error *err)
{
    return c->set.aws.is_fleet ? fleet_run(c, err) : run(c, err);
}

static enum status run_plan(struct context *c, struct error *err)
{
    c->set.dry_run = true;
    return run(c, err);
}

#define TO_ROW                                                                                            \
    {                                                                                                     \
        "to", 't', OPTION_TEXT, "VERSION", offsetof(struct settings, to), "stop after this version", 0, 0 \
    }
#define ORDER_ROW                                                                                  \
    {                                                                                              \
        "allow-out-of-order", 0, OPTION_FLAG, NULL, offsetof(struct settings, allow_out_of_order), \
            "also apply files older than the newest applied one", 0, 0                             \
    }

static const struct option up_options[] = {
    TO_ROW,
    ORDER_ROW,
    {"join", 0, OPTION_FLAG, NULL, offsetof(struct settings, join),
     "take part in the backfill that another run is doing, and end with it", 0, 0},
    {"verify", 0, OPTION_FLAG, NULL, offsetof(struct settings, verify),
     "run each change's verify script behind it, and revert the change when that says no (sqitch)", 0, 0},
    {"fleet", 0, OPTION_FLAG, NULL, offsetof(struct settings, aws.is_fleet),
     "every environment of fleet.environments, each by a process of its own: the first alone, then several at a time",
     0, 0},
    {"fleet-tag", 0, OPTION_TEXT, "KEY=VALUE", offsetof(struct settings, aws.fleet_tag),
     "with --fleet: the Aurora clusters of the region that carry this tag, instead", 0, 0},
    {"fleet-jobs", 0, OPTION_NUMBER, "N", offsetof(struct settings, aws.fleet_jobs),
     "with --fleet: how many at a time (4)", 1, 100},
    {"fleet-failures", 0, OPTION_NUMBER, "N", offsetof(struct settings, aws.fleet_failures),
     "with --fleet: begin no other when so many have failed (1)", 1, INT32_MAX},
};

const struct command cmd_up = {
    .name = "up",
    .aliases = "apply migrate",
    .summary = "apply pending migrations, or resume what was interrupted",
    .usage = "[N]",
    .about = "Judges the pending files on top of the database's own catalog (findings at or above\n"
             "--gate stop it before the first step), takes the run lock, and runs the steps that\n"
             "migrate plan shows. Each step is recorded in the transaction that makes its change, so\n"
             "up can be killed at any moment and run again.\n\n"
             "Short DDL waits for its locks only briefly, gives way and tries again, so that nobody\n"
             "queues behind it; who is in the way is shown. Nothing waits without a limit, except\n"
             "what lets the application work on meanwhile (CONCURRENTLY, VALIDATE).",
    .examples = "migrate up\nmigrate up 1\nmigrate up --to 20261120093000\nmigrate up --dry-run\n"
                "migrate up --url ephemeral: --dir migrations",
    .exits = "012345678",
    .options = up_options,
    .n_options = countof(up_options),
    .groups = GROUP_RUN | GROUP_SNAPSHOT | GROUP_JOURNAL | GROUP_JUDGE | GROUP_PAST | GROUP_FILES | GROUP_TENANT |
              GROUP_DATABASE | GROUP_COMMON,
    .max_args = 1,
    .run = run_up,
};

static const struct option plan_options[] = {
    TO_ROW,
    ORDER_ROW,
    {"json", 0, OPTION_FLAG, NULL, offsetof(struct settings, json), "one JSON document, see migrate-json(7)", 0, 0},
    CATALOG_ROW("history and catalog are in FILE, written by migrate catalog pull: no database needed"),
    {"analyze", 0, OPTION_CHOICE, ANALYZE_WORDS, offsetof(struct settings, analyze),
     "which tables up would ANALYZE behind a migration (auto)", 0, 0},
    {"ddl-lock-timeout", 0, OPTION_DURATION, "TIME", offsetof(struct settings, lock_timeout_ms),
     "lock_timeout of the first try of short DDL (200ms)", 1, INT32_MAX},
};

const struct command cmd_plan = {
    .name = "plan",
    .summary = "show the exact steps that up would run",
    .usage = "[N]",
    .about = "The same as up --dry-run: reads history and catalog, changes nothing. For each\n"
             "migration its steps, with what shares a transaction, the lock on every relation and\n"
             "what it keeps waiting, timeouts and estimates.",
    .examples = "migrate plan\nmigrate plan --to 20261120093000 --json",
    .exits = "01235",
    .options = plan_options,
    .n_options = countof(plan_options),
    .groups = GROUP_SNAPSHOT | GROUP_JUDGE | GROUP_PAST | GROUP_FILES | GROUP_TENANT | GROUP_DATABASE | GROUP_COMMON,
    .max_args = 1,
    .run = run_plan,
};

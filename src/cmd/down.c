/* down, redo, goto: undo the last migrations, do the last one again, or go to a version whichever way it lies. */
#include "cmd/commands.h"
#include "cmd/run.h"

/* Undoing throws data away. */
static enum status ask_before_down(struct context *c, const struct chosen_list *chosen, struct error *err)
{
    if (c->set.dry_run || chosen->n == 0) {
        return ST_OK;
    }
    const struct str what = arena_printf(&c->arena, "undo %s%zu migration%s", c->set.all ? "all " : "", chosen->n,
                                         chosen->n == 1 ? "" : "s");
    return context_ask_about(c, c->set.all, what.p, err);
}

static enum status run_down(struct context *c, struct error *err)
{
    struct state s;
    struct chosen_list chosen = {0};
    struct str to = STR_NONE;
    size_t limit;
    enum status status = operand_count(c, c->set.all || c->set.to ? SIZE_MAX : 1, &limit, err);
    if (!status && c->set.all && (c->set.to || c->args.n > 0)) {
        status = error_set(err, ST_USAGE, "--all goes neither with a number nor with --to");
    }
    if (!status) {
        status = state_read(c, true, &s, err);
    }
    if (!status && c->set.to) {
        status = state_version(&s, c->set.to, &to, err);
        if (!status && !history_find(&s.history, to)) {
            status =
                error_set(err, ST_USAGE, "version %.*s is not applied, so there is no way down to it", STR_ARG(to));
        }
    }
    status = status ? status : choose_undo(&s, &c->arena, &chosen, err);
    const bool undo = chosen.n > 0;
    if (!status && !undo) {
        status = choose_down(c, &s, limit, to, &chosen, err);
    }
    if (!status) {
        status = ask_before_down(c, &chosen, err);
    }
    return status ? status : run_chosen(c, &chosen, !undo, err);
}

/* What was just undone is pending now: read anew, go up again. */
static enum status up_again(struct context *c, const struct migration *m, struct error *err)
{
    struct state s = {0};
    struct chosen_list chosen = {0};
    enum status status = context_migrations(c, &s.migrations, err);
    if (!status) {
        status = history_read(c->session, c->set.schema, false, &c->arena, &s.history, err);
    }
    if (status) {
        return status;
    }
    state_compare(&s, &c->arena);
    *vec_push(&c->arena, &chosen) = (struct chosen){.migration = migrations_find(&s.migrations, m->version)};
    return run_chosen(c, &chosen, false, err);
}

static enum status run_redo(struct context *c, struct error *err)
{
    struct state s;
    struct chosen_list chosen = {0};
    enum status status = state_read(c, true, &s, err);
    if (!status) {
        status = choose_down(c, &s, 1, STR_NONE, &chosen, err);
    }
    if (!status && chosen.n == 0) {
        error_set(err, ST_USAGE, "no migration is applied, so there is none to do again");
        return ST_USAGE;
    }
    if (!status && !migrations_find(&s.migrations, chosen.at[0].migration->version)) {
        error_set(err, ST_CONFLICT, "the file of %.*s is gone: it could be undone, but not done again",
                  STR_ARG(chosen.at[0].migration->version));
        return ST_CONFLICT;
    }
    if (!status) {
        status = ask_before_down(c, &chosen, err);
    }
    if (!status) {
        status = run_chosen(c, &chosen, true, err);
    }
    return status || c->set.dry_run ? status : up_again(c, chosen.at[0].migration, err);
}

static enum status run_goto(struct context *c, struct error *err)
{
    struct state s;
    struct chosen_list chosen = {0};
    struct str to;
    enum status status = state_read(c, true, &s, err);
    if (!status) {
        status = state_version(&s, c->args.at[0], &to, err);
    }
    if (status) {
        return status;
    }
    const struct applied *there = history_find(&s.history, to);
    const bool down = there && there->state == APPLIED_YES;
    if (down) {
        status = choose_down(c, &s, SIZE_MAX, to, &chosen, err);
        if (!status) {
            status = ask_before_down(c, &chosen, err);
        }
    } else {
        status = state_check_up(&s, c->set.allow_out_of_order, err);
        if (!status) {
            choose_up(&s, SIZE_MAX, to, &c->arena, &chosen);
        }
    }
    return status ? status : run_chosen(c, &chosen, down, err);
}

#define ORDER_ROW                                                                                  \
    {                                                                                              \
        "allow-out-of-order", 0, OPTION_FLAG, NULL, offsetof(struct settings, allow_out_of_order), \
            "also apply files older than the newest applied one", 0, 0                             \
    }

enum {
    RUN_GROUPS = GROUP_RUN | GROUP_SNAPSHOT | GROUP_JOURNAL | GROUP_JUDGE | GROUP_FILES | GROUP_TENANT |
                 GROUP_DATABASE | GROUP_COMMON
};

static const struct option down_options[] = {
    {"to", 't', OPTION_TEXT, "VERSION", offsetof(struct settings, to), "undo everything applied after this version", 0,
     0},
    {"all", 'a', OPTION_FLAG, NULL, offsetof(struct settings, all), "undo everything; asks, unless --yes", 0, 0},
};

const struct command cmd_down = {
    .name = "down",
    .aliases = "rollback",
    .summary = "undo the last migration, or the last N",
    .usage = "[N]",
    .about = "Runs the -- migrate:down parts, the last applied first. Where a file is gone, the text\n"
             "recorded when it was applied is used. Asks before --all, and when the database looks\n"
             "like production.\n\n"
             "A shadow change that was begun and not swapped yet is taken back first, and\n"
             "nothing else. One that was swapped is swapped back, in one short transaction,\n"
             "where -- migrate:shadow stands in the down part, too: see migrate-backfill(7).",
    .examples = "migrate down\nmigrate down 3\nmigrate down --to 20261120093000\nmigrate down --all --yes",
    .exits = "02345678",
    .options = down_options,
    .n_options = countof(down_options),
    .groups = RUN_GROUPS,
    .max_args = 1,
    .run = run_down,
};

const struct command cmd_redo = {
    .name = "redo",
    .summary = "undo the last migration and apply it again",
    .usage = "",
    .about = "For work on a migration that only your own database has seen: down 1, then the same\n"
             "file up again, edited or not.",
    .examples = "migrate redo",
    .exits = "012345678",
    .groups = RUN_GROUPS | GROUP_PAST,
    .run = run_redo,
};

static const struct option goto_options[] = {ORDER_ROW};

const struct command cmd_goto = {
    .name = "goto",
    .summary = "go up or down to a version",
    .usage = "VERSION",
    .about = "If VERSION is applied, undoes all that was applied after it; otherwise applies all\n"
             "that is pending up to it.",
    .examples = "migrate goto 20261120093000\nmigrate goto 20261120093000 --dry-run",
    .exits = "012345678",
    .options = goto_options,
    .n_options = countof(goto_options),
    .groups = RUN_GROUPS | GROUP_PAST,
    .min_args = 1,
    .max_args = 1,
    .run = run_goto,
};

/* mark and baseline: say what is so, without running it. */
#include "cmd/commands.h"
#include "cmd/state.h"

static enum status mark_one(struct context *c, const struct state *s, struct str version, bool applied,
                            struct error *err)
{
    const struct migration *m = migrations_find(&s->migrations, version);
    struct migration gone = {.version = version};
    if (!m && applied) {
        error_set(err, ST_USAGE, "version %.*s has no file, so there is nothing to record", STR_ARG(version));
        return ST_USAGE;
    }
    return history_mark(c->session, c->set.schema, m ? m : &gone, applied, err);
}

static void say(struct context *c, struct str version, const char *what)
{
    if (!c->set.quiet) {
        context_print(arena_printf(&c->arena, "%.*s is marked as %s; nothing was run\n", STR_ARG(version), what));
    }
}

static enum status run_mark(struct context *c, struct error *err)
{
    struct state s;
    struct str version;
    if (c->set.applied == c->set.pending) {
        error_set(err, ST_USAGE, "mark needs either --applied or --pending");
        return ST_USAGE;
    }
    enum status status = state_read(c, false, &s, err);
    if (!status) {
        status = state_version(&s, c->args.at[0], &version, err);
    }
    if (!status) {
        status = mark_one(c, &s, version, c->set.applied, err);
    }
    if (!status) {
        say(c, version, c->set.applied ? "applied" : "pending");
    }
    return status;
}

static enum status run_baseline(struct context *c, struct error *err)
{
    struct state s;
    struct str to;
    size_t marked = 0;
    enum status status = state_read(c, false, &s, err);
    if (!status) {
        status = state_version(&s, c->args.at[0], &to, err);
    }
    for (size_t i = 0; !status && i < s.rows.n && version_cmp(s.rows.at[i].version, to) <= 0; i++) {
        const enum migration_state state = s.rows.at[i].state;
        if (state == STATE_PENDING || state == STATE_OUT_OF_ORDER) {
            status = mark_one(c, &s, s.rows.at[i].version, true, err);
            if (!status) {
                say(c, s.rows.at[i].version, "applied");
                marked++;
            }
        }
    }
    if (!status && marked == 0 && !c->set.quiet) {
        context_print(STR("nothing to do\n"));
    }
    return status;
}

static const struct option mark_options[] = {
    {"applied", 0, OPTION_FLAG, NULL, offsetof(struct settings, applied),
     "record it as applied, with the file as it is now", 0, 0},
    {"pending", 0, OPTION_FLAG, NULL, offsetof(struct settings, pending), "forget that it was applied or begun", 0, 0},
};

const struct command cmd_mark = {
    .name = "mark",
    .summary = "record a migration as applied or pending, without running it",
    .usage = "VERSION (--applied|--pending)",
    .about = "Changes the history only. --applied also accepts the edits of a file that was applied\n"
             "before; --pending forgets one, its steps too.",
    .examples = "migrate mark 20261120093000 --applied\nmigrate mark 20261120093000 --pending",
    .exits = "02356",
    .options = mark_options,
    .n_options = countof(mark_options),
    .groups = GROUP_FILES | GROUP_TENANT | GROUP_DATABASE | GROUP_COMMON,
    .min_args = 1,
    .max_args = 1,
    .run = run_mark,
};

const struct command cmd_baseline = {
    .name = "baseline",
    .summary = "record all migrations up to a version as applied, without running them",
    .usage = "VERSION",
    .about = "For a database that already has what the first migrations would make.",
    .examples = "migrate baseline 20261120093000",
    .exits = "02356",
    .groups = GROUP_FILES | GROUP_TENANT | GROUP_DATABASE | GROUP_COMMON,
    .min_args = 1,
    .max_args = 1,
    .run = run_baseline,
};

/* mark and baseline: say what is so, without running it. */
#include "cmd/commands.h"
#include "cmd/mirror.h"

/* The other tool, where one is mirrored, and what it knows. */
struct beside {
    struct mirror mirror;
    struct foreign_row_list rows;
};

/* What to write of it: nothing where it says the same already. A tool that keeps only the latest version always says it anew. */
static const struct mirror *to_write(const struct beside *b, const struct migration *m, bool applied)
{
    const bool differs =
        b->mirror.tool && (b->mirror.tool->match == FOREIGN_HEAD || mirror_knows(&b->mirror, &b->rows, m) != applied);
    return differs ? &b->mirror : NULL;
}

static enum status mark_one(struct context *c, const struct state *s, struct str version, bool applied,
                            struct error *err)
{
    const struct migration *m = migrations_find(&s->migrations, version);
    const struct applied *known = history_find(&s->history, version);
    struct migration gone = {.version = version};
    struct beside beside = {0};
    if (!m && applied) {
        error_set(err, ST_USAGE, "version %.*s has no file, so there is nothing to record", STR_ARG(version));
        return ST_USAGE;
    }
    if (!m && known) {
        gone.name = known->name;
        gone.file = known->file;
    }
    m = m ? m : &gone;
    const enum status status = mirror_open(c, &beside.mirror, &beside.rows, err);
    return status ? status : history_mark(c->session, c->set.schema, m, applied, to_write(&beside, m, applied), err);
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

/* All that are pending up to a version, in two lists: those that a mirrored tool has to be told of, and the others. */
static enum status baseline_all(struct context *c, const struct state *s, struct str to, size_t *marked,
                                struct error *err)
{
    const struct migration **lists[] = {arena_array(&c->arena, const struct migration *, s->rows.n),
                                        arena_array(&c->arena, const struct migration *, s->rows.n)};
    size_t n[] = {0, 0};
    struct beside beside = {0};
    enum status status = mirror_open(c, &beside.mirror, &beside.rows, err);
    for (size_t i = 0; !status && i < s->rows.n && version_cmp(s->rows.at[i].version, to) <= 0; i++) {
        const enum migration_state state = s->rows.at[i].state;
        const struct migration *m = migrations_find(&s->migrations, s->rows.at[i].version);
        if (m && (state == STATE_PENDING || state == STATE_OUT_OF_ORDER)) {
            const size_t which = to_write(&beside, m, true) != NULL;
            lists[which][n[which]++] = m;
        }
    }
    for (size_t i = 0; i < countof(lists) && !status; i++) {
        status = history_adopt(c->session, c->set.schema, lists[i], n[i], i == 1 ? &beside.mirror : NULL, err);
        for (size_t k = 0; k < n[i] && !status; k++) {
            say(c, lists[i][k]->version, "applied");
        }
    }
    *marked = n[0] + n[1];
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
    if (!status) {
        status = baseline_all(c, &s, to, &marked, err);
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

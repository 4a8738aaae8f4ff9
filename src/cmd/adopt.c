/* adopt: take over a database that another tool ran so far, by what that tool recorded. */
#include "catalog/names.h"
#include "cmd/commands.h"
#include "cmd/state.h"
#include "exec/foreign.h"
#include "migration/sqitch_plan.h"

struct adoption {
    struct context *c;
    const struct foreign_tool *tool;
    struct str relation;
    struct state state;
    struct foreign_row_list rows;
    const struct foreign_row **row_of; /* of each file: the row that is about it, or NULL */
    const struct migration **take;     /* what is to be recorded */
    size_t n_take, n_known, n_pending, n_changed, n_lost, n_unchecked;
    struct strbuf table;
};

/* ---- which tool ---- */

static enum status find_tool(struct adoption *a, struct error *err)
{
    const struct foreign_tool *t;
    const char *const name = a->c->set.from;
    struct text_list names = {0};
    struct strbuf all;
    if (name && (a->tool = foreign_find(str_of(name))) != NULL) {
        return ST_OK;
    }
    strbuf_init(&all, 2000);
    for (size_t i = 0; (t = foreign_at(i)) != NULL; i++) {
        *vec_push(&a->c->arena, &names) = t->name;
        strbuf_addf(&all, "%s%s", i ? ", " : "", t->name);
    }
    const char *near = name ? str_closest(str_of(name), names.at, names.n) : NULL;
    if (name) {
        error_set(err, ST_USAGE, "--from %s: no such tool", name);
    } else {
        error_set(err, ST_USAGE, "adopt needs --from TOOL: who ran the migrations so far");
    }
    error_hint(err, "%s%s%s", near ? "did you mean " : "there are: ", near ? near : strbuf_cstr(&all), near ? "?" : "");
    strbuf_free(&all);
    return ST_USAGE;
}

/* ---- rows and files ---- */

static void line(struct adoption *a, const char *word, struct str version, struct str name, const char *remark)
{
    strbuf_addf(&a->table, "%-10s  %.*s  %.*s%s%s\n", word, STR_ARG(version), STR_ARG(name), *remark ? "  " : "",
                remark);
}

/* Each file's row, found once: some ask for it of each row again. */
static void match_rows(struct adoption *a)
{
    const struct migration_list *files = &a->state.migrations;
    a->row_of = arena_array(&a->c->arena, const struct foreign_row *, files->n);
    for (size_t i = 0; i < files->n; i++) {
        unsigned nth = 0;
        for (size_t k = 0; k < i && a->tool->match == FOREIGN_CHANGE; k++) {
            nth += str_eq(files->at[k].name, files->at[i].name);
        }
        for (size_t k = 0; k < a->rows.n && !a->row_of[i]; k++) {
            if (foreign_is(a->tool, &a->rows.at[k], &files->at[i], nth)) {
                a->row_of[i] = &a->rows.at[k];
            }
        }
    }
}

static enum status refuse_incomplete(const struct adoption *a, const struct foreign_row *row, struct error *err)
{
    error_set(err, ST_CONFLICT, "%s itself says that its migration %.*s failed half-way", a->tool->name,
              STR_ARG(row->key));
    error_hint(err, "mend that first, with that tool (%s)",
               strcmp(a->tool->name, "golang-migrate") == 0 ? "force"
               : strcmp(a->tool->name, "flyway") == 0       ? "repair"
               : strcmp(a->tool->name, "prisma") == 0       ? "migrate resolve"
                                                            : "see its manual");
    return ST_CONFLICT;
}

static void take_file(struct adoption *a, size_t at)
{
    const struct migration *m = &a->state.migrations.at[at];
    const struct foreign_row *row = a->row_of[at];
    const struct applied *known = history_find(&a->state.history, m->version);
    if (known && known->state != APPLIED_NO) {
        line(a, "known", m->version, m->name, "");
        a->n_known++;
    } else if (!row) {
        line(a, "pending", m->version, m->name, "");
        a->n_pending++;
    } else {
        const enum foreign_fit fit = foreign_compare(a->tool, row, m, &a->c->arena);
        const bool differs = fit == FOREIGN_DIFFERS;
        a->n_unchecked += fit == FOREIGN_UNKNOWN;
        a->n_changed += differs;
        line(a, differs && !a->c->set.accept_changed ? "changed" : "adopt", m->version, m->name,
             differs ? "the file is not what was applied" : "");
        a->take[a->n_take++] = m;
    }
}

/* Rows of which there is no file: told, and not recorded, because nothing could be compared with them later. */
static void tell_lost(struct adoption *a)
{
    bool *found = arena_array(&a->c->arena, bool, a->rows.n);
    for (size_t k = 0; k < a->state.migrations.n; k++) {
        if (a->row_of[k]) {
            found[a->row_of[k] - a->rows.at] = true;
        }
    }
    for (size_t i = 0; i < a->rows.n; i++) {
        const struct foreign_row *row = &a->rows.at[i];
        const bool other = a->state.migrations.n > 0 && !foreign_of_project(row, &a->state.migrations.at[0]);
        if (!found[i] && !row->head && !other) {
            line(a, "no file", row->key, STR(""), "");
            a->n_lost++;
        }
    }
}

static enum status check_head(const struct adoption *a, struct error *err)
{
    for (size_t i = 0; i < a->rows.n; i++) {
        const struct foreign_row *row = &a->rows.at[i];
        if (!row->complete) {
            return refuse_incomplete(a, row, err);
        }
        if (a->tool->match == FOREIGN_HEAD && !migrations_find(&a->state.migrations, row->key)) {
            error_set(err, ST_CONFLICT, "%s stands at version %.*s, and there is no file of that version",
                      a->tool->name, STR_ARG(row->key));
            error_hint(err, "is this the folder that it ran? --dir");
            return ST_CONFLICT;
        }
    }
    return ST_OK;
}

static enum status compare(struct adoption *a, struct error *err)
{
    const enum status status = check_head(a, err);
    if (status) {
        return status;
    }
    match_rows(a);
    a->take = arena_array(&a->c->arena, const struct migration *, a->state.migrations.n);
    for (size_t i = 0; i < a->state.migrations.n; i++) {
        take_file(a, i);
    }
    tell_lost(a);
    if (a->rows.n > 0 && a->n_take + a->n_known == 0) {
        error_set(err, ST_CONFLICT, "none of the %zu migrations that %s recorded has a file here", a->rows.n,
                  a->tool->name);
        error_hint(err, "is this the folder that it ran? --dir, --layout");
        return ST_CONFLICT;
    }
    return ST_OK;
}

/* ---- the command ---- */

static void show(struct adoption *a)
{
    if (a->c->set.quiet) {
        return;
    }
    strbuf_addf(&a->table, "\n%.*s of %s: %zu to adopt%s, %zu known already, %zu pending", STR_ARG(a->relation),
                a->tool->name, a->n_take,
                a->n_unchecked == a->n_take && a->n_take > 0 ? " (the tool keeps no checksums)" : "", a->n_known,
                a->n_pending);
    if (a->n_lost > 0) {
        strbuf_addf(&a->table, ", %zu without a file (not recorded)", a->n_lost);
    }
    strbuf_add_char(&a->table, '\n');
    context_print(strbuf_str(&a->table));
}

/* sqitch knows its changes by an id of all that the plan says: we can go on writing only what it would find there. */
static enum status check_signed(const struct adoption *a, struct error *err)
{
    for (size_t i = 0; i < a->state.migrations.n && a->tool->match == FOREIGN_CHANGE; i++) {
        const struct migration *m = &a->state.migrations.at[i];
        const struct foreign_row *row = a->row_of[i];
        if (!m->planned || m->planned->id.n == 0) {
            error_set(err, ST_USAGE, "the plan does not say who planned %.*s, and when", STR_ARG(m->name));
            error_hint(err, "sqitch would not read such a plan; adopt without --mirror");
            return ST_USAGE;
        }
        if (row && !str_eq(row->id, m->planned->id)) {
            error_set(err, ST_CONFLICT, "sqitch deployed %.*s as %.8s, and by this plan it is %.8s", STR_ARG(m->name),
                      row->id.p, m->planned->id.p);
            error_hint(err, "the plan was edited since, and sqitch would not find the change in it; restore it, or "
                            "adopt without --mirror");
            return ST_CONFLICT;
        }
    }
    return ST_OK;
}

static enum status record(struct adoption *a, struct error *err)
{
    if (a->n_changed > 0 && !a->c->set.accept_changed) {
        error_set(err, ST_CONFLICT, "%zu file%s not what was applied: nothing was recorded", a->n_changed,
                  a->n_changed == 1 ? " is" : "s are");
        error_hint(err, "restore them; or, if the edits change nothing: --accept-changed");
        return ST_CONFLICT;
    }
    if (a->c->set.dry_run) {
        return ST_OK;
    }
    enum status status = a->c->set.mirror ? check_signed(a, err) : ST_OK;
    if (status) {
        return status;
    }
    status = history_adopt(a->c->session, a->c->set.schema, a->take, a->n_take, NULL, err);
    if (!status && a->c->set.mirror) {
        const struct mirror mirror = {.tool = a->tool, .relation = a->relation};
        status = history_install(a->c->session, a->c->set.schema, err);
        status = status ? status : mirror_set(a->c->session, a->c->set.schema, &mirror, err);
    }
    if (!status && !a->c->set.quiet) {
        context_print(arena_printf(&a->c->arena, "recorded %zu migration%s; the table of %s is %s\n", a->n_take,
                                   a->n_take == 1 ? "" : "s", a->tool->name,
                                   a->c->set.mirror ? "kept from now on, so that either may run next" : "as it was"));
    }
    return status;
}

/* From now on the other tool's table is its own business again. */
static enum status end_mirror(struct context *c, struct error *err)
{
    const struct mirror none = {0};
    enum status status = context_connect(c, err);
    status = status ? status : history_install(c->session, c->set.schema, err);
    status = status ? status : mirror_set(c->session, c->set.schema, &none, err);
    if (!status && !c->set.quiet) {
        context_print(STR("no other tool's table is kept any more\n"));
    }
    return status;
}

/* A tenant's own: by the search path it could be that of all, in public. */
static const char *usual_table(struct context *c, const struct foreign_tool *tool)
{
    return c->set.table || !c->tenant || tool->schema
               ? c->set.table
               : arena_printf(&c->arena, "%s.%s", name_quote(&c->arena, str_of(c->tenant)).p, tool->table).p;
}

static enum status run(struct context *c, struct error *err)
{
    struct adoption a = {.c = c};
    bool locked = false;
    if (c->set.end_mirror) {
        return end_mirror(c, err);
    }
    enum status status = find_tool(&a, err);
    if (!status && c->set.mirror && !a.tool->written) {
        status = error_set(err, ST_USAGE, "the history of %s cannot be kept by another program", a.tool->name);
        error_hint(err, "adopt without --mirror, and from then on run migrate only");
    }
    if (status) {
        return status;
    }
    if (!c->set.layout) {
        c->set.layout = strcmp(a.tool->layout, "plain") == 0 ? "plain" : NULL;
    }
    strbuf_init(&a.table, 1 << 26);
    status = context_connect(c, err);
    if (!status) {
        status = foreign_locate(c->session, a.tool, usual_table(c, a.tool), &c->arena, &a.relation, err);
    }
    if (!status && !c->set.dry_run) {
        status = foreign_lock(c->loop, c->session, a.tool, a.relation, c->set.run_lock_wait_ms, err);
        locked = !status;
    }
    if (!status) {
        status = state_read(c, false, &a.state, err);
    }
    if (!status) {
        status = foreign_read(c->session, a.tool, a.relation, &c->arena, &a.rows, err);
    }
    if (!status) {
        status = compare(&a, err);
    }
    if (!status) {
        show(&a);
        status = record(&a, err);
    }
    if (locked) {
        foreign_unlock(c->session, a.tool, a.relation);
    }
    strbuf_free(&a.table);
    return status;
}

static const struct option options[] = {
    {"from", 0, OPTION_TEXT, "TOOL", offsetof(struct settings, from), "the tool that ran the migrations so far", 0, 0},
    {"table", 0, OPTION_TEXT, "SCHEMA.TABLE", offsetof(struct settings, table),
     "where its history is, when it is not where that tool has it by itself", 0, 0},
    {"accept-changed", 0, OPTION_FLAG, NULL, offsetof(struct settings, accept_changed),
     "record files that are not what was applied, too", 0, 0},
    {"mirror", 0, OPTION_FLAG, NULL, offsetof(struct settings, mirror),
     "from now on keep that tool's table too, so that either may run next", 0, 0},
    {"end-mirror", 0, OPTION_FLAG, NULL, offsetof(struct settings, end_mirror), "end that, and do nothing else", 0, 0},
    {"dry-run", 0, OPTION_FLAG, NULL, offsetof(struct settings, dry_run), "show what would be recorded, change nothing",
     0, 0},
    {"run-lock-wait", 0, OPTION_DURATION, "TIME", offsetof(struct settings, run_lock_wait_ms),
     "how long to wait for that tool, and for another run, to end (30s)", 0, INT64_MAX},
};

const struct command cmd_adopt = {
    .name = "adopt",
    .summary = "take over a database that another tool ran so far",
    .usage = "--from TOOL",
    .about =
        "Reads the history of dbmate, golang-migrate, goose, flyway, sqlx, refinery, diesel, prisma,\n"
        "node-pg-migrate, tern, supabase, sqitch, graphile-migrate, postgres-migrations or sql-migrate, finds the\n"
        "file of each migration, compares checksums where the tool keeps them, shows the table of\n"
        "what it finds, and records what is applied as applied. Holds that tool's own lock while it\n"
        "does so, where it has one, and leaves its table as it is.\n\n"
        "With --mirror each later up and down also writes what that tool would have written, in the\n"
        "transaction of our own record and under that tool's lock, and records what that tool\n"
        "applied in between.",
    .examples = "migrate adopt --from dbmate --dry-run\nmigrate adopt --from flyway --dir sql --set schema=app\n"
                "migrate adopt --from golang-migrate --table audit.schema_migrations",
    .exits = "02356",
    .options = options,
    .n_options = countof(options),
    .groups = GROUP_FILES | GROUP_TENANT | GROUP_DATABASE | GROUP_COMMON,
    .run = run,
};

/* rehearse: pending migrations on a throw-away server that has the target's schema. */
#include "cmd/rehearse.h"

#include "cmd/base.h"
#include "cmd/clone_run.h"
#include "cmd/commands.h"
#include "cmd/dump.h"
#include "cmd/login.h"

enum { ASK_MS = 60000 };

/* ---- contexts inside ---- */

const char *rehearsal_url(const struct rehearsal *r, const char *database)
{
    const struct str url = str_of(r->server);
    const size_t at = str_find(url, STR("/postgres?"));
    if (at == SIZE_MAX) {
        BUG("the throw-away server's URL has changed its form");
    }
    return arena_printf(r->a, "%.*s/%s%s", (int)at, url.p, database, url.p + at + strlen("/postgres")).p;
}

void rehearsal_enter(const struct rehearsal *r, const char *database, struct context *inner)
{
    *inner = *r->c;
    arena_init(&inner->arena, RUN_ARENA_MAX);
    inner->loop = NULL;
    inner->session = NULL;
    inner->login = NULL;
    inner->aws = NULL;
    inner->set.aws = (struct aws_settings)AWS_SETTINGS_DEFAULT;
    inner->set.aws.snapshot = SNAPSHOT_NEVER;
    inner->ephemeral = NULL;
    inner->args = (struct text_list){0};
    inner->set.url = rehearsal_url(r, database);
    inner->set.password_file = NULL;
    inner->set.wait = false;
    inner->set.gate = GATE_OFF;
    inner->set.quiet = true;
    inner->set.json = false;
    inner->set.dry_run = false;
    inner->set.hooks = false;
    inner->set.journal = "";
    inner->set.yes = true;
}

void rehearsal_leave(struct context *inner)
{
    session_close(inner->session);
    if (inner->loop) {
        loop_free(inner->loop);
    }
    login_free(inner->login);
    arena_free(&inner->arena);
}

/* ---- the throw-away server ---- */

static enum status simple(struct context *inner, const char *sql, struct error *err)
{
    return session_simple(inner->session, str_of(sql), 0, NULL, err);
}

/* Policies and defaults name roles; they come without any right but to be named. */
static const char roles_sql[] = "SELECT pg_catalog.format('CREATE ROLE %I', rolname) FROM pg_catalog.pg_roles"
                                " WHERE rolname !~ '^pg_'::pg_catalog.text AND rolname <> 'postgres' ORDER BY 1";

static enum status make_roles(struct rehearsal *r, struct context *inner, struct error *err)
{
    struct rows *rows = NULL;
    enum status status = session_query(r->c->session, roles_sql, NULL, 0, ASK_MS, &rows, err);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        status = session_simple(inner->session, rows_value(rows, i, 0), ASK_MS, NULL, err);
    }
    rows_free(rows);
    return status;
}

/* Names in migrations are looked up as on the target. */
static enum status copy_search_path(struct rehearsal *r, struct context *inner, struct error *err)
{
    struct rows *rows = NULL;
    enum status status =
        session_query(r->c->session, "SELECT pg_catalog.current_setting('search_path')", NULL, 0, ASK_MS, &rows, err);
    if (!status) {
        const struct param path = {arena_cstr(r->a, rows_value(rows, 0, 0))};
        status = session_query(inner->session, "SELECT pg_catalog.set_config('search_path', $1, false)", &path, 1,
                               ASK_MS, NULL, err);
    }
    rows_free(rows);
    return status ? status : simple(inner, "ALTER ROLE postgres SET search_path FROM CURRENT", err);
}

static enum status load_base(struct rehearsal *r, struct str schema, struct error *err)
{
    struct context inner;
    rehearsal_enter(r, "base", &inner);
    enum status status = context_connect(&inner, err);
    if (!status) {
        status = session_simple(inner.session, schema, 0, NULL, err);
        if (status == ST_SERVER) {
            error_context(err, "the target's schema cannot be loaded into the throw-away server");
            error_hint(
                err,
                "is an extension of the target not installed here? Name another server: --on FOLDER-OF-ITS-PROGRAMS");
        }
    }
    rehearsal_leave(&inner);
    return status;
}

static enum status prepare(struct rehearsal *r, struct str schema, struct error *err)
{
    struct context inner;
    rehearsal_enter(r, "postgres", &inner);
    enum status status = context_connect(&inner, err);
    status = status ? status : make_roles(r, &inner, err);
    status = status ? status : copy_search_path(r, &inner, err);
    status = status ? status : simple(&inner, "CREATE DATABASE base", err);
    status = status ? status : load_base(r, schema, err);
    status = status ? status : simple(&inner, "CREATE DATABASE rehearsed TEMPLATE base", err);
    status = status ? status : simple(&inner, "CREATE DATABASE traced TEMPLATE base", err);
    rehearsal_leave(&inner);
    return status;
}

static struct str shown_database(struct rehearsal *r)
{
    struct strbuf out;
    strbuf_init(&out, 4096);
    if (r->c->ephemeral) {
        strbuf_add_cstr(&out, "an empty database");
    } else {
        target_display(r->c->target.url, &out);
    }
    const struct str text = arena_str(r->a, strbuf_str(&out));
    strbuf_free(&out);
    return text;
}

/* ---- the command ---- */

static enum status choose(struct rehearsal *r, struct error *err)
{
    struct state s;
    struct str to = STR_NONE;
    size_t limit;
    enum status status = operand_count(r->c, SIZE_MAX, &limit, err);
    status = status ? status : state_read(r->c, false, &s, err);
    status = status ? status : state_check_up(&s, r->c->set.allow_out_of_order, err);
    if (!status && r->c->set.to) {
        status = state_version(&s, r->c->set.to, &to, err);
    }
    if (!status) {
        choose_up(&s, limit, to, r->a, &r->chosen);
    }
    return status;
}

static enum status tell(const struct rehearsal *r)
{
    struct strbuf out;
    if (r->c->set.json) {
        rehearse_json(r);
    } else {
        strbuf_init(&out, 1 << 26);
        rehearse_text(r, context_colour(r->c, STDOUT_FILENO), &out);
        context_print(strbuf_str(&out));
        strbuf_free(&out);
    }
    return r->differences.n > 0 || r->down == ROUND_TRIP_OTHER || r->up == ROUND_TRIP_OTHER ? ST_CHECK : ST_OK;
}

static enum status run(struct context *c, struct error *err)
{
    struct rehearsal r = {.c = c, .a = &c->arena};
    struct ephemeral *server = NULL;
    struct str schema;
    if (c->set.aws.clone) {
        return clone_run(c, err);
    }
    enum status status = choose(&r, err);
    if (status) {
        return status;
    }
    r.major = session_server_version(c->session) / 10000;
    r.database = shown_database(&r);
    if (r.chosen.n == 0) {
        return tell(&r);
    }
    status = c->has_book ? ST_OK : context_rulebook(c, err);
    status = status ? status : dump_text(c, NULL, &schema, err);
    const struct str spec = c->set.on && c->set.on[0] ? str_of(c->set.on) : arena_printf(r.a, "%d", r.major);
    status = status ? status : ephemeral_start(spec, &server, &r.server, err);
    status = status ? status : prepare(&r, schema, err);
    status = status ? status : rehearse_run(&r, err);
    status = status ? status : rehearse_trace(&r, err);
    if (server) {
        ephemeral_stop(server);
    }
    return status ? status : tell(&r);
}

static const struct option options[] = {
    {"to", 't', OPTION_TEXT, "VERSION", offsetof(struct settings, to), "stop after this version", 0, 0},
    {"allow-out-of-order", 0, OPTION_FLAG, NULL, offsetof(struct settings, allow_out_of_order),
     "also rehearse files older than the newest applied one", 0, 0},
    {"on", 0, OPTION_TEXT, "SERVER", offsetof(struct settings, on),
     "the throw-away server: a major version, or the folder of its programs (the target's version)", 0, 0},
    {"json", 0, OPTION_FLAG, NULL, offsetof(struct settings, json), "one JSON document, see migrate-json(7)", 0, 0},
    {"clone", 0, OPTION_FLAG, NULL, offsetof(struct settings, aws.clone),
     "on a copy-on-write clone of the Aurora cluster, with its rows, which is deleted afterwards", 0, 0},
    {"keep", 0, OPTION_FLAG, NULL, offsetof(struct settings, aws.keep_clone), "leave the clone there", 0, 0},
};

const struct command cmd_rehearse = {
    .name = "rehearse",
    .summary = "run pending migrations on a throw-away copy of the schema, and look closely",
    .usage = "[N]",
    .about = "Takes the schema of the database (pg_dump, no rows), with its roles and search path, to\n"
             "a throw-away server, and there\n"
             "  - applies the pending migrations as up would;\n"
             "  - takes those that have a down part down and up again: the schema must be the same\n"
             "    as before, and then the same as after the first time;\n"
             "  - runs each statement while a second session reads pg_locks, and compares locks,\n"
             "    rewrites, scans and index builds with what the rulebook says. A difference is a\n"
             "    mistake of the rulebook: please report it.\n\n"
             "The database itself is only read. Its tables are empty in the rehearsal: what data\n"
             "would refuse (a duplicate, a NULL), and how long it takes, is not seen; nor are rights,\n"
             "since all runs as a superuser. With --url ephemeral: the base is an empty database. A\n"
             "catalog file is no base: it does not hold all of a schema.\n\n"
             "With --clone the pending migrations run on a clone of the database's Aurora cluster:\n"
             "the same rows, an instance of the same class, and so the real times and locks, as up\n"
             "tells them. The clone is deleted however that ends; what a kill leaves there, the next\n"
             "one deletes after six hours, or migrate aws sweep at once.",
    .examples = "migrate rehearse\nmigrate rehearse --to 20261120093000 --json\nmigrate rehearse --url ephemeral: "
                "--dir migrations",
    .exits = "0123458",
    .options = options,
    .n_options = countof(options),
    .groups = GROUP_FILES | GROUP_DATABASE | GROUP_COMMON,
    .max_args = 1,
    .run = run,
};

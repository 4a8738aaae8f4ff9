/* dump and load: the schema, with what is applied, in one SQL file. */
#include "cmd/dump.h"

#include "base/file.h"
#include "catalog/names.h"
#include "cmd/commands.h"
#include "db/pgdump.h"

enum { ASK_MS = 60000, FILE_MAX = 256 << 20 };

/* ---- dump ---- */

static enum status refuse_partial(const struct history *h, struct error *err)
{
    for (size_t i = 0; i < h->applied.n; i++) {
        const struct applied *a = &h->applied.at[i];
        if (a->state == APPLIED_PARTIAL) {
            error_set(err, ST_CONFLICT, "%.*s %.*s is half done: no list of migrations describes this schema",
                      STR_ARG(a->version), STR_ARG(a->name));
            error_hint(err, "finish it first: migrate %s", a->going_down ? "down" : "up");
            return ST_CONFLICT;
        }
    }
    return ST_OK;
}

/*
 * A row of history as it would be behind up on any machine: without times, without who and where. One statement a row, so that two branches
 * that each add one merge.
 */
static void add_row(struct context *c, const struct applied *a, struct strbuf *out)
{
    const struct str values[] = {a->version, a->name,           path_base(a->file),
                                 a->layout,  str_of(a->sha256), str_of(a->sha256_text)};
    strbuf_add_cstr(out, "INSERT INTO ");
    strbuf_add(out, name_quote(&c->arena, str_of(c->set.schema)));
    strbuf_add_cstr(out, ".migrations (version, name, file, layout, sha256, sha256_text, state, n_steps) VALUES (");
    for (size_t i = 0; i < countof(values); i++) {
        session_quote_literal(c->session, values[i], out);
        strbuf_add_cstr(out, ", ");
    }
    strbuf_addf(out, "'applied', %u);\n", a->n_steps);
}

static void add_history(struct context *c, const struct history *h, struct strbuf *out)
{
    if (h->applied.n == 0) {
        return;
    }
    strbuf_add_cstr(out, "\n--\n-- Migrations that are in this schema\n--\n\n");
    for (size_t i = 0; i < h->applied.n; i++) {
        if (h->applied.at[i].state == APPLIED_YES) {
            add_row(c, &h->applied.at[i], out);
        }
    }
}

enum status dump_text(struct context *c, const char *const *more, struct str *text, struct error *err)
{
    struct history h = {0};
    struct str schema;
    struct strbuf out;
    const struct pgdump what = {
        .target = &c->target, .server_version = session_server_version(c->session), .more = more};
    enum status status = history_read(c->session, c->set.schema, false, &c->arena, &h, err);
    status = status ? status : refuse_partial(&h, err);
    status = status ? status : pgdump_schema(&what, &c->arena, &schema, err);
    if (status) {
        return status;
    }
    strbuf_init(&out, FILE_MAX);
    strbuf_add(&out, schema);
    add_history(c, &h, &out);
    if (out.overflow) {
        status = error_set(err, ST_SYSTEM, "the schema takes more than %d MB", FILE_MAX >> 20);
    } else {
        *text = arena_str(&c->arena, strbuf_str(&out));
    }
    strbuf_free(&out);
    return status;
}

static enum status run_dump(struct context *c, struct error *err)
{
    struct str text;
    const char **more = arena_array(&c->arena, const char *, c->args.n + 1);
    for (size_t i = 0; i < c->args.n; i++) {
        more[i] = c->args.at[i];
    }
    enum status status = context_connect(c, err);
    status = status ? status : dump_text(c, more, &text, err);
    if (!status && c->set.output && c->set.output[0]) {
        return file_write_atomic(c->set.output, text, err);
    }
    if (!status) {
        context_print(text);
    }
    return status;
}

static const struct option dump_options[] = {
    {"output", 'o', OPTION_TEXT, "FILE", offsetof(struct settings, output), "write it to FILE, whole or not at all", 0,
     0},
};

const struct command cmd_dump = {
    .name = "dump",
    .summary = "write the schema, with what is applied, as SQL",
    .usage = "[-o FILE] [-- ARGUMENT…]",
    .about = "Through pg_dump, which must not be older than the server; ARGUMENTs are added to its\n"
             "own. The text is the same from run to run and from machine to machine, fit for a\n"
             "repository: no versions, times, owners, privileges or random keys. Subscriptions and\n"
             "user mappings are left out, because they may hold passwords.\n\n"
             "The history is in it, a row for each applied migration, so that up goes on behind\n"
             "migrate load. psql reads the file, too.",
    .examples = "migrate dump -o db/schema.sql\nmigrate dump -o db/schema.sql -- --exclude-schema=audit",
    .exits = "0235",
    .options = dump_options,
    .n_options = countof(dump_options),
    .groups = GROUP_DATABASE | GROUP_COMMON,
    .max_args = 100,
    .run = run_dump,
};

/* ---- load ---- */

/* What the user has made there, beside the schema public; extensions' own things do not count. */
static const char relations_sql[] =
    "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_'::pg_catalog.text"
    " AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
    " WHERE d.objid = c.oid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'e')"
    " ORDER BY 1 LIMIT 1";

static enum status refuse_full(struct context *c, struct error *err)
{
    struct rows *rows = NULL;
    enum status status = session_query(c->session, relations_sql, NULL, 0, ASK_MS, &rows, err);
    if (!status && rows_count(rows) > 0) {
        status =
            error_set(err, ST_CONFLICT, "the database is not empty: %.*s is there", STR_ARG(rows_value(rows, 0, 0)));
        error_hint(err, "load fills a new database: createdb NAME; to bring this one up to date: migrate up");
    }
    rows_free(rows);
    return status;
}

/* The server tells the place as a character of the text; the file's line is wanted. */
static void place(struct context *c, const char *path, struct str text, struct error *err)
{
    const int position = session_error_position(c->session);
    unsigned line = 1;
    int at = 1;
    for (size_t i = 0; i < text.n && at < position; i++) {
        line += text.p[i] == '\n';
        at += ((unsigned char)text.p[i] & 0xC0) != 0x80;
    }
    if (position > 0) {
        error_place(err, path, line, 1);
    }
}

static enum status run_load(struct context *c, struct error *err)
{
    const char *path = c->args.at[0];
    struct history h = {0};
    struct str text, written;
    enum status status = file_read(path, FILE_MAX, &c->arena, &text, err);
    status = status ? status : context_connect(c, err);
    status = status ? status : refuse_full(c, err);
    if (status) {
        return status;
    }
    /* A plain pg_dump is welcome, too; psql's commands in it are its own noise, or something that must not be run. */
    written = text;
    text = pgdump_clean(text, &c->arena);
    if (text.n == 0) {
        return error_set(err, ST_USAGE, "%s has no statement in it", path);
    }
    /* One message is one transaction: all of it or nothing. */
    status = session_simple(c->session, text, 0, NULL, err);
    if (status == ST_SERVER) {
        if (str_eq(text, written)) { /* else its lines are others */
            place(c, path, text, err);
        }
        error_context(err, "nothing was loaded");
        return status;
    }
    session_settings_again(c->session);
    status = status ? status : session_simple(c->session, STR("RESET ALL"), ASK_MS, NULL, err);
    status = status ? status : history_read(c->session, c->set.schema, false, &c->arena, &h, err);
    if (!status && !c->set.quiet) {
        struct strbuf out;
        strbuf_init(&out, 4096);
        if (h.exists) {
            strbuf_addf(&out, "loaded; %zu migration%s applied in it\n", h.applied.n,
                        h.applied.n == 1 ? " is" : "s are");
        } else {
            strbuf_add_cstr(&out, "loaded; no history is in it: migrate baseline VERSION records what it holds\n");
        }
        context_print(strbuf_str(&out));
        strbuf_free(&out);
    }
    return status;
}

const struct command cmd_load = {
    .name = "load",
    .summary = "fill an empty database from a file that dump wrote",
    .usage = "FILE",
    .about = "All of it in one transaction, or nothing. Without psql: the file goes to the server as\n"
             "it is, and backslash commands in it are left out, so that nothing in it can run on this\n"
             "machine. A database that holds anything is refused.\n\n"
             "Files of plain pg_dump --schema-only are taken as well; COPY data is not.",
    .examples = "createdb new && migrate load db/schema.sql --url postgres:///new\nmigrate load - <db/schema.sql",
    .exits = "0235",
    .groups = GROUP_DATABASE | GROUP_COMMON,
    .min_args = 1,
    .max_args = 1,
    .run = run_load,
};

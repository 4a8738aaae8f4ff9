/* catalog: the model of a database in a file, for judging where no database is at hand. */
#include <time.h>

#include "catalog/expression.h"
#include "catalog/replay.h"
#include "cmd/base.h"
#include "cmd/catalog_show.h"
#include "cmd/commands.h"
#include "cmd/learn.h"
#include "cmd/subcommand.h"
#include "db/live.h"
#include "report/json.h"
#include "report/style.h"

enum { SETTINGS_MS = 30 * 1000 };

/* ---- pull ---- */

/* What a session of the application would have (reset_val), not what this one set for itself. No value of these is a secret. */
static const char settings_sql[] =
    "SELECT s.name, pg_catalog.concat(s.reset_val, ' ' || s.unit) FROM pg_catalog.pg_settings s WHERE s.name IN ("
    "'server_version', 'server_version_num', 'block_size', 'server_encoding', 'wal_level', 'max_wal_size', "
    "'shared_buffers', 'maintenance_work_mem', 'max_parallel_maintenance_workers', 'max_locks_per_transaction', "
    "'max_connections', 'deadlock_timeout', 'lock_timeout', 'statement_timeout', "
    "'idle_in_transaction_session_timeout', "
    "'default_table_access_method', 'default_tablespace', 'default_toast_compression', 'autovacuum', 'track_counts') "
    "ORDER BY s.name";

static void now(char *out, size_t size)
{
    struct tm tm;
    const time_t t = time(NULL);
    gmtime_r(&t, &tm);
    strftime(out, size, "%Y-%m-%d %H:%M:%S UTC", &tm);
}

static enum status read_settings(struct context *c, struct catalog_info *info, struct error *err)
{
    struct rows *rows = NULL;
    struct arena *a = &c->arena;
    enum platform platform = PLATFORM_NONE;
    enum status status = session_query(c->session, settings_sql, NULL, 0, SETTINGS_MS, &rows, err);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        *vec_push(a, &info->settings) =
            (struct catalog_setting){arena_str(a, rows_value(rows, i, 0)), arena_str(a, rows_value(rows, i, 1))};
    }
    rows_free(rows);
    rows = NULL;
    if (!status) {
        status = base_platform(c->session, &platform, err);
    }
    if (!status && platform != PLATFORM_NONE) {
        *vec_push(a, &info->settings) = (struct catalog_setting){STR("platform"), base_platform_name(platform)};
    }
    if (!status) {
        status = session_query(c->session, "SELECT pg_catalog.current_database()", NULL, 0, SETTINGS_MS, &rows, err);
    }
    if (!status) {
        info->database = arena_str(a, rows_value(rows, 0, 0));
    }
    rows_free(rows);
    return status;
}

static enum status read_history(struct context *c, struct catalog_info *info, struct error *err)
{
    struct history h = {0};
    const enum status status = history_read(c->session, c->set.schema, false, &c->arena, &h, err);
    if (status == ST_SERVER && error_sql_class(err) == SQL_PRIVILEGE) {
        if (!c->set.quiet) {
            context_say(STR("note: the history of migrations cannot be read by this user: the file will not say which "
                            "are applied\n"));
        }
        return ST_OK;
    }
    info->has_history = !status && h.exists;
    for (size_t i = 0; !status && i < h.applied.n; i++) {
        const struct applied *a = &h.applied.at[i];
        if (a->state != APPLIED_NO) {
            *vec_push(&c->arena, &info->applied) = (struct catalog_applied){
                .version = a->version,
                .name = a->name,
                .partial = a->state == APPLIED_PARTIAL,
                .going_down = a->going_down,
                .steps_done = a->steps_done,
                .steps = a->n_steps,
                .statements_done = a->statements_done,
                .sha256 = str_of(a->sha256),
                .sha256_text = str_of(a->sha256_text),
                .applied_at = a->applied_at,
            };
        }
    }
    return status;
}

/* All that a file of the connected database would hold. */
static enum status read_database(struct context *c, struct catalog *catalog, struct catalog_info *info,
                                 struct error *err)
{
    char made[32];
    now(made, sizeof made);
    catalog_init(catalog, &c->arena);
    *info = (struct catalog_info){.made = arena_str(&c->arena, str_of(made)), .tool = STR("migrate " MIGRATE_VERSION)};
    enum status status = context_connect(c, err);
    if (!status) {
        status = read_settings(c, info, err);
    }
    if (!status) {
        status = read_history(c, info, err);
    }
    status = status ? status : live_catalog(c->session, catalog, err);
    if (!status && info->has_history) {
        struct measured measured = {0};
        learn_measured(c, catalog, &measured);
        for (int work = 0; work < WORKS; work++) {
            const char *name;
            const struct str value = measured_setting(&measured, (enum work_kind)work, &c->arena, &name);
            if (value.n > 0) {
                *vec_push(&c->arena, &info->settings) = (struct catalog_setting){str_of(name), value};
            }
        }
    }
    return status;
}

static enum status pull(struct context *c, struct error *err)
{
    struct catalog catalog;
    struct catalog_info info;
    struct strbuf line;
    if (!c->set.output || !c->set.output[0]) {
        error_set(err, ST_USAGE, "which file?");
        error_hint(err, "migrate catalog pull -o prod.catalog");
        return ST_USAGE;
    }
    enum status status = read_database(c, &catalog, &info, err);
    if (!status) {
        status = catalog_write(c->set.output, &catalog, &info, err);
    }
    if (!status && !c->set.quiet && catalog.search_path.n == 0) {
        context_say(
            STR("note: this user's search_path leads to no schema that it may use, so names without a schema will not "
                "be found: pull as the user who runs the migrations\n"));
    }
    if (!status && !c->set.quiet) {
        strbuf_init(&line, 1 << 16);
        strbuf_addf(&line, "wrote %s: ", c->set.output);
        add_count(&line, catalog.all.n, "relation");
        strbuf_addf(&line, ", PostgreSQL %d\n", catalog.server_version);
        context_say(strbuf_str(&line));
        strbuf_free(&line);
    }
    return status;
}

/* ---- show ---- */

static enum status find_relation(struct context *c, struct catalog *catalog, const char *operand,
                                 const struct relation **out, struct error *err)
{
    const struct str text = str_of(operand);
    const struct statement st = expression_lex(&c->arena, text);
    struct str schema, name;
    size_t i = 0;
    *out = NULL;
    if (qualified_name_parse(&c->arena, text, &st, &i, &schema, &name) && i == st.n_tokens) {
        *out = catalog_resolve(catalog, schema, name);
    }
    if (!*out || (*out)->exists == TRI_NO) {
        error_set(err, ST_USAGE, "the catalog has no relation %s", operand);
        error_hint(err, "migrate catalog show %s lists them; names are written as in SQL: app.orders, \"Odd Name\"",
                   c->args.at[1]);
        return ST_USAGE;
    }
    return ST_OK;
}

static enum status show(struct context *c, struct error *err)
{
    struct catalog catalog;
    struct catalog_info info = {0};
    const struct relation *relation = NULL;
    struct strbuf out;
    enum status status;
    if (c->args.n > 1) {
        catalog_init(&catalog, &c->arena);
        status = catalog_read(c->args.at[1], &catalog, &info, err);
    } else {
        status = read_database(c, &catalog, &info, err);
    }
    if (!status && c->args.n > 2) {
        status = find_relation(c, &catalog, c->args.at[2], &relation, err);
    }
    if (status) {
        return status;
    }
    if (c->set.json) {
        json_write(catalog_json(&catalog, &info, relation, &c->arena), stdout);
        return ST_OK;
    }
    strbuf_init(&out, 1 << 28);
    if (relation) {
        catalog_text_of(relation, &c->arena, &out);
    } else {
        catalog_text(&catalog, &info, c->set.quiet, &out);
    }
    context_print(strbuf_str(&out));
    strbuf_free(&out);
    return ST_OK;
}

/* ---- the command ---- */

static const struct subcommand subcommands[] = {
    {"pull", "-o FILE", 0, 0, pull},
    {"show", "[FILE [NAME]]", 0, 2, show},
};

static enum status run(struct context *c, struct error *err)
{
    const struct subcommand *s = subcommand_find(c, subcommands, countof(subcommands), err);
    return s ? s->run(c, err) : ST_USAGE;
}

static const struct option options[] = {
    {"output", 'o', OPTION_TEXT, "FILE", offsetof(struct settings, output), "pull: the file to write", 0, 0},
    {"json", 0, OPTION_FLAG, NULL, offsetof(struct settings, json), "show: one JSON document, see migrate-json(7)", 0,
     0},
};

const struct command cmd_catalog = {
    .name = "catalog",
    .summary = "write a database's schema with sizes to a file, for lint and plan without the database",
    .usage = "pull -o FILE|show [FILE [NAME]]",
    .about = "pull  reads the schema, row estimates, sizes, a few settings and which migrations are\n"
             "      applied, and writes them to one SQLite file. No row of any table is read, no\n"
             "      table is locked against anybody; any user who may connect can do it. Pull as the\n"
             "      user who runs the migrations: it is that user's search_path that is kept.\n"
             "show  the relations of such a file (without FILE: of the database) with kind, rows and\n"
             "      size; with NAME all that is known of one.\n\n"
             "Then lint, explain and plan with --catalog FILE know what exists, how large it is and\n"
             "which PostgreSQL it is, without any access to it.",
    .examples = "migrate catalog pull -o prod.catalog\nmigrate lint --catalog prod.catalog\n"
                "migrate catalog show prod.catalog app.orders\nsqlite3 prod.catalog 'SELECT * FROM relations'",
    .exits = "023",
    .options = options,
    .n_options = countof(options),
    .groups = GROUP_DATABASE | GROUP_COMMON,
    .min_args = 1,
    .max_args = 3,
    .run = run,
};

/* validate: is everything as history and server say it should be? */
#include "cmd/commands.h"
#include "cmd/verify_script.h"

enum { QUERY_MS = 60000 };

/*
 * Left behind by an interrupted build, unless one is at it right now; then constraints that were never validated.
 * Then what shadow changes left. System schemas are not ours. Source: PostgreSQL documentation, pg_index.indisvalid, pg_constraint.convalidated,
 * pg_stat_progress_create_index.
 */
#define OUR_TENANT                                                    \
    "(n.nspname = pg_catalog.current_setting('migrate.tenant', true)" \
    " OR pg_catalog.current_setting('migrate.tenant', true) IS NULL)"
static const char leftovers_sql[] =
    "SELECT 'index', pg_catalog.format('%I.%I', n.nspname, c.relname),"
    " 'is not valid: an interrupted CREATE INDEX CONCURRENTLY or REINDEX CONCURRENTLY left it; drop it and build it "
    "again'"
    " FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname !~ '^pg_'::pg_catalog.text AND " OUR_TENANT
    " AND NOT EXISTS"
    " (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)"
    " UNION ALL SELECT 'constraint', pg_catalog.format('%I on %s', k.conname, k.conrelid::pg_catalog.regclass),"
    " 'is not validated: rows from before it may break it; ALTER TABLE … VALIDATE CONSTRAINT checks them'"
    " FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace"
    " WHERE NOT k.convalidated AND k.conrelid <> '0'::pg_catalog.oid AND n.nspname !~ '^pg_'::pg_catalog.text "
    "AND " OUR_TENANT
    /* Of shadow changes: what keep-old has over, or a week where nothing was said. */
    " UNION ALL SELECT 'column', pg_catalog.format('%s.%I', a.attrelid::pg_catalog.regclass, a.attname),"
    " pg_catalog.format('is left of a shadow change: migrate new --contract %s takes it away', m[1])"
    " FROM pg_catalog.pg_description d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.objoid AND a.attnum = "
    "d.objsubid JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = "
    "c.relnamespace,"
    " LATERAL pg_catalog.regexp_match(d.description, '^kept by migrate (.*) (since|until) ([0-9TZ:-]+)$') m"
    " WHERE d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND a.attname ~ '_migrate_old$'::pg_catalog.text"
    " AND " OUR_TENANT " AND m IS NOT NULL AND pg_catalog.timestamptz_pl_interval(m[3]::pg_catalog.timestamptz,"
    " CASE m[2] WHEN 'since' THEN '7 days' ELSE '0' END::pg_catalog.interval) < pg_catalog.now() ORDER BY 1 DESC, 2";

static size_t say_files(const struct state *s, struct strbuf *out)
{
    static const char *const what[] = {
        [STATE_PARTIAL] = "was begun and not finished: migrate up (or down) resumes it",
        [STATE_CHANGED] = "was edited after it was applied",
        [STATE_MISSING] = "is applied, and its file is gone",
        [STATE_OUT_OF_ORDER] = "is pending, though a later version is applied",
    };
    size_t n = 0;
    for (size_t i = 0; i < s->rows.n; i++) {
        const struct status_row *r = &s->rows.at[i];
        if (r->state != STATE_APPLIED && r->state != STATE_PENDING) {
            strbuf_addf(out, "migration %.*s %.*s %s\n", STR_ARG(r->version), STR_ARG(r->name), what[r->state]);
            n++;
        }
    }
    return n;
}

/* Each script that says no is a line; what keeps scripts from being run at all ends it. */
static enum status say_verified(struct context *c, const struct state *s, struct strbuf *out, size_t *n,
                                struct error *err)
{
    for (size_t i = 0; i < s->rows.n && c->set.verify; i++) {
        const struct status_row *r = &s->rows.at[i];
        const struct migration *m = migrations_find(&s->migrations, r->version);
        const enum status status = m && r->state == STATE_APPLIED ? verify_script(c, m, err) : ST_OK;
        if (status && status != ST_SERVER) {
            return status;
        }
        if (status) {
            strbuf_addf(out, "migration %.*s %.*s: its verify script says no, %s:%u: %s\n", STR_ARG(r->version),
                        STR_ARG(r->name), err->file, err->line, err->primary);
            *err = (struct error){0};
            (*n)++;
        }
    }
    return ST_OK;
}

static enum status run(struct context *c, struct error *err)
{
    struct state s;
    struct strbuf out;
    struct rows *rows = NULL;
    size_t n = 0;
    enum status status = state_read(c, false, &s, err);
    if (!status) {
        status = session_query(c->session, leftovers_sql, NULL, 0, QUERY_MS, &rows, err);
    }
    if (status) {
        return status;
    }
    strbuf_init(&out, 1 << 28);
    n = say_files(&s, &out);
    for (size_t i = 0; i < rows_count(rows); i++) {
        const struct str kind = rows_value(rows, i, 0), name = rows_value(rows, i, 1), text = rows_value(rows, i, 2);
        strbuf_addf(&out, "%.*s %.*s %.*s\n", STR_ARG(kind), STR_ARG(name), STR_ARG(text));
        n++;
    }
    rows_free(rows);
    status = say_verified(c, &s, &out, &n, err);
    if (status) {
        strbuf_free(&out);
        return status;
    }
    if (n == 0 && !c->set.quiet) {
        strbuf_addf(&out, "%zu migration%s, nothing is wrong\n", s.rows.n, s.rows.n == 1 ? "" : "s");
    }
    context_print(strbuf_str(&out));
    strbuf_free(&out);
    return n > 0 ? ST_CHECK : ST_OK;
}

static const struct option options[] = {
    {"verify", 0, OPTION_FLAG, NULL, offsetof(struct settings, verify),
     "also run the verify scripts of what is applied, each in a transaction that is rolled back (sqitch)", 0, 0},
};

const struct command cmd_validate = {
    .name = "validate",
    .summary = "check files against history, and the server for leftovers",
    .usage = "",
    .about = "Reports migrations that were edited, are missing, out of order or half done; indexes\n"
             "left invalid; constraints never validated; columns that shadow changes left longer than\n"
             "keep-old says (a week). One line each, nothing is changed.\n"
             "That down undoes what up did is shown by migrate rehearse.",
    .examples = "migrate validate",
    .exits = "01235",
    .options = options,
    .n_options = countof(options),
    .groups = GROUP_FILES | GROUP_TENANT | GROUP_DATABASE | GROUP_COMMON,
    .run = run,
};

#include "exec/shadow_contract.h"

#include "exec/history_sql.h"

enum { CONTRACT_MS = 60000 };

/*
 * The first columns that are still there. The swap renamed them: that statement names table and column, quoted. Their comments say until when they
 * are to stay.
 */
#define KEPT                                                                                                 \
    "WITH old AS (SELECT m[1] AS t, m[2] AS c FROM @.shadows, LATERAL pg_catalog.unnest(statements) s,"      \
    " LATERAL pg_catalog.regexp_match(s, '^ALTER TABLE (.*) RENAME COLUMN .* TO (\"?.*_migrate_old\"?)$') m" \
    " WHERE version = $1 AND direction = 'up' AND kind = 'swap' AND done AND m IS NOT NULL),"                \
    " here AS (SELECT o.t, o.c, a.attrelid, a.attnum FROM old o JOIN pg_catalog.pg_attribute a"              \
    " ON a.attrelid = pg_catalog.to_regclass(o.t) AND pg_catalog.quote_ident(a.attname) = o.c AND NOT a.attisdropped)"

static const char kept_sql[] =
    KEPT " SELECT pg_catalog.concat(t, '.', c), x.until FROM here, LATERAL (SELECT pg_catalog.substring("
         "pg_catalog.col_description(attrelid, attnum), '^kept by migrate .* until ([0-9TZ:-]+)$') AS until) x"
         " ORDER BY x.until::pg_catalog.timestamptz > pg_catalog.now() DESC NULLS LAST,"
         " x.until::pg_catalog.timestamptz DESC NULLS LAST LIMIT 1";

static const char early_sql[] = "SELECT $1::pg_catalog.timestamptz > pg_catalog.now()";

/* A partitioned table's indexes go with the column: none of them can be dropped CONCURRENTLY. */
static const char contract_sql[] = KEPT
    ", back AS (SELECT h.t, g.tgname, p.proname, n.nspname FROM here h JOIN pg_catalog.pg_trigger g ON g.tgrelid = "
    "h.attrelid"
    " AND g.tgname LIKE pg_catalog.concat('__migrate\\_shadow\\_', h.attnum, '\\_back') JOIN pg_catalog.pg_proc p ON "
    "p.oid = g.tgfoid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace)"
    " SELECT 1, pg_catalog.format('DROP INDEX CONCURRENTLY %I.%I;', n.nspname, x.relname) FROM here h JOIN"
    " pg_catalog.pg_index i ON i.indrelid = h.attrelid JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid"
    " AND x.relkind = 'i' JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace WHERE EXISTS (SELECT FROM"
    " pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = x.oid"
    " AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = h.attrelid"
    " AND d.refobjsubid = h.attnum) AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = x.oid)"
    " UNION ALL SELECT 2, pg_catalog.format('DROP TRIGGER %I ON %s;', tgname, t) FROM back"
    " UNION ALL SELECT 3, pg_catalog.format('DROP FUNCTION %I.%I();', nspname, proname) FROM back"
    " UNION ALL SELECT 4, pg_catalog.format('ALTER TABLE %s DROP COLUMN %s;', t, c) FROM here ORDER BY 1, 2";

/* A first column of the version that is still there, and until when it is to stay ("": not said); none: empty. */
static enum status find_kept(struct session *s, const struct history_sql *sql, const char *version, struct arena *a,
                             struct str *name, struct str *until, struct error *err)
{
    struct rows *rows = NULL;
    const struct param param = {version};
    *name = *until = STR_NONE;
    enum status status = session_query(s, history_sql_expand(kept_sql, sql, a), &param, 1, CONTRACT_MS, &rows, err);
    if (!status && rows_count(rows) > 0) {
        *name = arena_str(a, rows_value(rows, 0, 0));
        *until = arena_str(a, rows_value(rows, 0, 1));
    }
    rows_free(rows);
    return status && error_sql_class(err) == SQL_UNDEFINED ? ST_OK : status; /* no history, or an old one */
}

enum status shadow_kept(struct session *s, const struct history_sql *sql, const char *version, struct arena *a,
                        struct str *name, struct error *err)
{
    struct str until;
    return find_kept(s, sql, version, a, name, &until, err);
}

static enum status check_early(struct session *s, struct str name, struct str until, struct arena *a, struct error *err)
{
    struct rows *rows = NULL;
    const struct param param = {arena_cstr(a, until)};
    enum status status = session_query(s, early_sql, &param, 1, CONTRACT_MS, &rows, err);
    if (!status && rows_bool(rows, 0, 0)) {
        status = error_set(err, ST_USAGE, "%.*s is kept until %.*s (keep-old)", STR_ARG(name), STR_ARG(until));
        error_hint(err, "until then migrate down swaps back; not to wait: COMMENT ON COLUMN %.*s IS NULL",
                   STR_ARG(name));
    }
    rows_free(rows);
    return status;
}

enum status shadow_contract(struct session *s, const char *schema, const char *version, struct arena *a,
                            struct str *out, struct error *err)
{
    struct history_sql sql;
    struct str name, until;
    struct rows *rows = NULL;
    struct strbuf text;
    const struct param param = {version};
    history_sql_for(&sql, s, schema, a);
    enum status status = find_kept(s, &sql, version, a, &name, &until, err);
    status = !status && until.n > 0 ? check_early(s, name, until, a, err) : status;
    if (!status && name.n > 0) {
        status = session_query(s, history_sql_expand(contract_sql, &sql, a), &param, 1, CONTRACT_MS, &rows, err);
    } else if (!status) {
        status = error_set(err, ST_USAGE, "version %s has no shadow change and no rename that is to be closed", version);
        error_hint(err, "it is closed once it was applied, and only once: see migrate status");
    }
    strbuf_init(&text, 1 << 20);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        strbuf_addf(&text, "%.*s\n", STR_ARG(rows_value(rows, i, 1)));
    }
    *out = arena_str(a, strbuf_str(&text));
    strbuf_free(&text);
    rows_free(rows);
    return status;
}

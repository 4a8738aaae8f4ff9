#include "exec/shadow_contract.h"

#include "exec/history_sql.h"

enum { CONTRACT_MS = 60000 };

/* The swap renamed the first column: that statement names table and column, quoted. */
static const char contract_sql[] =
    "WITH old AS (SELECT m[1] AS t, m[2] AS c FROM @.shadows, LATERAL pg_catalog.unnest(statements) s,"
    " LATERAL pg_catalog.regexp_match(s, '^ALTER TABLE (.*) RENAME COLUMN .* TO (\"?.*_migrate_old\"?)$') m"
    " WHERE version = $1 AND kind = 'swap' AND done AND m IS NOT NULL),"
    " here AS (SELECT o.t, o.c, a.attrelid, a.attnum FROM old o JOIN pg_catalog.pg_attribute a"
    " ON a.attrelid = pg_catalog.to_regclass(o.t) AND pg_catalog.quote_ident(a.attname) = o.c AND NOT a.attisdropped),"
    " back AS (SELECT h.t, g.tgname, g.tgfoid FROM here h JOIN pg_catalog.pg_trigger g ON g.tgrelid = h.attrelid"
    " AND g.tgname LIKE '%migrate\\_shadow\\_%\\_back')"
    " SELECT 1, pg_catalog.format('DROP INDEX CONCURRENTLY %I.%I;', n.nspname, x.relname) FROM here h JOIN "
    "pg_catalog.pg_index i"
    " ON i.indrelid = h.attrelid JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace WHERE x.relname LIKE '%\\_migrate\\_old'"
    " UNION ALL SELECT 2, pg_catalog.format('DROP TRIGGER %I ON %s;', tgname, t) FROM back"
    " UNION ALL SELECT 3, pg_catalog.format('DROP FUNCTION %s;', tgfoid::pg_catalog.regprocedure) FROM back"
    " UNION ALL SELECT 4, pg_catalog.format('ALTER TABLE %s DROP COLUMN %s;', t, c) FROM here ORDER BY 1, 2";

enum status shadow_contract(struct session *s, const char *schema, const char *version, struct arena *a,
                            struct str *out, struct error *err)
{
    struct history_sql sql;
    struct rows *rows = NULL;
    struct strbuf text;
    const struct param param = {version};
    history_sql_for(&sql, s, schema, a);
    enum status status =
        session_query(s, history_sql_expand(contract_sql, &sql, a), &param, 1, CONTRACT_MS, &rows, err);
    if ((!status && rows_count(rows) == 0) || (status && error_sql_class(err) == SQL_UNDEFINED)) {
        status = error_set(err, ST_USAGE, "version %s has no shadow change that is to be closed", version);
        error_hint(err, "a shadow change is closed once it was applied, and only once: see migrate status");
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

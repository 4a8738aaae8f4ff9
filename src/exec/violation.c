#include "exec/violation.h"

#include "exec/lone.h"
#include "exec/tx.h"

enum { VIOLATION_MS = 20000, SHOWN = 5 };

/*
 * table, constraint -> the question for its rows (text, count, count of all), what such a row lacks. The search path is empty: names come out qualified.
 * conpfeqop is the operator that the key is compared with: referenced = referencing.
 */
static const char question_sql[] =
    "SELECT CASE k.contype WHEN 'f' THEN pg_catalog.format('SELECT %s, pg_catalog.count(*), "
    "pg_catalog.sum(pg_catalog.count(*)) OVER ()"
    " FROM %s%s.%s c WHERE %s AND NOT EXISTS (SELECT FROM %I.%I p WHERE %s) GROUP BY %s ORDER BY 2 DESC, 1 LIMIT 5',"
    " f.shown, CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END, pg_catalog.quote_ident(n.nspname), "
    "pg_catalog.quote_ident(c.relname),"
    " f.known, pn.nspname, p.relname, f.same, f.names)"
    " ELSE pg_catalog.format('SELECT %s, 1, pg_catalog.count(*) OVER () FROM %s%s.%s c WHERE NOT (%s) LIMIT 5',"
    " COALESCE(i.shown, '''ctid '' || c.ctid::text'), CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END, "
    "pg_catalog.quote_ident(n.nspname),"
    " pg_catalog.quote_ident(c.relname), pg_catalog.pg_get_expr(k.conbin, k.conrelid)) END,"
    " k.contype = 'f', k.conrelid::pg_catalog.regclass::text, p.oid::pg_catalog.regclass::text"
    " FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " LEFT JOIN pg_catalog.pg_class p ON p.oid = k.confrelid LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = "
    "p.relnamespace"
    " LEFT JOIN LATERAL (SELECT pg_catalog.string_agg(pg_catalog.format('%L || c.%I::text', a.attname || ' = ', "
    "a.attname), ' || '', '' || ' ORDER BY u.i) AS shown,"
    " pg_catalog.string_agg(pg_catalog.format('c.%I IS NOT NULL', a.attname), ' AND ' ORDER BY u.i) AS known,"
    " pg_catalog.string_agg(pg_catalog.format('c.%I', a.attname), ', ' ORDER BY u.i) AS names,"
    " pg_catalog.string_agg(pg_catalog.format('p.%I OPERATOR(%I.%s) c.%I', b.attname, o.nspname, q.oprname, "
    "a.attname), ' AND ' ORDER BY u.i) AS same"
    " FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey), pg_catalog.unnest(k.conpfeqop)) WITH "
    "ORDINALITY u (x, y, z, i)"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.x"
    " JOIN pg_catalog.pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = u.y"
    " JOIN pg_catalog.pg_operator q ON q.oid = u.z JOIN pg_catalog.pg_namespace o ON o.oid = q.oprnamespace) f ON true"
    " LEFT JOIN LATERAL (SELECT pg_catalog.string_agg(pg_catalog.format('%L || c.%I::text', a.attname || ' = ', "
    "a.attname), ' || '', '' || ' ORDER BY u.i) AS shown"
    " FROM pg_catalog.pg_index x CROSS JOIN LATERAL pg_catalog.unnest(x.indkey) WITH ORDINALITY u (num, i)"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = u.num"
    " WHERE x.indrelid = k.conrelid AND x.indisprimary AND u.i <= x.indnkeyatts) i ON true"
    " WHERE k.conrelid = $1::pg_catalog.oid AND k.conname = $2 AND k.contype IN ('f', 'c')";

/* The VALIDATE that failed: alone in its step, or at the line that the error names. */
static bool failed_validate(const struct item *it, const struct error *err, struct arena *a, struct lone *out)
{
    const struct step *step = item_step(it);
    for (size_t i = 0; i < step->statements.n; i++) {
        const struct planned_statement *st = &step->statements.at[i];
        lone_read(st->sql, a, out);
        if (out->kind == LONE_VALIDATE && (step->statements.n == 1 || st->line == err->line)) {
            return true;
        }
    }
    return false;
}

static void tell(const struct run *r, const struct rows *rows, bool foreign, struct str table, struct str parent,
                 struct error *err)
{
    struct strbuf sb;
    strbuf_init(&sb, sizeof(err->detail) - 1);
    const int64_t all = rows_i64(rows, 0, 2);
    strbuf_addf(&sb, "%.900s%s", err->detail, err->detail[0] ? "\n" : "");
    strbuf_addf(&sb, "%" PRId64 " row%s of %.*s %s", all, all == 1 ? "" : "s", STR_ARG(table),
                foreign    ? "without a match in "
                : all == 1 ? "violates it"
                           : "violate it");
    if (foreign) {
        strbuf_add(&sb, parent);
    }
    for (size_t i = 0; i < rows_count(rows) && !r->o->redact; i++) {
        const struct str shown = rows_value(rows, i, 0);
        strbuf_addf(&sb, "%s%.*s%s", i > 0 ? "; " : ": ", STR_ARG(str_slice(shown, 0, 120)), shown.n > 120 ? "…" : "");
        if (foreign && rows_i64(rows, i, 1) > 1) {
            strbuf_addf(&sb, " (%" PRId64 " rows)", rows_i64(rows, i, 1));
        }
    }
    if (!r->o->redact && rows_count(rows) == SHOWN) {
        strbuf_add_cstr(&sb, "; …");
    }
    if (!sb.overflow) {
        error_detail(err, "%s", strbuf_cstr(&sb));
    }
    strbuf_free(&sb);
}

/* In a transaction that only reads, with its own limit of time. */
static enum status look(struct run *r, const struct lone *lone, struct error *told, struct error *err)
{
    struct rows *rows = NULL;
    struct arena *a = &r->scratch;
    enum status status = session_query(r->s, "BEGIN READ ONLY", NULL, 0, ANSWER_MS, NULL, err);
    const struct param table = {arena_cstr(a, lone->table)};
    status = status ? status
                    : session_query(r->s, "SELECT pg_catalog.to_regclass($1)::pg_catalog.oid", &table, 1, ANSWER_MS,
                                    &rows, err);
    const struct param params[] = {{status ? NULL : arena_cstr(a, rows_value(rows, 0, 0))},
                                   {arena_cstr(a, lone->name)}};
    rows_free(rows);
    rows = NULL;
    status = status ? status : session_query(r->s, "SET LOCAL search_path = ''", NULL, 0, ANSWER_MS, NULL, err);
    status = status ? status
                    : session_query(r->s, arena_printf(a, "SET LOCAL statement_timeout = %d", VIOLATION_MS).p, NULL, 0,
                                    ANSWER_MS, NULL, err);
    status = status ? status : session_query(r->s, question_sql, params, 2, ANSWER_MS, &rows, err);
    if (status || rows_count(rows) != 1) {
        rows_free(rows);
        return status;
    }
    const bool foreign = rows_bool(rows, 0, 1);
    const char *sql = arena_cstr(a, rows_value(rows, 0, 0));
    const struct str of = arena_str(a, rows_value(rows, 0, 2)), parent = arena_str(a, rows_value(rows, 0, 3));
    rows_free(rows);
    rows = NULL;
    status = session_query(r->s, sql, NULL, 0, VIOLATION_MS + ANSWER_MS, &rows, err);
    if (!status && rows_count(rows) > 0) {
        tell(r, rows, foreign, of, parent, told);
    }
    rows_free(rows);
    return status;
}

void violation_tell(struct run *r, const struct item *it, struct error *err)
{
    struct error ignored;
    struct lone lone;
    const bool ours = strcmp(err->sqlstate, "23503") == 0 || strcmp(err->sqlstate, "23514") == 0;
    if (!ours || !session_usable(r->s)) {
        return;
    }
    arena_reset(&r->scratch);
    if (failed_validate(it, err, &r->scratch, &lone)) {
        (void)look(r, &lone, err, &ignored); /* the error itself is what matters */
        if (session_usable(r->s)) {
            tx_rollback(r->s);
        }
        step_settings_unknown(r);
    }
}

/* Preflight: rights, and who or what of the server itself is in the way of the steps' locks. */
#include "exec/preflight.h"

#include "base/clock.h"
#include "exec/tx.h"

/* clang-format off */
#define THREE_ARRAYS                                                                                                  \
    "ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[]),"                   \
    " pg_catalog.unnest($3::pg_catalog.text[]))"
#define TARGETS                                                                                                       \
    "(SELECT c.oid, c.relname, n.nspname, c.relfrozenxid, t.modes FROM " THREE_ARRAYS " t(schema, name, modes)"        \
    " JOIN pg_catalog.pg_namespace n ON n.nspname = t.schema"                                                         \
    " JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.name)"
/* clang-format on */
#define AGE(from)                                                                                          \
    "(pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - " from ") * '1000'::pg_catalog.float8)" \
    "::pg_catalog.int8"

static enum status ask(struct preflight *p, const char *check, const char *sql, const struct param *params, size_t n,
                       struct rows **rows, struct error *err)
{
    struct error why;
    const enum status status = session_query(p->r->s, sql, params, n, ANSWER_MS, rows, &why);
    *rows = status ? NULL : *rows;
    return status ? preflight_unknown(p, status, check, &why, err) : ST_OK;
}

static const char *for_long(struct preflight *p, int64_t ms)
{
    struct strbuf text;
    strbuf_init(&text, 64);
    clock_duration(ms, &text);
    const char *const copy = arena_cstr(p->a, strbuf_str(&text));
    strbuf_free(&text);
    return copy;
}

/* ---- rights ---- */

enum status preflight_rights(struct preflight *p, struct error *err)
{
    static const char sql[] =
        "SELECT w.schema, w.name, w.need, current_user, coalesce(pg_catalog.pg_get_userbyid(c.relowner), '')"
        " FROM " THREE_ARRAYS " w(schema, name, need) LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema"
        " LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name"
        " WHERE NOT CASE WHEN w.schema = '' THEN"
        " pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"
        " WHEN n.oid IS NULL THEN true WHEN w.name = '' THEN pg_catalog.has_schema_privilege(n.oid, 'CREATE')"
        " WHEN c.oid IS NULL THEN true WHEN w.need = 'OWNER' THEN pg_catalog.pg_has_role(c.relowner, 'USAGE')"
        " WHEN w.need IN ('UPDATE', 'INSERT') THEN pg_catalog.has_any_column_privilege(c.oid, w.need)"
        " ELSE pg_catalog.has_table_privilege(c.oid, w.need) END";
    struct str *const values = arena_array(p->a, struct str, p->needs.n + 1);
    struct param params[3];
    struct rows *rows;
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < p->needs.n; i++) {
            const struct preflight_need *n = &p->needs.at[i];
            values[i] = str_of(k == 0 ? n->schema : k == 1 ? n->name : n->right);
        }
        params[k].text = param_array(p->a, values, p->needs.n);
    }
    const enum status status = ask(p, "rights", sql, params, 3, &rows, err);
    for (size_t i = 0; rows && i < rows_count(rows); i++) {
        const struct str schema = rows_value(rows, i, 0), name = rows_value(rows, i, 1), need = rows_value(rows, i, 2),
                         user = rows_value(rows, i, 3), owner = rows_value(rows, i, 4);
        if (str_eq(need, STR("OWNER"))) {
            preflight_tell(p, PREFLIGHT_STOP, ST_CHECK, "rights",
                           arena_printf(p->a, "%.*s.%.*s is not ours: its owner is %.*s, we are %.*s", STR_ARG(schema),
                                        STR_ARG(name), STR_ARG(owner), STR_ARG(user))
                               .p,
                           "only the owner may change it or index it",
                           arena_printf(p->a, "connect as %.*s, or: GRANT %.*s TO %.*s", STR_ARG(owner), STR_ARG(owner),
                                        STR_ARG(user))
                               .p);
        } else if (name.n > 0) {
            preflight_tell(p, PREFLIGHT_STOP, ST_CHECK, "rights",
                           arena_printf(p->a, "%.*s lacks %.*s on %.*s.%.*s", STR_ARG(user), STR_ARG(need),
                                        STR_ARG(schema), STR_ARG(name))
                               .p,
                           "the statement will be refused",
                           arena_printf(p->a, "GRANT %.*s ON %.*s.%.*s TO %.*s", STR_ARG(need), STR_ARG(schema),
                                        STR_ARG(name), STR_ARG(user))
                               .p);
        } else {
            const bool database = schema.n == 0;
            preflight_tell(p, PREFLIGHT_STOP, ST_CHECK, "rights",
                           arena_printf(p->a, "%.*s lacks CREATE on %s%.*s", STR_ARG(user),
                                        database ? "the database" : "schema ", STR_ARG(schema))
                               .p,
                           "nothing can be made there",
                           arena_printf(p->a, "GRANT CREATE ON %s %.*s TO %.*s", database ? "DATABASE …" : "SCHEMA",
                                        STR_ARG(schema), STR_ARG(user))
                               .p);
        }
    }
    rows_free(rows);
    return status;
}

/* ---- sessions ---- */

/* Will --terminate-blockers end it? */
static bool will_end(const struct preflight *p, struct str state)
{
    return p->r->o->terminate == TERMINATE_ALL ||
           (p->r->o->terminate == TERMINATE_IDLE && str_starts(state, STR("idle in transaction")));
}

enum status preflight_blockers(struct preflight *p, struct error *err)
{
    static const char sql[] =
        "SELECT a.pid, coalesce(a.usename, ''), coalesce(a.application_name, ''), coalesce(a.state, ''),"
        " " AGE("a.xact_start") ", coalesce((SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('%I.%I',"
                                " t.nspname, t.relname), ', ') FROM pg_catalog.pg_locks l JOIN " TARGETS
                                " t ON t.oid = l.relation"
                                " WHERE l.pid = a.pid AND l.granted AND pg_catalog.strpos(t.modes, pg_catalog.concat(' "
                                "', l.mode, ' ')) > 0),"
                                " '') AS held, coalesce(pg_catalog.left(a.query, 200), '') FROM "
                                "pg_catalog.pg_stat_activity a"
                                " WHERE a.datid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = "
                                "pg_catalog.current_database())"
                                " AND a.pid <> pg_catalog.pg_backend_pid() AND a.backend_type = 'client backend'"
                                " AND pg_catalog.clock_timestamp() - a.xact_start > $4::pg_catalog.float8 * '1 "
                                "millisecond'::pg_catalog.interval"
                                " AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL OR a.state LIKE 'idle "
                                "in transaction%')"
                                " ORDER BY a.xact_start";
    struct param params[4];
    struct rows *rows;
    if (p->r->o->max_xact_age_ms <= 0 || p->targets.n == 0) {
        return ST_OK;
    }
    preflight_params(&p->targets, p->a, params);
    params[3].text = param_i64(p->a, p->r->o->max_xact_age_ms);
    const enum status status = ask(p, "transactions", sql, params, 4, &rows, err);
    for (size_t i = 0; rows && i < rows_count(rows); i++) {
        const struct str held = rows_value(rows, i, 5), state = rows_value(rows, i, 3), query = rows_value(rows, i, 6);
        const bool stops = held.n > 0 && !will_end(p, state);
        if (held.n == 0 && !p->waits_for_snapshots) {
            continue;
        }
        const struct str shown = p->r->o->redact || query.n == 0 ? STR("") : query;
        preflight_tell(
            p, stops ? PREFLIGHT_STOP : PREFLIGHT_WARNING, ST_GAVE_WAY, "transactions",
            arena_printf(p->a, "pid %" PRId64 " (%.*s, %.*s, %.*s) has had a transaction open for %s%s%.*s%s%.*s",
                         rows_i64(rows, i, 0), STR_ARG(rows_value(rows, i, 1)), STR_ARG(rows_value(rows, i, 2)),
                         STR_ARG(state), for_long(p, rows_i64(rows, i, 4)), held.n ? ", with a lock on " : "",
                         STR_ARG(held), shown.n ? ": " : "", STR_ARG(shown))
                .p,
            held.n ? "the steps cannot have their locks while it is open, and who comes behind them waits, too"
                   : "what runs CONCURRENTLY waits until it ends",
            "let it end, or end it: --terminate-blockers; --max-xact-age 0 goes ahead and tries");
    }
    rows_free(rows);
    return status;
}

enum status preflight_prepared(struct preflight *p, struct error *err)
{
    static const char sql[] = "SELECT x.gid, x.owner, " AGE(
        "x.prepared") ", coalesce((SELECT pg_catalog.string_agg(DISTINCT"
                      " pg_catalog.format('%I.%I', t.nspname, t.relname), ', ') FROM pg_catalog.pg_locks l "
                      "JOIN " TARGETS " t"
                      " ON t.oid = l.relation WHERE l.pid IS NULL AND l.virtualtransaction = ("
                      "SELECT o.virtualtransaction FROM pg_catalog.pg_locks o WHERE o.locktype = 'transactionid'"
                      " AND o.granted AND o.transactionid = x.transaction)"
                      " AND pg_catalog.strpos(t.modes, pg_catalog.concat(' ', l.mode, ' ')) > 0), '')"
                      " FROM pg_catalog.pg_prepared_xacts x WHERE x.database = pg_catalog.current_database()"
                      " AND pg_catalog.clock_timestamp() - x.prepared > $4::pg_catalog.float8 * '1 "
                      "millisecond'::pg_catalog.interval";
    struct param params[4];
    struct rows *rows;
    if (p->r->o->max_xact_age_ms <= 0 || p->targets.n == 0) {
        return ST_OK;
    }
    preflight_params(&p->targets, p->a, params);
    params[3].text = param_i64(p->a, p->r->o->max_xact_age_ms);
    const enum status status = ask(p, "prepared", sql, params, 4, &rows, err);
    for (size_t i = 0; rows && i < rows_count(rows); i++) {
        const struct str held = rows_value(rows, i, 3), gid = rows_value(rows, i, 0);
        if (held.n == 0 && !p->waits_for_snapshots) {
            continue;
        }
        preflight_tell(
            p, PREFLIGHT_STOP, ST_GAVE_WAY, "prepared",
            arena_printf(p->a, "the prepared transaction '%.*s' of %.*s is %s old%s%.*s", STR_ARG(gid),
                         STR_ARG(rows_value(rows, i, 1)), for_long(p, rows_i64(rows, i, 2)),
                         held.n ? ", with a lock on " : "", STR_ARG(held))
                .p,
            "it has no session any more and never goes away by itself",
            arena_printf(p->a, "COMMIT PREPARED '%.*s', or ROLLBACK PREPARED, as who prepared it says", STR_ARG(gid))
                .p);
    }
    rows_free(rows);
    return status;
}

/* ---- tables ---- */

enum status preflight_indexes(struct preflight *p, struct error *err)
{
    static const char sql[] =
        "SELECT pg_catalog.format('%I.%I', t.nspname, t.relname), pg_catalog.format('%I.%I', n.nspname, c.relname)"
        " FROM " TARGETS " t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE NOT i.indisvalid AND c.relkind = 'i' AND NOT EXISTS"
        " (SELECT FROM pg_catalog.pg_stat_progress_create_index x WHERE x.index_relid = c.oid)";
    struct param params[3];
    struct rows *rows;
    preflight_params(&p->targets, p->a, params);
    const enum status status = ask(p, "indexes", sql, params, 3, &rows, err);
    for (size_t i = 0; rows && i < rows_count(rows); i++) {
        const struct str index = rows_value(rows, i, 1);
        preflight_tell(
            p, PREFLIGHT_WARNING, ST_OK, "indexes",
            arena_printf(p->a, "index %.*s on %.*s is not valid", STR_ARG(index), STR_ARG(rows_value(rows, i, 0))).p,
            "a build of it was cut short: it costs every write and serves no query",
            arena_printf(p->a,
                         "REINDEX INDEX CONCURRENTLY %.*s, or drop it; one that a step here builds is "
                         "built anew by that step",
                         STR_ARG(index))
                .p);
    }
    rows_free(rows);
    return status;
}

/* Told by the table's age and the worker's progress, not by the text of its activity. */
enum status preflight_vacuum(struct preflight *p, struct error *err)
{
    static const char sql[] =
        "SELECT pg_catalog.format('%I.%I', t.nspname, t.relname), v.pid, v.phase, CASE WHEN v.heap_blks_total > 0 THEN"
        " v.heap_blks_scanned * 100 / v.heap_blks_total ELSE 0 END FROM " TARGETS " t"
        " JOIN pg_catalog.pg_stat_progress_vacuum v ON v.relid = t.oid"
        " WHERE pg_catalog.strpos(t.modes, ' ShareUpdateExclusiveLock ') > 0"
        " AND pg_catalog.age(t.relfrozenxid) > pg_catalog.current_setting('autovacuum_freeze_max_age')"
        "::pg_catalog.int4";
    struct param params[3];
    struct rows *rows;
    preflight_params(&p->targets, p->a, params);
    const enum status status = ask(p, "vacuum", sql, params, 3, &rows, err);
    for (size_t i = 0; rows && i < rows_count(rows); i++) {
        const bool ends = p->r->o->terminate == TERMINATE_AUTOVACUUM || p->r->o->terminate == TERMINATE_ALL;
        preflight_tell(p, ends ? PREFLIGHT_WARNING : PREFLIGHT_STOP, ST_GAVE_WAY, "vacuum",
                       arena_printf(p->a,
                                    "%.*s is being vacuumed against wraparound (pid %" PRId64 ", %.*s, %" PRId64 " %%)",
                                    STR_ARG(rows_value(rows, i, 0)), rows_i64(rows, i, 1),
                                    STR_ARG(rows_value(rows, i, 2)), rows_i64(rows, i, 3))
                           .p,
                       "unlike other autovacuum it does not give way to who wants the lock",
                       "wait until it is done; ended by --terminate-blockers autovacuum it begins again");
    }
    rows_free(rows);
    return status;
}

#include "exec/index.h"

#include "exec/tx.h"

/* Only a progress row of a live backend says that somebody is at it; index_relid is 0 until the index is in the catalog. */
static const char look_sql[] =
    "SELECT c.oid, i.indexrelid IS NOT NULL, coalesce(i.indrelid = t.oid, false),"
    " coalesce(i.indisvalid AND i.indisready AND i.indislive, false),"
    " coalesce((SELECT p.pid FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid LIMIT 1), 0),"
    " pg_catalog.format('%I.%I', n.nspname, c.relname)"
    " FROM (SELECT pg_catalog.to_regclass($1) AS oid) t JOIN pg_catalog.pg_class tc ON tc.oid = t.oid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = tc.relnamespace"
    " JOIN pg_catalog.pg_class c ON c.relnamespace = tc.relnamespace AND c.relname = $2"
    " LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid";

/*
 * All that makes two indexes the same but their names and tables. By column text, not number: the copy lacks dropped columns. The
 * JSON detour reads a column that servers before 15 do not have.
 */
#define FINGERPRINT                                                                                                   \
    "pg_catalog.concat_ws(pg_catalog.chr(31), i.indisunique, i.indnkeyatts, i.indclass, i.indcollation, i.indoption," \
    " c.relam, coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), ''), coalesce(c.reloptions::pg_catalog.text, " \
    "''),"                                                                                                            \
    " coalesce(pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct'::pg_catalog.text, 'false'),"                          \
    " ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, k, false)"                                                \
    " FROM pg_catalog.generate_series(1, i.indnatts::pg_catalog.int4) k))"

static const char compare_sql[] =
    "WITH wanted AS (SELECT " FINGERPRINT " AS fp FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid ="
    " i.indexrelid WHERE i.indexrelid = 'pg_temp.migrate_copy_index'::pg_catalog.regclass)"
    " SELECT c.oid, i.indisvalid AND i.indisready AND i.indislive,"
    " coalesce((SELECT p.pid FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid LIMIT 1), 0),"
    " pg_catalog.format('%I.%I', n.nspname, c.relname)"
    " FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace, wanted"
    " WHERE i.indrelid = pg_catalog.to_regclass($1) AND ($2 = '' OR c.relname = $2) AND " FINGERPRINT " = wanted.fp"
    " ORDER BY i.indisvalid LIMIT 1";

enum status index_look(struct run *r, const struct lone *lone, struct index_state *out, struct error *err)
{
    const struct param params[] = {{arena_cstr(&r->scratch, lone->table)}, {arena_cstr(&r->scratch, lone->name)}};
    struct rows *rows = NULL;
    *out = (struct index_state){0};
    if (lone->name.n == 0) {
        return ST_OK;
    }
    const enum status status = session_query(r->s, look_sql, params, 2, ANSWER_MS, &rows, err);
    if (status) {
        error_context(err, "cannot look at index %.*s", STR_ARG(lone->name));
        return status;
    }
    if (rows_count(rows) > 0) {
        out->exists = true;
        out->oid = arena_str(&r->scratch, rows_value(rows, 0, 0));
        out->is_index = rows_bool(rows, 0, 1);
        out->same_table = rows_bool(rows, 0, 2);
        out->valid = rows_bool(rows, 0, 3);
        out->builder = (int)rows_i64(rows, 0, 4);
        out->display = arena_str(&r->scratch, rows_value(rows, 0, 5));
    }
    rows_free(rows);
    return ST_OK;
}

enum status index_compare(struct run *r, const struct lone *lone, struct index_state *state, struct error *err)
{
    const struct param params[] = {{arena_cstr(&r->scratch, lone->table)}, {arena_cstr(&r->scratch, lone->name)}};
    struct pipe p;
    struct rows *rows = NULL;
    enum status status;
    pipe_begin(&p, &r->scratch);
    pipe_add(&p, "BEGIN");
    pipe_add(&p, arena_printf(&r->scratch, "CREATE TEMPORARY TABLE migrate_copy (LIKE %.*s)", STR_ARG(lone->table)).p);
    pipe_add(&p, arena_printf(&r->scratch, "CREATE %sINDEX migrate_copy_index ON pg_temp.migrate_copy%.*s",
                              lone->unique ? "UNIQUE " : "", STR_ARG(lone->rest))
                     .p);
    pipe_add_params(&p, compare_sql, params, 2);
    status = pipe_run(&p, r->s, ANSWER_MS, &rows, err);
    tx_rollback(r->s);
    if (status) {
        error_context(err, "cannot compare the index with the statement");
        return status;
    }
    state->same_definition = rows_count(rows) > 0;
    if (state->same_definition && lone->name.n == 0) {
        state->exists = state->is_index = state->same_table = true;
        state->oid = arena_str(&r->scratch, rows_value(rows, 0, 0));
        state->valid = rows_bool(rows, 0, 1);
        state->builder = (int)rows_i64(rows, 0, 2);
        state->display = arena_str(&r->scratch, rows_value(rows, 0, 3));
    }
    rows_free(rows);
    return ST_OK;
}

enum status index_drop(struct run *r, struct item *it, struct str display, const char *why, struct error *err)
{
    const struct event base = {.migration = it->m, .step = item_step(it), .down = it->down, .attempt = 1};
    struct pipe p;
    enum status status = ST_OK;
    pipe_begin(&p, &r->scratch);
    step_settings(r, &p, 0, 0, true);
    if (p.items.n > 0) {
        status = pipe_run(&p, r->s, ANSWER_MS, NULL, err);
    }
    if (!status) {
        run_repair(r, it, "dropping the invalid index %.*s: %s", STR_ARG(display), why);
        watch_start(&r->watch, r->lock.pid, 2000, true, &base);
        status = session_simple(r->s, arena_printf(&r->scratch, "DROP INDEX CONCURRENTLY %.*s", STR_ARG(display)), 0,
                                NULL, err);
        watch_stop(&r->watch);
    }
    if (status) {
        error_context(err, "cannot drop the invalid index %.*s", STR_ARG(display));
    }
    return status;
}

enum status index_drop_reindex_leftovers(struct run *r, struct item *it, const struct lone *lone, struct error *err)
{
    static const char sql[] =
        "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)"
        " FROM (SELECT pg_catalog.to_regclass($1) AS oid) o LEFT JOIN pg_catalog.pg_index oi ON oi.indexrelid = o.oid"
        " JOIN pg_catalog.pg_index i ON i.indrelid = coalesce(oi.indrelid, o.oid)"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'::pg_catalog.text"
        " AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid)";
    const struct param name = {arena_cstr(&r->scratch, lone->name)};
    struct rows *rows = NULL;
    enum status status = session_query(r->s, sql, &name, 1, ANSWER_MS, &rows, err);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        status = index_drop(r, it, arena_str(&r->scratch, rows_value(rows, i, 0)), "left by REINDEX CONCURRENTLY", err);
    }
    rows_free(rows);
    return status;
}

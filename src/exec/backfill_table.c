/* What only the server knows of the table: its partitions, what stands in the way of batches, triggers, functions. */
#include "exec/backfill.h"

#include "exec/tx.h"

enum { LOOK_MS = 60000 };

/* pg_rewrite.ev_type: 1 select, 2 update, 3 insert, 4 delete. pg_trigger.tgtype: 1 row, 2 before, 16 update. */
static const char table_sql[] =
    "WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass($1)::pg_catalog.oid AS oid, 0 AS depth UNION ALL"
    " SELECT i.inhrelid, t.depth + 1 FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid"
    " WHERE NOT $2::pg_catalog.bool)"
    " SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), c.relkind, c.relpersistence, "
    "c.reltuples::pg_catalog.int8,"
    " c.relpages, t.depth, EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type = "
    "$3::\"char\"),"
    " EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgenabled <> 'D'"
    " AND (g.tgtype::pg_catalog.int4 & 19) = 19),"
    " NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal)"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint f WHERE f.confrelid = c.oid AND f.contype = 'f')"
    " FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " ORDER BY t.depth, n.nspname, c.relname";

enum { COL_NAME, COL_KIND, COL_PERSISTENCE, COL_ROWS, COL_PAGES, COL_DEPTH, COL_RULE, COL_GUARD, COL_COUNTED };

static enum status refuse(struct error *err, struct str name, const char *why)
{
    error_set(err, ST_USAGE, "cannot run in batches: %.*s %s", STR_ARG(name), why);
    error_hint(err, "run it as one statement: -- migrate:whole because REASON");
    return ST_USAGE;
}

static enum status check_relation(const struct rows *rows, size_t i, struct error *err)
{
    const struct str name = rows_value(rows, i, COL_NAME), kind = rows_value(rows, i, COL_KIND);
    if (str_eq(kind, STR("f"))) {
        return refuse(err, name, "is a foreign table, whose server keeps no cursor with its rows");
    }
    if (!str_eq(kind, STR("r")) && !str_eq(kind, STR("p"))) {
        return refuse(err, name, "is not a table with rows of its own");
    }
    if (str_eq(rows_value(rows, i, COL_PERSISTENCE), STR("t"))) {
        return refuse(err, name, "is temporary, and gone when the connection is lost");
    }
    if (rows_bool(rows, i, COL_RULE)) {
        return refuse(err, name, "has a rule, which turns the statement into another one");
    }
    return ST_OK;
}

/* Functions of the condition that have only volatile variants. Built-in ones were refused by the planner. */
static enum status check_functions(struct session *s, const struct batch_spec *spec, struct arena *a, struct error *err)
{
    static const char sql[] =
        "SELECT p.proname FROM pg_catalog.pg_proc p WHERE p.proname = ANY ($1::pg_catalog.text[]) GROUP BY p.proname"
        " HAVING pg_catalog.bool_and(p.provolatile = 'v') ORDER BY p.proname LIMIT 1";
    struct rows *rows = NULL;
    if (spec->functions.n == 0 || spec->allow_volatile) {
        return ST_OK;
    }
    const struct param param = {param_array(a, spec->functions.at, spec->functions.n)};
    enum status status = session_query(s, sql, &param, 1, LOOK_MS, &rows, err);
    if (!status && rows_count(rows) > 0) {
        status = error_set(err, ST_USAGE, "cannot run in batches: the condition calls %.*s(), which is volatile",
                           STR_ARG(rows_value(rows, 0, 0)));
        error_hint(
            err, "declare it STABLE or IMMUTABLE if it is; or say that its answer does not matter: -- migrate:backfill "
                 "allow=volatile");
    }
    rows_free(rows);
    return status;
}

enum status backfill_table_find(struct session *s, const struct batch_spec *spec, struct arena *a,
                                struct backfill_table *out, struct error *err)
{
    struct rows *rows = NULL;
    const struct param params[] = {{session_quoted(s, spec->schema, spec->table, a)},
                                   {spec->only ? "t" : "f"},
                                   {spec->verb.p[0] == 'U'   ? "2"
                                    : spec->verb.p[0] == 'I' ? "3"
                                                             : "4"}};
    *out = (struct backfill_table){.counted = spec->verb.p[0] != 'I'};
    enum status status = session_query(s, table_sql, params, countof(params), LOOK_MS, &rows, err);
    if (!status && rows_count(rows) == 0) {
        status = error_set(err, ST_USAGE, "cannot run in batches: table %.*s does not exist", STR_ARG(spec->table));
    }
    out->at = status ? NULL : arena_array(a, struct backfill_relation, rows_count(rows));
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        status = check_relation(rows, i, err);
        out->guard = out->guard || rows_bool(rows, i, COL_GUARD);
        out->counted = out->counted && rows_bool(rows, i, COL_COUNTED);
        if (!status && str_eq(rows_value(rows, i, COL_KIND), STR("r"))) {
            struct backfill_relation *r = &out->at[out->n++];
            *r = (struct backfill_relation){arena_str(a, rows_value(rows, i, COL_NAME)), rows_i64(rows, i, COL_ROWS),
                                            rows_i64(rows, i, COL_PAGES)};
            out->rows = out->rows < 0 || r->rows < 0 ? -1 : out->rows + r->rows;
        }
    }
    if (!status && out->n == 0 && spec->only) {
        status = refuse(err, spec->table, "is a partitioned table, and ONLY that has no rows");
    }
    rows_free(rows);
    return status ? status : check_functions(s, spec, a, err);
}

enum status backfill_table_key(struct session *s, const struct batch_spec *spec, struct str relation, struct arena *a,
                               struct backfill_key *out, struct error *err)
{
    const enum status status = backfill_key_find(s, spec, relation, NULL, 0, a, out, err);
    for (size_t i = 0; !status && i < out->n; i++) {
        if (name_list_has(&spec->set, out->column[i].name)) {
            error_set(
                err, ST_USAGE,
                "cannot run in batches: it changes %.*s, a column of the key that the batches go by, so rows would "
                "move between batches",
                STR_ARG(out->column[i].name));
            error_hint(err, "choose another key: -- migrate:backfill key=COLUMN");
            return ST_USAGE;
        }
    }
    return status;
}

/*
 * EXPLAIN of a batch, before the first one runs: it must find its rows by the key. A plan that reads the whole table for every batch
 * would be right, and take days.
 */
#include "exec/backfill.h"

#include <jansson.h>

enum { EXPLAIN_MS = 60000, CHECKED_PAGES = 1000 };

static const char *text_of(const json_t *node, const char *key)
{
    const char *s = json_string_value(json_object_get(node, key));
    return s ? s : "";
}

static double number_of(const json_t *node, const char *key)
{
    return json_number_value(json_object_get(node, key));
}

/*
 * The target's scan is the only one that can have the range's condition; it is told from others by its alias, which the caller made the same as
 * migrate's own in no other place.
 */
static void look(const json_t *node, const char *alias, bool below_aggregate, struct backfill_explain *out)
{
    const char *type = text_of(node, "Node Type");
    const bool scan = strstr(type, "Scan") != NULL && json_object_get(node, "Relation Name");
    const json_t *plans = json_object_get(node, "Plans");
    if (scan && strcmp(text_of(node, "Alias"), alias) == 0) {
        out->by_key = out->by_key || strcmp(type, "Seq Scan") != 0;
        out->aggregate = out->aggregate || below_aggregate;
    } else if (scan && strcmp(type, "Seq Scan") == 0) {
        out->seq_other = true;
        out->other_cost += number_of(node, "Total Cost");
    }
    below_aggregate = below_aggregate || strcmp(type, "Aggregate") == 0 || strcmp(type, "WindowAgg") == 0;
    for (size_t i = 0; i < json_array_size(plans); i++) {
        look(json_array_get(plans, i), alias, below_aggregate, out);
    }
}

static enum status read_plan(struct str text, const char *alias, struct backfill_explain *out, struct error *err)
{
    json_error_t where;
    json_t *root = json_loadb(text.p ? text.p : "", text.n, 0, &where);
    const json_t *plan = json_object_get(json_array_get(root, 0), "Plan");
    const json_t *below = json_array_get(json_object_get(plan, "Plans"), 0);
    enum status status = ST_OK;
    if (!plan) {
        status = error_set(err, ST_SERVER, "the server's EXPLAIN cannot be read: %s", where.text);
    } else {
        out->cost = number_of(plan, "Total Cost");
        out->rows = number_of(below ? below : plan, "Plan Rows");
        look(plan, alias, false, out);
    }
    json_decref(root);
    return status;
}

enum status backfill_explain(struct session *s, const char *sql, const struct param *params, size_t n,
                             const char *alias, struct arena *a, struct backfill_explain *out, struct error *err)
{
    struct rows *rows = NULL;
    const char *explain = arena_printf(a, "EXPLAIN (FORMAT JSON) %s", sql).p;
    *out = (struct backfill_explain){0};
    enum status status = session_query(s, explain, params, n, EXPLAIN_MS, &rows, err);
    if (!status) {
        status = read_plan(rows_value(rows, 0, 0), alias, out, err);
    }
    rows_free(rows);
    return status;
}

enum status backfill_explain_text(struct session *s, const char *sql, const struct param *params, size_t n,
                                  struct arena *a, struct strbuf *text, struct error *err)
{
    struct rows *rows = NULL;
    const enum status status =
        session_query(s, arena_printf(a, "EXPLAIN %s", sql).p, params, n, EXPLAIN_MS, &rows, err);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        strbuf_addf(text, "%.*s\n", STR_ARG(rows_value(rows, i, 0)));
    }
    rows_free(rows);
    return status;
}

/* ---- may it run ---- */

static enum status refuse_scan(const struct backfill *b, const struct backfill_explain *e, struct error *err)
{
    if (e->aggregate) {
        error_set(err, ST_USAGE,
                  "cannot run in batches: an aggregate over the rows of %.*s is another one for every batch",
                  STR_ARG(b->spec->table));
        error_hint(err,
                   "fill an indexed table with the result first, or run it as one statement: -- migrate:whole because "
                   "REASON");
        return ST_USAGE;
    }
    if (!e->by_key) {
        error_set(err, ST_USAGE, "cannot run in batches: the server would read all of %.*s for each of them",
                  STR_ARG(b->key.relation));
        error_detail(err, "its plan does not use the key %.*s", STR_ARG(b->key.index));
        error_hint(err,
                   "join by a column with an index, fill an indexed table first and read from it, or run it as one "
                   "statement: -- migrate:whole because REASON");
        return ST_USAGE;
    }
    error_set(
        err, ST_USAGE,
        "cannot run in batches: the server would read another table whole for each of them, which costs more than "
        "the rows of %.*s themselves",
        STR_ARG(b->spec->table));
    error_detail(err, "estimated cost of that: %.0f a batch; of all of it: %.0f", e->other_cost, e->cost);
    error_hint(err, "give the join an index on the other table, or fill a small indexed table first and read from it; "
                    "or -- migrate:whole because REASON");
    return ST_USAGE;
}

/* Where a batch of the first size would end, or the end. */
static enum status first_boundary(struct backfill *b, struct bounds *out, struct error *err)
{
    struct param params[2 * KEY_MAX + 1];
    struct rows *rows = NULL;
    size_t n = 0;
    if (b->lo.set) {
        backfill_add_bounds(params, &n, b, &b->lo);
    }
    backfill_add_bounds(params, &n, b, &b->end);
    params[n++].text = arena_printf(&b->r->scratch, "%d", BATCH_START - 1).p;
    const enum status status =
        session_query(b->r->s, backfill_boundary_sql(&b->key, b->lo.set, &b->r->scratch), params, n, 0, &rows, err);
    backfill_read_bounds(b, rows, &b->r->scratch, out);
    *out = out->set ? *out : b->end;
    rows_free(rows);
    return status;
}

enum status backfill_check(struct backfill *b, struct error *err)
{
    struct run *r = b->r;
    struct param params[2 * KEY_MAX];
    struct backfill_explain all, one;
    struct bounds hi = {0};
    size_t n = 0;
    const char *alias = arena_cstr(&r->scratch, b->spec->alias);
    enum status status = first_boundary(b, &hi, err);
    if (status) {
        return status;
    }
    if (b->lo.set) {
        backfill_add_bounds(params, &n, b, &b->lo);
    }
    const size_t behind_lo = n;
    const char *sql = backfill_range_sql(&b->key, b->spec, b->lo.set, false, r->s, &r->scratch);
    backfill_add_bounds(params, &n, b, &b->end);
    status = backfill_explain(r->s, sql, params, n, alias, &r->scratch, &all, err);
    n = behind_lo;
    backfill_add_bounds(params, &n, b, &hi);
    if (!status) {
        /* Not in the first: a condition of which the server knows nothing halves its estimate. */
        b->key.gentle = r->o->throttle.gentle;
        sql = backfill_range_sql(&b->key, b->spec, b->lo.set, false, r->s, &r->scratch);
        status = backfill_explain(r->s, sql, params, n, alias, &r->scratch, &one, err);
        if (status && b->key.gentle && strcmp(err->sqlstate, "42501") == 0) {
            /* The statement without the sleeps was allowed a moment ago. */
            error_hint(err, "a gentle pace sleeps between rows: GRANT EXECUTE ON FUNCTION "
                            "pg_catalog.pg_sleep(double precision) to this role, or leave the pace normal");
            return status;
        }
    }
    if (status) {
        error_hint(err, "this is the statement with its table and a range of keys put in, as each batch runs it");
        return status;
    }
    const double limit = (double)batch_size_whole(r->o->backfill_rows, b->key.gentle);
    b->whole = b->spec->automatic && b->spec->batch == 0 && !b->key.ctid && all.rows <= limit;
    /* Of a small table reading all of it is the right plan. */
    const double batches = b->key.rows > 0 ? (double)b->key.rows / 10000 : 1;
    const bool dear = one.seq_other && b->key.rows > 0 && one.other_cost * batches > 4 * all.cost && batches > 10;
    if (one.aggregate || (!one.by_key && b->key.pages > CHECKED_PAGES) || (dear && !b->whole)) {
        return refuse_scan(b, &one, err);
    }
    return ST_OK;
}

/*
 * How much of a backfill is left. Its keys may be uuids or texts, which cannot be counted up to their end: the server is asked instead how many
 * rows it takes to be between cursor and end, which it reckons from its histogram of the key (pg_stats). All ranges of a table are asked for in
 * the same way and scaled to the rows that it has, so that pages full of dead rows do not matter.
 */
#include "exec/backfill_left.h"

#include <jansson.h>

#include "exec/backfill.h"
#include "exec/tx.h"

enum { LEFT_MS = 10000 };

enum {
    PART_RELATION,
    PART_COLUMNS,
    PART_START,
    PART_CURSOR,
    PART_END,
    PART_FINISHED,
    PART_KEYS,
    PART_PASS,
    PART_ROWS,
    PART_RATE
};

/* The parts [from, to) of one relation. */
struct span {
    const struct rows *rows;
    size_t from, to;
    int64_t total, keys, pass;
    size_t finished, begun;
};

static double plan_rows(const struct rows *rows)
{
    json_error_t where;
    const struct str text = rows_value(rows, 0, 0);
    json_t *root = json_loadb(text.p ? text.p : "", text.n, 0, &where);
    const double n = json_number_value(json_object_get(json_object_get(json_array_get(root, 0), "Plan"), "Plan Rows"));
    json_decref(root);
    return n;
}

/* Rows between two keys by the server's estimate; -1: it cannot be asked just now. */
static enum status ask_between(struct session *s, const struct backfill_key *key, const struct bounds *lo,
                               const struct bounds *end, struct arena *a, double *out, struct error *err)
{
    /* A lock on the table is not waited for; a plan without a gathering of workers or a bitmap tells its rows at its top. */
    static const char settings[] = "SELECT pg_catalog.set_config('lock_timeout', '100ms', true),"
                                   " pg_catalog.set_config('max_parallel_workers_per_gather', '0', true),"
                                   " pg_catalog.set_config('enable_bitmapscan', 'off', true)";
    struct param params[2 * KEY_MAX];
    struct rows *rows[4] = {NULL};
    size_t n = 0, failed;
    for (size_t k = 0; k < 2; k++) {
        const struct bounds *b = k == 0 ? lo : end;
        for (size_t i = 0; b->set && i < key->n; i++) {
            params[n++].text = b->value[i].p;
        }
    }
    const struct pipelined items[] = {
        {"BEGIN READ ONLY", NULL, 0},
        {settings, NULL, 0},
        {arena_printf(a, "EXPLAIN (FORMAT JSON) %s", backfill_between_sql(key, lo->set, a)).p, params, n},
        {"COMMIT", NULL, 0},
    };
    enum status status = session_pipeline(s, items, countof(items), LEFT_MS, rows, &failed, err);
    *out = status ? -1 : plan_rows(rows[2]);
    if (status && session_usable(s)) {
        tx_rollback(s);
        status = status == ST_INTERRUPTED ? status : ST_OK;
    }
    for (size_t i = 0; i < countof(rows); i++) {
        rows_free(rows[i]);
    }
    return status;
}

static bool read_part(const struct rows *rows, size_t row, const struct backfill_key *key, struct arena *a,
                      struct bounds *start, struct bounds *cursor, struct bounds *end)
{
    return backfill_read_array(rows, row, PART_START, key->n, a, start) &&
           backfill_read_array(rows, row, PART_CURSOR, key->n, a, cursor) &&
           backfill_read_array(rows, row, PART_END, key->n, a, end) && end->set;
}

/* The share of one relation's range that is left, by the server's estimates; -1: not to be had. */
static enum status ask_share(struct session *s, const struct span *at, struct arena *a, double *share,
                             struct error *err)
{
    const struct batch_spec any = {.verb = STR("D"), .again = true};
    struct str names[KEY_MAX];
    struct backfill_key key;
    size_t n = 0;
    double all = 0, left = 0;
    *share = -1;
    if (!array_values(rows_value(at->rows, at->from, PART_COLUMNS), a, names, KEY_MAX, &n)) {
        return ST_OK;
    }
    enum status status =
        backfill_key_find(s, &any, arena_str(a, rows_value(at->rows, at->from, PART_RELATION)), names, n, a, &key, err);
    if (status) {
        return status == ST_INTERRUPTED || !session_usable(s) ? status : ST_OK;
    }
    for (size_t i = at->from; i < at->to; i++) {
        struct bounds start, cursor, end;
        double whole = -1, rest = 0;
        if (!read_part(at->rows, i, &key, a, &start, &cursor, &end)) {
            return ST_OK;
        }
        status = ask_between(s, &key, &start, &end, a, &whole, err);
        if (!status && !rows_bool(at->rows, i, PART_FINISHED)) {
            status = ask_between(s, &key, &cursor, &end, a, &rest, err);
        }
        if (status || whole < 0 || rest < 0) {
            return status;
        }
        all += whole;
        left += rest < whole ? rest : whole;
    }
    *share = all > 0 ? left / all : -1;
    return ST_OK;
}

static enum status left_of(struct session *s, const struct span *at, struct arena *a, double *left, struct error *err)
{
    double share = -1;
    enum status status = ST_OK;
    if (at->finished == at->to - at->from) {
        share = 0;
    } else if (at->begun == 0) {
        share = 1;
    } else {
        status = ask_share(s, at, a, &share, err);
    }
    if (share >= 0) {
        *left = share * (double)at->total;
    } else {
        /* All keys of all passes are counted in one: this tells something of the first only. */
        *left = at->pass == 1 && at->total > at->keys ? (double)(at->total - at->keys) : 0;
    }
    return status;
}

static struct span span_from(const struct rows *rows, size_t from)
{
    struct span at = {.rows = rows, .from = from, .to = from, .total = rows_i64(rows, from, PART_ROWS)};
    while (at.to < rows_count(rows) &&
           str_eq(rows_value(rows, at.to, PART_RELATION), rows_value(rows, from, PART_RELATION))) {
        const bool finished = rows_bool(rows, at.to, PART_FINISHED);
        at.keys += rows_i64(rows, at.to, PART_KEYS);
        at.pass = rows_i64(rows, at.to, PART_PASS);
        at.finished += finished;
        at.begun += finished || !str_eq(rows_value(rows, at.to, PART_CURSOR), rows_value(rows, at.to, PART_START));
        at.to++;
    }
    return at;
}

enum status backfill_left(struct session *s, const struct history_sql *sql, const struct param identity[3],
                          struct arena *a, struct backfill_left *out, struct error *err)
{
    struct rows *rows = NULL;
    double left = 0;
    *out = (struct backfill_left){.total = -1, .left = -1, .share = -1};
    enum status status = session_query(s, sql->at[HSQL_BACKFILL_PARTS], identity, 3, LEFT_MS, &rows, err);
    if (status || rows_count(rows) == 0) {
        rows_free(rows);
        return status;
    }
    out->total = 0;
    for (size_t i = 0; i < rows_count(rows) && !status && out->total >= 0;) {
        const struct span at = span_from(rows, i);
        double more = 0;
        for (size_t k = i; k < at.to; k++) {
            out->others += strtod(arena_cstr(a, rows_value(rows, k, PART_RATE)), NULL);
        }
        if (at.total < 0 && at.finished < at.to - at.from) {
            out->total = -1;
        } else {
            status = left_of(s, &at, a, &more, err);
            left += more;
            out->total += at.total > 0 ? at.total : 0;
        }
        i = at.to;
    }
    if (!status && out->total > 0) {
        out->left = (int64_t)left;
        out->share = 1 - left / (double)out->total;
    }
    rows_free(rows);
    return status;
}

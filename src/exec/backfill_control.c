#include "exec/backfill_control.h"

#include "exec/backfill_left.h"
#include "exec/throttle.h"
#include "exec/tx.h"

enum { CONTROL_MS = 60000 };

/* Columns of HSQL_BACKFILL_LIST. */
enum {
    L_VERSION,
    L_DIRECTION,
    L_ORDINAL,
    L_PART,
    L_RELATION,
    L_KEY,
    L_CURSOR,
    L_ROWS,
    L_KEYS,
    L_BATCHES,
    L_BATCH_ROWS,
    L_RATE,
    L_PASS,
    L_BAD,
    L_FINISHED,
    L_CONTROL,
    L_REASON,
    L_OWNER,
    L_ALIVE,
    L_STATE,
    L_NAME,
    L_UPDATED,
    L_SET_RATE,
    L_SET_BATCH
};

static bool same(const struct rows *rows, size_t i, const struct backfill_row *b)
{
    return str_eq(rows_value(rows, i, L_VERSION), b->version) && rows_i64(rows, i, L_ORDINAL) == b->ordinal &&
           str_eq(rows_value(rows, i, L_DIRECTION), b->down ? STR("down") : STR("up"));
}

static void begin_row(const struct rows *rows, size_t i, struct arena *a, struct backfill_row *b)
{
    *b = (struct backfill_row){
        .version = arena_str(a, rows_value(rows, i, L_VERSION)),
        .name = arena_str(a, rows_value(rows, i, L_NAME)),
        .relation = arena_str(a, rows_value(rows, i, L_RELATION)),
        .key = arena_str(a, rows_value(rows, i, L_KEY)),
        .ordinal = (unsigned)rows_i64(rows, i, L_ORDINAL),
        .down = str_eq(rows_value(rows, i, L_DIRECTION), STR("down")),
        .set_rate = rows_i64(rows, i, L_SET_RATE),
        .set_batch = rows_i64(rows, i, L_SET_BATCH),
        .share = -1,
        .total = -1,
        .left = -1,
        .lag_bytes = -1,
        .lag_ms = -1,
    };
}

static void add_part(const struct rows *rows, size_t i, struct arena *a, struct backfill_row *b)
{
    const bool alive = rows_bool(rows, i, L_ALIVE), finished = rows_bool(rows, i, L_FINISHED);
    b->parts++;
    b->finished_parts += finished;
    b->workers += alive && !finished;
    b->rows += rows_i64(rows, i, L_ROWS);
    b->keys += rows_i64(rows, i, L_KEYS);
    b->batches += rows_i64(rows, i, L_BATCHES);
    b->bad_rows += rows_i64(rows, i, L_BAD);
    b->pass = rows_i64(rows, i, L_PASS);
    if (alive && !finished) {
        b->rate += strtod(arena_cstr(a, rows_value(rows, i, L_RATE)), NULL);
    }
    if (!finished) {
        b->batch_rows = rows_i64(rows, i, L_BATCH_ROWS);
        b->cursor = arena_str(a, rows_value(rows, i, L_CURSOR));
    }
    if (rows_value(rows, i, L_REASON).n > 0) {
        b->reason = arena_str(a, rows_value(rows, i, L_REASON));
    }
    if (rows_value(rows, i, L_CONTROL).n > 0) {
        b->control = arena_str(a, rows_value(rows, i, L_CONTROL));
    }
    if (b->updated_at.n == 0 || str_cmp(rows_value(rows, i, L_UPDATED), b->updated_at) > 0) {
        b->updated_at = arena_str(a, rows_value(rows, i, L_UPDATED));
    }
    b->finished = b->parts == b->finished_parts;
}

/* What the history does not have: how much is left, and how far replicas are behind. */
static enum status look_closer(struct session *s, const struct history_sql *sql, struct arena *a,
                               struct backfill_row_list *list, struct error *err)
{
    struct replica_lag lag = {-1, -1};
    bool open = false;
    enum status status = ST_OK;
    for (size_t i = 0; i < list->n && !status; i++) {
        struct backfill_row *b = &list->at[i];
        const struct param identity[] = {
            {arena_cstr(a, b->version)}, {b->down ? "down" : "up"}, {param_i64(a, b->ordinal)}};
        struct backfill_left left;
        if (b->finished) {
            continue;
        }
        open = true;
        status = backfill_left(s, sql, identity, a, &left, err);
        b->share = left.share;
        b->total = left.total;
        b->left = left.left;
    }
    if (!status && open) {
        status = replica_lag_ask(s, &lag, err);
    }
    for (size_t i = 0; i < list->n; i++) {
        list->at[i].lag_bytes = lag.bytes;
        list->at[i].lag_ms = lag.ms;
    }
    return status;
}

enum status backfill_list(struct session *s, const char *schema, bool all, struct arena *a,
                          struct backfill_row_list *out, struct error *err)
{
    struct history_sql sql;
    struct rows *rows = NULL;
    const struct param param = {all ? "t" : "f"};
    history_sql_for(&sql, s, schema, a);
    const enum status status = session_query(s, sql.at[HSQL_BACKFILL_LIST], &param, 1, CONTROL_MS, &rows, err);
    *out = (struct backfill_row_list){0};
    if (status) {
        /* No history, or one from before backfills had parts: nothing runs there that this program could control. */
        return error_sql_class(err) == SQL_UNDEFINED || strcmp(err->sqlstate, "42703") == 0 ? ST_OK : status;
    }
    for (size_t i = 0; i < rows_count(rows); i++) {
        if (out->n == 0 || !same(rows, i, &out->at[out->n - 1])) {
            begin_row(rows, i, a, vec_push(a, out));
        }
        add_part(rows, i, a, &out->at[out->n - 1]);
    }
    rows_free(rows);
    return look_closer(s, &sql, a, out, err);
}

static enum status change(struct session *s, const char *schema, enum history_statement which,
                          const struct param *params, size_t n_params, int64_t *n, struct error *err)
{
    struct history_sql sql;
    struct arena a;
    struct rows *rows = NULL;
    arena_init(&a, 1 << 22);
    history_sql_for(&sql, s, schema, &a);
    const enum status status = session_query(s, sql.at[which], params, n_params, CONTROL_MS, &rows, err);
    *n = status ? 0 : rows_affected(rows);
    rows_free(rows);
    arena_free(&a);
    if (status && error_sql_class(err) == SQL_UNDEFINED) {
        *n = 0;
        return ST_OK;
    }
    return status;
}

enum status backfill_control(struct session *s, const char *schema, const char *version, const char *word, int64_t *n,
                             struct error *err)
{
    const struct param params[] = {{version}, {word}};
    return change(s, schema, HSQL_BACKFILL_CONTROL, params, countof(params), n, err);
}

enum status backfill_tune(struct session *s, const char *schema, const char *version, int64_t rate, int64_t batch,
                          int64_t max_bad_rows, int64_t *n, struct error *err)
{
    char text[3][32];
    const int64_t values[] = {rate, batch, max_bad_rows};
    struct param params[4] = {{version}};
    for (size_t i = 0; i < countof(values); i++) {
        snprintf(text[i], sizeof(text[i]), "%" PRId64, values[i]);
        params[i + 1].text = values[i] < 0 ? NULL : text[i];
    }
    return change(s, schema, HSQL_BACKFILL_TUNE, params, countof(params), n, err);
}

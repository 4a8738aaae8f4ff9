/* How a backfill begins, and how its keys travel: as texts, between batches and between runs. */
#include "exec/backfill.h"

#include "exec/tx.h"

/* ---- parameters ---- */

void backfill_add_bounds(struct param *params, size_t *n, const struct backfill *b, const struct bounds *v)
{
    for (size_t i = 0; i < b->key.n; i++) {
        params[(*n)++].text = v->value[i].p;
    }
}

void backfill_add_identity(struct param *params, size_t *n, const struct backfill *b)
{
    params[(*n)++].text = b->it->params.version;
    params[(*n)++].text = b->it->down ? "down" : "up";
    params[(*n)++].text = b->ordinal;
}

const char *backfill_array(const struct backfill *b, const struct bounds *v, struct arena *a)
{
    return v->set ? param_array(a, v->value, b->key.n) : NULL;
}

void backfill_read_bounds(const struct backfill *b, const struct rows *rows, struct arena *a, struct bounds *out)
{
    out->set = rows_count(rows) > 0;
    for (size_t i = 0; out->set && i < b->key.n; i++) {
        out->value[i] = (struct str){arena_cstr(a, rows_value(rows, 0, i)), rows_value(rows, 0, i).n};
    }
}

void backfill_keep_bounds(const struct backfill *b, struct bounds *to, const struct bounds *from)
{
    to->set = from->set;
    for (size_t i = 0; from->set && i < b->key.n; i++) {
        to->value[i] = arena_str(b->a, from->value[i]);
    }
}

/* ---- beginning ---- */

static bool read_array(const struct rows *rows, size_t column, struct arena *a, struct bounds *out)
{
    size_t n = 0;
    out->set = !rows_null(rows, 0, column);
    if (!out->set) {
        return true;
    }
    if (!array_values(rows_value(rows, 0, column), a, out->value, KEY_MAX, &n)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        out->value[i] = arena_str(a, out->value[i]);
    }
    return true;
}

static enum status resume(struct backfill *b, const struct rows *rows, struct error *err)
{
    struct str names[KEY_MAX], rest = rows_value(rows, 0, 2), part;
    size_t n = 0;
    while (n < KEY_MAX && str_next(&rest, '\x1f', &part)) {
        names[n++] = arena_str(b->a, part);
    }
    const enum status status = backfill_key_find(b->r->s, b->spec, names, n, b->a, &b->key, err);
    if (status) {
        return status;
    }
    if (!read_array(rows, 3, b->a, &b->lo) || !read_array(rows, 4, b->a, &b->end) ||
        !str_eq(rows_value(rows, 0, 1), b->key.relation)) {
        error_set(err, ST_CONFLICT, "the cursor of step %u of migration %s does not fit table %.*s", b->step->ordinal,
                  b->it->params.version, STR_ARG(b->key.relation));
        error_hint(err, "see table %s.backfills", b->r->sql.identifier);
        return ST_CONFLICT;
    }
    b->finished = rows_bool(rows, 0, 0);
    b->rows = rows_i64(rows, 0, 5);
    b->keys = rows_i64(rows, 0, 6);
    b->batches = rows_i64(rows, 0, 7);
    if (b->spec->batch == 0 && rows_i64(rows, 0, 8) > 0) {
        b->size.rows = rows_i64(rows, 0, 8);
    }
    snprintf(b->control, sizeof(b->control), "%.*s", STR_ARG(rows_value(rows, 0, 9)));
    return ST_OK;
}

/* First time: which key, how far; and both rows of history in one transaction. */
static enum status start(struct backfill *b, struct error *err)
{
    struct run *r = b->r;
    struct rows *rows = NULL;
    struct pipe p;
    enum status status = backfill_key_find(r->s, b->spec, NULL, 0, b->a, &b->key, err);
    if (!status) {
        status = session_query(r->s, backfill_end_sql(&b->key, &r->scratch), NULL, 0, 0, &rows, err);
    }
    if (status) {
        return status;
    }
    backfill_read_bounds(b, rows, b->a, &b->end);
    rows_free(rows);
    b->finished = !b->end.set;
    const struct param params[] = {
        {b->it->params.version},
        {b->it->down ? "down" : "up"},
        {b->ordinal},
        {arena_cstr(&r->scratch, b->key.relation)},
        {param_array(&r->scratch, b->key.column, b->key.n)},
        {backfill_array(b, &b->end, &r->scratch)},
        {r->result->run_id},
    };
    pipe_begin(&p, &r->scratch);
    step_settings(r, &p, b->step->lock_timeout_ms, BATCH_STATEMENT_MS, true);
    pipe_add(&p, "BEGIN");
    record_step(r, b->it, &p, RECORDED_STARTED, false, 1, 0, 0);
    pipe_add_params(&p, r->sql.at[HSQL_BACKFILL_NEW], params, countof(params));
    pipe_add(&p, "COMMIT");
    status = pipe_run(&p, r->s, ANSWER_MS, NULL, err);
    if (status) {
        tx_rollback(r->s);
        step_settings_unknown(r);
        return status;
    }
    b->it->text_recorded = true;
    return ST_OK;
}

enum status backfill_open(struct backfill *b, struct error *err)
{
    struct run *r = b->r;
    struct param params[4];
    size_t n = 0;
    struct rows *rows = NULL;
    backfill_add_identity(params, &n, b);
    params[n++].text = r->result->run_id;
    enum status status = session_query(r->s, r->sql.at[HSQL_BACKFILL_OPEN], params, n, ANSWER_MS, &rows, err);
    if (status) {
        return status;
    }
    if (rows_count(rows) == 0) {
        status = start(b, err);
    } else {
        status = resume(b, rows, err);
        status = status ? status : record_now(r, b->it, RECORDED_STARTED, false, 1, b->rows, err);
    }
    rows_free(rows);
    return status;
}

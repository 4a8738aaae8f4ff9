/*
 * A backfill: an UPDATE or DELETE in batches of key ranges, every row exactly once whatever dies.
 *
 * Each batch is one transaction and one message:
 *
 *     BEGIN; fence; the statement for (lo, hi] with cursor and counters in the same statement; where the next batch ends; COMMIT
 *
 * The fence fails unless the cursor is still lo and the owner is still this run, so a second runner, or a COMMIT whose answer was lost, can do
 * no harm: the cursor in the table is the truth. The last key is taken once, at the start: rows that come later are not chased. Only the
 * question for the next boundary decides the end, never a batch that changed no row.
 */
#include "base/clock.h"
#include "exec/backfill_key.h"
#include "exec/batch_size.h"
#include "exec/fault.h"
#include "exec/run.h"
#include "exec/tx.h"

enum {
    BATCH_STATEMENT_MS = 15000, /* where the plan has no other */
    PAUSE_POLL_MS = 1000,
};

struct bounds {
    struct str value[KEY_MAX];
    bool set;
};

struct backfill {
    struct run *r;
    struct item *it;
    const struct step *step;
    const struct batch_spec *spec;
    struct backfill_key key;
    struct bounds lo, end, next; /* cursor; frozen last key; where the next batch ends, if it was asked for */
    int64_t next_rows;           /* the size that next was asked for with */
    bool next_is_end, finished;
    int64_t rows, keys, batches; /* in all runs together */
    struct batch_size size;
    struct retry retry;          /* since the last batch that succeeded */
    const char *ordinal;
    char control[16];
    struct arena *a;             /* for the whole backfill; r->scratch is for one batch */
};

/* ---- parameters ---- */

static void add_bounds(struct param *params, size_t *n, const struct backfill *b, const struct bounds *v)
{
    for (size_t i = 0; i < b->key.n; i++) {
        params[(*n)++].text = v->value[i].p;
    }
}

static void add_identity(struct param *params, size_t *n, const struct backfill *b)
{
    params[(*n)++].text = b->it->params.version;
    params[(*n)++].text = b->it->down ? "down" : "up";
    params[(*n)++].text = b->ordinal;
}

static const char *array_of(const struct backfill *b, const struct bounds *v, struct arena *a)
{
    return v->set ? param_array(a, v->value, b->key.n) : NULL;
}

static void read_bounds(const struct backfill *b, const struct rows *rows, struct arena *a, struct bounds *out)
{
    out->set = rows_count(rows) > 0;
    for (size_t i = 0; out->set && i < b->key.n; i++) {
        out->value[i] = (struct str){arena_cstr(a, rows_value(rows, 0, i)), rows_value(rows, 0, i).n};
    }
}

/* Keep them beyond the batch. The arena of the backfill grows by a few bytes per batch. */
static void keep_bounds(const struct backfill *b, struct bounds *to, const struct bounds *from)
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
        error_set(err, ST_CONFLICT, "the cursor of step %u of %s does not fit table %.*s", b->step->ordinal,
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
    read_bounds(b, rows, b->a, &b->end);
    rows_free(rows);
    b->finished = !b->end.set;
    const struct param params[] = {
        {b->it->params.version},
        {b->it->down ? "down" : "up"},
        {b->ordinal},
        {arena_cstr(&r->scratch, b->key.relation)},
        {param_array(&r->scratch, b->key.column, b->key.n)},
        {array_of(b, &b->end, &r->scratch)},
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

static enum status open_backfill(struct backfill *b, struct error *err)
{
    struct run *r = b->r;
    struct param params[4];
    size_t n = 0;
    struct rows *rows = NULL;
    add_identity(params, &n, b);
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

/* ---- one batch ---- */

/* Where does the next batch end? When fewer keys than its size are left, at the frozen end. */
static void take_boundary(struct backfill *b, const struct rows *rows, int64_t size)
{
    struct bounds found;
    read_bounds(b, rows, &b->r->scratch, &found);
    b->next_is_end = !found.set;
    keep_bounds(b, &b->next, found.set ? &found : &b->end);
    b->next_rows = size;
}

static void boundary_params(const struct backfill *b, const struct bounds *lo, int64_t size, struct param *params,
                            size_t *n)
{
    *n = 0;
    if (lo->set) {
        add_bounds(params, n, b, lo);
    }
    add_bounds(params, n, b, &b->end);
    params[(*n)++].text = param_i64(&b->r->scratch, size - 1);
}

static enum status ask_boundary(struct backfill *b, struct error *err)
{
    struct param params[2 * KEY_MAX + 1];
    size_t n;
    struct rows *rows = NULL;
    boundary_params(b, &b->lo, b->size.rows, params, &n);
    const enum status status = session_query(b->r->s, backfill_boundary_sql(&b->key, b->lo.set, &b->r->scratch), params, n,
                                             0, &rows, err);
    if (!status) {
        take_boundary(b, rows, b->size.rows);
        rows_free(rows);
    }
    return status;
}

static void add_fence(const struct backfill *b, struct pipe *p)
{
    struct param params[5];
    size_t n = 0;
    add_identity(params, &n, b);
    params[n++].text = array_of(b, &b->lo, p->arena);
    params[n++].text = b->r->result->run_id;
    pipe_add_params(p, b->r->sql.at[HSQL_BACKFILL_FENCE], params, n);
}

static void add_batch(const struct backfill *b, struct pipe *p)
{
    struct param params[2 * KEY_MAX + 8];
    size_t n = 0;
    const double rate = b->size.sum_ms > 0 ? b->size.sum_rows / b->size.sum_ms * 1000 : 0;
    if (b->lo.set) {
        add_bounds(params, &n, b, &b->lo);
    }
    add_bounds(params, &n, b, &b->next);
    add_identity(params, &n, b);
    params[n++].text = array_of(b, &b->next, p->arena);
    params[n++].text = param_i64(p->arena, b->next_is_end ? 0 : b->next_rows);
    params[n++].text = param_i64(p->arena, b->size.rows);
    params[n++].text = arena_printf(p->arena, "%.3f", rate).p;
    params[n++].text = b->next_is_end ? "t" : "f";
    pipe_add_params(p, backfill_batch_sql(&b->key, b->spec, b->r->sql.identifier, b->lo.set, b->r->s, p->arena), params, n);
}

static enum status refuse_fence(const struct backfill *b, struct error *err)
{
    error_set(err, ST_RUN_LOCKED, "another run has taken over the backfill of step %u of %s", b->step->ordinal,
              b->it->params.version);
    error_hint(err, "look at table %s.backfills; this run has stopped and changed nothing further", b->r->sql.identifier);
    return ST_RUN_LOCKED;
}

/* The message, and what its answers say. Indexes of items are counted as they are added. */
static enum status send_batch(struct backfill *b, int64_t *changed, struct error *err)
{
    struct run *r = b->r;
    struct param params[2 * KEY_MAX + 1];
    struct rows *rows[16] = {NULL};
    struct pipe p;
    size_t n, fence, batch, boundary, failed;
    const int64_t size = b->size.rows;
    pipe_begin(&p, &r->scratch);
    step_settings(r, &p, b->step->lock_timeout_ms,
                  b->step->statement_timeout_ms > 0 ? b->step->statement_timeout_ms : BATCH_STATEMENT_MS, false);
    pipe_add(&p, "BEGIN ISOLATION LEVEL READ COMMITTED");
    /* Rather an error than rows left out by a policy. */
    pipe_add(&p, "SET LOCAL row_security = off");
    fence = p.items.n;
    add_fence(b, &p);
    batch = p.items.n;
    add_batch(b, &p);
    boundary = p.items.n;
    if (!b->next_is_end) {
        boundary_params(b, &b->next, size, params, &n);
        pipe_add_params(&p, backfill_boundary_sql(&b->key, true, &r->scratch), params, n);
    }
    pipe_add(&p, "COMMIT");
    FAULT("batch-before");
    const enum status status = session_pipeline(r->s, p.items.at, p.items.n, 0, rows, &failed, err);
    FAULT("batch-after");
    if (!status) {
        *changed = rows_count(rows[batch]) > 0 ? rows_i64(rows[batch], 0, 0) : 0;
        snprintf(b->control, sizeof(b->control), "%.*s", STR_ARG(rows_value(rows[batch], 0, 1)));
        keep_bounds(b, &b->lo, &b->next);
        b->finished = b->next_is_end;
        b->keys += b->next_is_end ? 0 : b->next_rows;
        if (!b->finished) {
            take_boundary(b, rows[boundary], size);
        }
    }
    for (size_t i = 0; i < countof(rows); i++) {
        rows_free(rows[i]);
    }
    if (status) {
        if (failed == batch) {
            error_place(err, b->it->m->file.p, b->step->statements.at[0].line,
                        b->step->statements.at[0].judged ? b->step->statements.at[0].judged->column : 1);
        }
        tx_rollback(r->s);
        step_settings_unknown(r);
        if (failed == fence && strcmp(err->sqlstate, "22012") == 0) {
            return refuse_fence(b, err);
        }
    }
    return status;
}

/* ---- between batches ---- */

static void tell_progress(const struct backfill *b, const char *reason)
{
    struct event e = run_event(b->it, b->step, EVENT_PROGRESS);
    e.total = b->key.rows > 0 ? b->key.rows : -1;
    e.done = b->finished && e.total > 0 ? e.total : b->keys;
    if (e.total >= 0 && e.total < e.done) {
        e.total = e.done;
    }
    e.rows = b->rows;
    e.rate = b->size.sum_ms > 0 ? b->size.sum_rows / b->size.sum_ms * 1000 : 0;
    e.detail = reason;
    run_emit(b->r, &e);
}

static enum status abort_backfill(struct backfill *b, struct error *err)
{
    struct param params[4];
    size_t n = 0;
    add_identity(params, &n, b);
    params[n++].text = b->r->result->run_id;
    enum status status = session_query(b->r->s, b->r->sql.at[HSQL_BACKFILL_ABORTED], params, n, ANSWER_MS, NULL, err);
    if (!status) {
        status = error_set(err, ST_PARTIAL, "the backfill of step %u of %s was aborted after %" PRId64 " rows",
                           b->step->ordinal, b->it->params.version, b->rows);
        error_hint(err, "the rows done stay done; the same command goes on from there");
    }
    return status;
}

/* Heed the control word: "pause" until it is gone, "abort" at once. */
static enum status heed(struct backfill *b, struct error *err)
{
    bool told = false;
    while (b->control[0]) {
        struct param params[5];
        struct rows *rows = NULL;
        size_t n = 0;
        if (strcmp(b->control, "abort") == 0) {
            return abort_backfill(b, err);
        }
        if (!told) {
            tell_progress(b, "paused by its control word");
            told = true;
        }
        enum status status = loop_sleep(b->r->loop, PAUSE_POLL_MS, err);
        if (status) {
            return status;
        }
        add_identity(params, &n, b);
        params[n++].text = b->r->result->run_id;
        params[n++].text = "paused";
        status = session_query(b->r->s, b->r->sql.at[HSQL_BACKFILL_REASON], params, n, ANSWER_MS, &rows, err);
        if (status) {
            return status;
        }
        if (rows_count(rows) == 0) {
            rows_free(rows);
            return refuse_fence(b, err);
        }
        snprintf(b->control, sizeof(b->control), "%.*s", STR_ARG(rows_value(rows, 0, 0)));
        rows_free(rows);
    }
    return ST_OK;
}

/* rate=ROWS/s: sleep off what the batch was too fast by. */
static enum status keep_rate(struct backfill *b, int64_t keys, int64_t ms, struct error *err)
{
    const int64_t due = b->spec->rate > 0 ? keys * 1000 / b->spec->rate : 0;
    return due > ms ? loop_sleep(b->r->loop, due - ms, err) : ST_OK;
}

static bool may_retry(const struct error *err)
{
    const enum sql_class class = error_sql_class(err);
    return retry_class(class) || class == SQL_QUERY_CANCELED || class == SQL_SERIALIZATION;
}

/* A batch failed: smaller and again after a pause, or the end of it. */
static enum status after_failure(struct backfill *b, enum status status, struct error *err)
{
    struct run *r = b->r;
    int64_t pause = 0;
    if (status == ST_INTERRUPTED || status == ST_RUN_LOCKED || !session_usable(r->s)) {
        return status;
    }
    if (!may_retry(err)) {
        if (b->batches > 0) {
            error_hint(err, "%" PRId64 " rows are done and stay so; the same command goes on from there", b->rows);
            err->status = ST_PARTIAL;
            return ST_PARTIAL;
        }
        return status;
    }
    (void)batch_size_failed(&b->size);
    b->next.set = false;
    if (!retry_next(&b->retry, &pause)) {
        const struct error last = *err;
        error_set(err, ST_GAVE_WAY, "gave way: the backfill of step %u of %s came to no further batch in %u attempts",
                  b->step->ordinal, b->it->params.version, b->retry.attempt);
        memcpy(err->sqlstate, last.sqlstate, sizeof(err->sqlstate));
        error_detail(err, "%s", last.primary);
        error_hint(err, "%" PRId64 " rows are done and stay so; the same command goes on from there", b->rows);
        return ST_GAVE_WAY;
    }
    struct event e = run_event(b->it, b->step, EVENT_STEP_RETRY);
    e.attempt = b->retry.attempt;
    e.wait_ms = pause;
    e.detail = err->primary;
    memcpy(e.sqlstate, err->sqlstate, sizeof(e.sqlstate));
    run_emit(r, &e);
    return loop_sleep(r->loop, pause, err);
}

static void begin_retries(struct backfill *b)
{
    retry_begin(&b->retry, b->step->lock_timeout_ms, b->step->lock_timeout_ms, b->r->o->lock_budget_ms, b->r->o->lock_attempts);
    b->retry.pause_ms = 50;
    b->retry.pause_max_ms = 5000;
}

static enum status one_batch(struct backfill *b, struct error *err)
{
    const struct event base = {.migration = b->it->m, .step = b->step, .down = b->it->down, .attempt = b->retry.attempt};
    int64_t changed = 0;
    enum status status = ST_OK;
    arena_reset(&b->r->scratch);
    /* Asked for with a much larger size than is wanted by now: ask again. */
    if (!b->next.set || (!b->next_is_end && b->next_rows > b->size.rows * 4 / 3)) {
        status = ask_boundary(b, err);
    }
    const int64_t keys = b->next_rows;
    const int64_t begun = clock_monotonic_us();
    if (!status) {
        watch_start(&b->r->watch, b->r->lock.pid, b->step->lock_timeout_ms > 0 ? b->step->lock_timeout_ms * 4 / 5 : 2000, false,
                    &base);
        status = send_batch(b, &changed, err);
        watch_stop(&b->r->watch);
    }
    if (status) {
        return after_failure(b, status, err);
    }
    const double ms = (double)(clock_monotonic_us() - begun) / 1000;
    b->rows += changed;
    b->batches++;
    b->it->moved++;
    batch_size_done(&b->size, keys, ms);
    begin_retries(b);
    tell_progress(b, NULL);
    status = b->finished ? ST_OK : keep_rate(b, keys, (int64_t)ms, err);
    return status || b->finished ? status : heed(b, err);
}

static enum status run_batches(struct backfill *b, struct error *err)
{
    enum status status = heed(b, err);
    while (!status && !b->finished) {
        if (loop_interrupted(b->r->loop)) {
            return loop_interrupt_error(err);
        }
        status = one_batch(b, err);
    }
    return status;
}

enum status backfill_run(struct run *r, struct item *it, struct error *err)
{
    const struct step *step = item_step(it);
    const bool last = it->next + 1 == it->steps.n;
    const int64_t begun = clock_monotonic_ms();
    struct arena own;
    struct backfill b = {.r = r, .it = it, .step = step, .spec = step->batch, .a = &own};
    enum status status;
    arena_init(&own, SIZE_MAX);
    arena_reset(&r->scratch);
    b.ordinal = param_i64(&own, step->ordinal);
    batch_size_begin(&b.size, step->batch->batch);
    begin_retries(&b);
    struct event e = run_event(it, step, EVENT_STEP_BEGIN);
    e.attempt = 1;
    run_emit(r, &e);
    status = open_backfill(&b, err);
    FAULT("backfill-open");
    status = status ? status : run_batches(&b, err);
    FAULT("backfill-done");
    if (!status) {
        status = record_now(r, it, RECORDED_DONE, last, 1, b.rows, err);
    } else if (session_usable(r->s)) {
        if (status == ST_INTERRUPTED) {
            loop_acknowledge_signal(r->loop);
        }
        if (err->line == 0 && status == ST_USAGE) {
            error_place(err, it->m->file.p, step->statements.at[0].line, 1);
        }
        record_failure(r, it, b.batches == 0 && !it->started, 1, err);
    }
    if (!status) {
        e = run_event(it, step, EVENT_STEP_END);
        e.attempt = 1;
        e.ms = clock_monotonic_ms() - begun;
        e.rows = b.rows;
        run_emit(r, &e);
    }
    arena_free(&own);
    return status;
}

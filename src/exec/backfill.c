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
#include "exec/backfill.h"

#include "base/clock.h"
#include "exec/fault.h"
#include "exec/tx.h"

enum { PAUSE_POLL_MS = 1000 };

/* ---- one batch ---- */

/* Where does the next batch end? When fewer keys than its size are left, at the frozen end. */
static void take_boundary(struct backfill *b, const struct rows *rows, int64_t size)
{
    struct bounds found;
    backfill_read_bounds(b, rows, &b->r->scratch, &found);
    b->next_is_end = !found.set;
    backfill_keep_bounds(b, &b->next, found.set ? &found : &b->end);
    b->next_rows = size;
}

static void boundary_params(const struct backfill *b, const struct bounds *lo, int64_t size, struct param *params,
                            size_t *n)
{
    *n = 0;
    if (lo->set) {
        backfill_add_bounds(params, n, b, lo);
    }
    backfill_add_bounds(params, n, b, &b->end);
    params[(*n)++].text = param_i64(&b->r->scratch, size - 1);
}

static enum status ask_boundary(struct backfill *b, struct error *err)
{
    struct param params[2 * KEY_MAX + 1];
    size_t n;
    struct rows *rows = NULL;
    boundary_params(b, &b->lo, b->size.rows, params, &n);
    const enum status status =
        session_query(b->r->s, backfill_boundary_sql(&b->key, b->lo.set, &b->r->scratch), params, n, 0, &rows, err);
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
    backfill_add_identity(params, &n, b);
    params[n++].text = backfill_array(b, &b->lo, p->arena);
    params[n++].text = b->r->result->run_id;
    pipe_add_params(p, b->r->sql.at[HSQL_BACKFILL_FENCE], params, n);
}

static void add_batch(const struct backfill *b, struct pipe *p)
{
    struct param params[2 * KEY_MAX + 8];
    size_t n = 0;
    const double rate = b->size.sum_ms > 0 ? b->size.sum_rows / b->size.sum_ms * 1000 : 0;
    if (b->lo.set) {
        backfill_add_bounds(params, &n, b, &b->lo);
    }
    backfill_add_bounds(params, &n, b, &b->next);
    backfill_add_identity(params, &n, b);
    params[n++].text = backfill_array(b, &b->next, p->arena);
    params[n++].text = param_i64(p->arena, b->next_is_end ? 0 : b->next_rows);
    params[n++].text = param_i64(p->arena, b->size.rows);
    params[n++].text = arena_printf(p->arena, "%.3f", rate).p;
    params[n++].text = b->next_is_end ? "t" : "f";
    pipe_add_params(p, backfill_batch_sql(&b->key, b->spec, b->r->sql.identifier, b->lo.set, b->r->s, p->arena), params,
                    n);
}

static enum status refuse_fence(const struct backfill *b, struct error *err)
{
    error_set(err, ST_RUN_LOCKED, "another run has taken over the backfill of step %u of migration %s",
              b->step->ordinal, b->it->params.version);
    error_hint(err, "look at table %s.backfills; this run has stopped and changed nothing further",
               b->r->sql.identifier);
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
        backfill_keep_bounds(b, &b->lo, &b->next);
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
    e.batch_rows = b->size.rows;
    e.rate = b->size.sum_ms > 0 ? b->size.sum_rows / b->size.sum_ms * 1000 : 0;
    if (b->spec->rate > 0 && e.rate > (double)b->spec->rate) {
        e.rate = (double)b->spec->rate; /* measured without the pauses that keep it down to what was asked for */
    }
    e.detail = reason;
    run_emit(b->r, &e);
}

static enum status abort_backfill(struct backfill *b, struct error *err)
{
    struct param params[4];
    size_t n = 0;
    backfill_add_identity(params, &n, b);
    params[n++].text = b->r->result->run_id;
    enum status status = session_query(b->r->s, b->r->sql.at[HSQL_BACKFILL_ABORTED], params, n, ANSWER_MS, NULL, err);
    if (!status) {
        status =
            error_set(err, ST_PARTIAL, "the backfill of step %u of migration %s was aborted after %" PRId64 " rows",
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
        backfill_add_identity(params, &n, b);
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
        error_set(err, ST_GAVE_WAY,
                  "gave way: the backfill of step %u of migration %s came to no further batch in %u attempts",
                  b->step->ordinal, b->it->params.version, b->retry.attempt);
        memcpy(err->sqlstate, last.sqlstate, sizeof(err->sqlstate));
        error_detail(err, "%s", last.primary);
        error_hint(err, "%" PRId64 " rows are done and stay so; the same command goes on from there", b->rows);
        return ST_GAVE_WAY;
    }
    struct event e = run_event(b->it, b->step, EVENT_STEP_RETRY);
    e.attempt = b->retry.attempt - 1;
    e.wait_ms = pause;
    e.detail = err->primary;
    memcpy(e.sqlstate, err->sqlstate, sizeof(e.sqlstate));
    run_emit(r, &e);
    return loop_sleep(r->loop, pause, err);
}

static void begin_retries(struct backfill *b)
{
    retry_begin(&b->retry, b->step->lock_timeout_ms, b->step->lock_timeout_ms, b->r->o->lock_budget_ms,
                b->r->o->lock_attempts);
    b->retry.pause_ms = 50;
    b->retry.pause_max_ms = 5000;
}

static enum status one_batch(struct backfill *b, struct error *err)
{
    const struct event base = {
        .migration = b->it->m, .step = b->step, .down = b->it->down, .attempt = b->retry.attempt};
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
        watch_start(&b->r->watch, b->r->lock.pid,
                    b->step->lock_timeout_ms > 0 ? b->step->lock_timeout_ms * 4 / 5 : 2000, false, &base);
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
    status = backfill_open(&b, err);
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

/* A step: what is common to all kinds, and the kind that is one transaction. */
#include "exec/run.h"

#include "base/clock.h"
#include "exec/fault.h"
#include "exec/tx.h"
#include "exec/violation.h"

enum { ONLINE_WATCH_MS = 2000 };

static enum status run_kind(struct run *r, struct item *it, struct error *err)
{
    switch (item_step(it)->kind) {
    case STEP_TRANSACTION:
        return transaction_run(r, it, err);
    case STEP_SINGLE:
        return single_run(r, it, err);
    case STEP_BACKFILL:
        return backfill_run(r, it, err);
    case STEP_SHADOW:
        return shadow_run(r, it, err);
    }
    BUG("step kind %d", (int)item_step(it)->kind);
}

enum status step_run(struct run *r, struct item *it, struct error *err)
{
    const enum status status = run_kind(r, it, err);
    if (status) {
        violation_tell(r, it, err);
    }
    return status;
}

/* ---- settings ---- */

void step_settings(struct run *r, struct pipe *p, int64_t lock_ms, int64_t statement_ms, bool durable)
{
    if (lock_ms == r->lock_timeout_ms && statement_ms == r->statement_timeout_ms && durable == r->durable) {
        return;
    }
    const struct param params[] = {{param_i64(p->arena, lock_ms)},
                                   {param_i64(p->arena, statement_ms)},
                                   {durable ? r->lock.synchronous_commit : "off"}};
    pipe_add_params(p,
                    "SELECT pg_catalog.set_config('lock_timeout', $1, false),"
                    " pg_catalog.set_config('statement_timeout', $2, false),"
                    " pg_catalog.set_config('synchronous_commit', $3, false)",
                    params, 3);
    r->lock_timeout_ms = lock_ms;
    r->statement_timeout_ms = statement_ms;
    r->durable = durable;
}

void step_settings_unknown(struct run *r)
{
    r->lock_timeout_ms = -1;
    r->statement_timeout_ms = -1;
    r->durable = -1;
}

void step_gentle_build(const struct run *r, struct pipe *p)
{
    if (r->o->throttle.gentle) {
        pipe_add(p, "SELECT pg_catalog.set_config('max_parallel_maintenance_workers', '0', false)");
    }
}

int64_t step_deadline(const struct run *r, int64_t statement_ms, int64_t lock_ms, size_t n)
{
    const int64_t most = INT64_MAX / 4 / (int64_t)(n + 1);
    if (statement_ms <= 0 || statement_ms > most || lock_ms > most) {
        return 0;
    }
    return (statement_ms + lock_ms) * (int64_t)n + r->o->answer_timeout_ms;
}

/* ---- failures ---- */

/* The server tells the place as a character of the statement; the file's line and column are wanted. */
void step_error_place(struct run *r, const struct item *it, const struct planned_statement *st, struct error *err)
{
    const int position = session_error_position(r->s);
    unsigned line, column;
    int at = 1;
    if (!st || err->line > 0) {
        return;
    }
    line = st->line;
    column = st->judged ? st->judged->column : 1;
    for (size_t i = 0; i < st->sql.n && at < position; i++) {
        const unsigned char c = (unsigned char)st->sql.p[i];
        if (c == '\n') {
            line++;
            column = 0;
        }
        if ((c & 0xC0) != 0x80) { /* not the inside of a character */
            at++;
            column++;
        }
    }
    error_place(err, it->m->file.p, line, column);
}

static void tell_retry(struct run *r, struct item *it, const struct retry *retry, int64_t pause,
                       const struct error *err)
{
    struct event e = run_event(it, item_step(it), EVENT_STEP_RETRY);
    e.attempt = retry->attempt - 1;
    e.wait_ms = pause;
    e.detail = err->primary;
    memcpy(e.sqlstate, err->sqlstate, sizeof(e.sqlstate));
    run_emit(r, &e);
}

static enum status give_way(const struct run *r, const struct item *it, const struct retry *retry, struct error *err)
{
    const struct error last = *err;
    struct strbuf spent;
    strbuf_init(&spent, 64);
    clock_duration(clock_monotonic_ms() - retry->begun_ms, &spent);
    error_set(err, ST_GAVE_WAY, "gave way: step %u of migration %s %s in %u attempts over %s", item_step(it)->ordinal,
              it->params.version,
              watch_cancelled(&r->watch, &last) ? "was cancelled for the sake of those behind it"
                                                : "did not get its locks",
              retry->attempt, strbuf_cstr(&spent));
    strbuf_free(&spent);
    memcpy(err->sqlstate, last.sqlstate, sizeof(err->sqlstate));
    error_detail(err, "%s", last.primary);
    error_hint(err, "nothing of this step was kept; run it again when the blocking sessions are gone");
    if (last.line > 0) {
        error_place(err, last.file, last.line, last.column);
    }
    return ST_GAVE_WAY;
}

bool step_again(struct run *r, struct item *it, struct retry *retry, enum status *status, struct error *err)
{
    const enum sql_class class = error_sql_class(err);
    int64_t pause = 0;
    if (*status == ST_INTERRUPTED || !session_usable(r->s)) {
        return false;
    }
    if (!retry_class(class) && !watch_cancelled(&r->watch, err)) {
        if (class == SQL_QUERY_CANCELED && *status == ST_SERVER && item_step(it)->statement_timeout_ms > 0) {
            *status = err->status = ST_GAVE_WAY;
            error_hint(err, "the step was given %" PRId64 " ms (statement timeout) and left nothing behind",
                       item_step(it)->statement_timeout_ms);
        }
        return false;
    }
    if (!retry_next(retry, &pause)) {
        *status = give_way(r, it, retry, err);
        return false;
    }
    tell_retry(r, it, retry, pause, err);
    FAULT("retry");
    const enum status paused = way_pause(r, it, retry, pause, err);
    *status = paused ? paused : *status;
    return paused == ST_OK;
}

/* ---- one transaction ---- */

/*
 * A file may set its own lock_timeout, but not none ("SET lock_timeout = 0" is at the head of every pg_dump): everybody would queue behind
 * what then waits without end.
 */
static void keep_lock_timeout(struct pipe *p, int64_t lock_ms)
{
    static const char guard[] = "SELECT pg_catalog.set_config('lock_timeout', $1, true)"
                                " WHERE pg_catalog.current_setting('lock_timeout') = '0'";
    const struct param param = {param_i64(p->arena, lock_ms)};
    pipe_add_params(p, guard, &param, 1);
}

/* All of it goes in one message, but for COPY, which needs the server's attention, and for very long steps. */
static enum status send_statements(struct run *r, const struct item *it, int64_t lock_ms, struct pipe *p,
                                   struct error *err)
{
    const struct planned_statement_list *list = &item_step(it)->statements;
    const int64_t statement_ms = item_step(it)->statement_timeout_ms;
    for (size_t i = 0; i < list->n; i++) {
        const struct planned_statement *st = &list->at[i];
        struct rows *rows = NULL;
        enum status status = ST_OK;
        if (!st->copy_data.p) {
            pipe_add_statement(p, st);
            if (lock_ms > 0 && it->touch.session && touch_of(st->sql).lock_timeout) {
                keep_lock_timeout(p, lock_ms);
            }
            if (!pipe_full(p) && !FAULT_WANTED("tx-statement")) {
                continue;
            }
        }
        status =
            p->items.n > 0 ? pipe_run(p, r->s, step_deadline(r, statement_ms, lock_ms, p->items.n), NULL, err) : ST_OK;
        FAULT("tx-part");
        FAULT("tx-statement");
        if (!status && st->copy_data.p) {
            status =
                session_copy_in(r->s, st->sql, st->copy_data, step_deadline(r, statement_ms, lock_ms, 1), &rows, err);
            p->failed = status ? st : NULL;
            p->rows += rows ? rows_affected(rows) : 0;
            rows_free(rows);
            FAULT("tx-copied");
        }
        if (status) {
            return status;
        }
    }
    return ST_OK;
}

/* Will nothing of this run follow the item? */
static bool is_last(const struct run *r, const struct item *it)
{
    for (const struct item *next = it + 1; next < r->list + r->n_items; next++) {
        if (!next->finished) {
            return false;
        }
    }
    return true;
}

static enum status attempt(struct run *r, struct item *it, struct retry *retry, int64_t *rows, struct error *err)
{
    const struct step *step = item_step(it);
    const bool last = it->next + 1 == it->steps.n;
    const int64_t lock_ms = retry_lock_timeout(retry);
    const int64_t waited = clock_monotonic_ms() - retry->begun_ms; /* in attempts that failed, and between them */
    const struct event base = {.migration = it->m, .step = step, .down = it->down, .attempt = retry->attempt};
    struct pipe p;
    size_t check = SIZE_MAX;
    enum status status;
    arena_reset(&r->scratch);
    pipe_begin(&p, &r->scratch);
    FAULT("tx-before");
    step_settings(r, &p, lock_ms, step->statement_timeout_ms, last && is_last(r, it));
    pipe_add(&p, "BEGIN");
    r->bounded = step->statement_timeout_ms > 0;
    if (step->class == CLASS_ONLINE) {
        watch_start(&r->watch, r->lock.pid, ONLINE_WATCH_MS, false, &base);
    } else {
        watch_guard(&r->watch, r->lock.pid, retry, &base);
    }
    status = send_statements(r, it, lock_ms, &p, err);
    if (!status) {
        check = single_add_check(it, &p);
        record_step(r, it, &p, RECORDED_DONE, last, retry->attempt, waited, 0);
        if (FAULT_WANTED("tx-commit")) {
            status = pipe_run(&p, r->s, step_deadline(r, step->statement_timeout_ms, lock_ms, p.items.n), NULL, err);
            FAULT("tx-commit");
        }
        pipe_add(&p, "COMMIT");
        status = status
                     ? status
                     : pipe_run(&p, r->s, step_deadline(r, step->statement_timeout_ms, lock_ms, p.items.n), NULL, err);
    }
    watch_stop(&r->watch);
    FAULT("tx-after");
    *rows = p.rows;
    if (status) {
        if (check != SIZE_MAX && p.failed_at == check && strcmp(err->sqlstate, "22012") == 0) {
            error_set(err, ST_SERVER, "the statement succeeded, but the constraint is not validated");
        }
        if (strcmp(err->sqlstate, "2D000") == 0) {
            error_hint(err, "what commits by itself needs a file of its own with -- migrate:up transaction:false");
        }
        step_error_place(r, it, p.failed, err);
        step_settings_unknown(r);
        if (status == ST_INTERRUPTED) {
            loop_acknowledge_signal(r->loop);
        }
        tx_rollback(r->s);
    }
    return status;
}

enum status transaction_run(struct run *r, struct item *it, struct error *err)
{
    const struct step *step = item_step(it);
    const int64_t begun = clock_monotonic_ms();
    struct retry retry;
    int64_t rows = 0;
    enum status status;
    retry_begin(&retry, step->lock_timeout_ms, r->o->lock_timeout_max_ms, r->o->lock_budget_ms, r->o->lock_attempts);
    do {
        struct event e = run_event(it, step, EVENT_STEP_BEGIN);
        e.attempt = retry.attempt;
        run_emit(r, &e);
        status = way_wait(r, it, &retry, err);
        status = status ? status : attempt(r, it, &retry, &rows, err);
    } while (status && step_again(r, it, &retry, &status, err));
    if (status) {
        if (status == ST_INTERRUPTED) {
            loop_acknowledge_signal(r->loop);
        }
        record_failure(r, it, true, retry.attempt, err);
        return status;
    }
    it->text_recorded = true;
    struct event e = run_event(it, step, EVENT_STEP_END);
    e.attempt = retry.attempt;
    e.ms = clock_monotonic_ms() - begun;
    e.rows = rows;
    run_emit(r, &e);
    return ST_OK;
}

#include "exec/shadow.h"

#include "base/clock.h"
#include "exec/backfill.h"
#include "exec/fault.h"
#include "exec/tx.h"

enum { REPLANNED_MAX = 20, WATCH_MS = 2000, RECORD_LOCK_MS = 10000 };

void shadow_add_identity(const struct shadow *s, struct param *params, size_t *n)
{
    params[(*n)++].text = s->it->params.version;
    params[(*n)++].text = s->it->down ? "down" : "up";
    params[(*n)++].text = s->ordinal;
}

static void tell(const struct shadow *s, size_t i)
{
    struct event e = run_event(s->it, s->step, EVENT_PROGRESS);
    e.detail = arena_printf(s->a, "%.*s", STR_ARG(s->phases.at[i].title)).p;
    e.done = (int64_t)i;
    e.total = (int64_t)s->phases.n;
    run_emit(s->r, &e);
}

static void add_done(const struct shadow *s, size_t i, struct pipe *p)
{
    struct param params[4];
    size_t n = 0;
    shadow_add_identity(s, params, &n);
    params[n++].text = param_i64(p->arena, (int64_t)i);
    pipe_add_params(p, s->r->sql.at[HSQL_SHADOW_DONE], params, n);
}

static enum status record_done(struct shadow *s, size_t i, struct error *err)
{
    struct pipe p;
    arena_reset(&s->r->scratch);
    pipe_begin(&p, &s->r->scratch);
    step_settings(s->r, &p, RECORD_LOCK_MS, 0, true);
    add_done(s, i, &p);
    const enum status status = pipe_run(&p, s->r->s, ANSWER_MS, NULL, err);
    if (status) {
        step_settings_unknown(s->r);
    }
    return status;
}

/* ---- beginning ---- */

static enum status read_recorded(struct shadow *s, bool *found, struct error *err)
{
    struct param params[3];
    struct rows *rows = NULL;
    size_t n = 0;
    struct shadow_phase *p = NULL;
    shadow_add_identity(s, params, &n);
    const enum status status = session_query(s->r->s, s->r->sql.at[HSQL_SHADOW_READ], params, n, ANSWER_MS, &rows, err);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        if (rows_i64(rows, i, 3) == 1) {
            p = vec_push(s->a, &s->phases);
            for (enum shadow_kind k = SHADOW_TX; k <= SHADOW_SWAP; k++) {
                p->kind = str_eq(rows_value(rows, i, 0), str_of(shadow_kind_name(k))) ? k : p->kind;
            }
            p->title = arena_str(s->a, rows_value(rows, i, 1));
            p->done = rows_bool(rows, i, 2);
        }
        *vec_push(s->a, &p->statements) = arena_str(s->a, rows_value(rows, i, 4));
    }
    *found = !status && rows_count(rows) > 0;
    rows_free(rows);
    return status;
}

/* Rows of history for the phases from the first that is not done. */
static void add_phases(const struct shadow *s, size_t from, struct pipe *p)
{
    for (size_t i = from; i < s->phases.n; i++) {
        const struct shadow_phase *phase = &s->phases.at[i];
        struct param params[7];
        size_t n = 0;
        shadow_add_identity(s, params, &n);
        params[n++].text = param_i64(p->arena, (int64_t)i);
        params[n++].text = shadow_kind_name(phase->kind);
        params[n++].text = arena_cstr(p->arena, phase->title);
        params[n++].text = param_array(p->arena, phase->statements.at, phase->statements.n);
        pipe_add_params(p, s->r->sql.at[HSQL_SHADOW_NEW], params, n);
    }
}

/* All of them anew, or those behind the ones that are done. */
static enum status record_phases(struct shadow *s, size_t from, struct error *err)
{
    struct run *r = s->r;
    struct pipe p;
    struct param params[3];
    size_t n = 0;
    arena_reset(&r->scratch);
    pipe_begin(&p, &r->scratch);
    step_settings(r, &p, RECORD_LOCK_MS, 0, true);
    pipe_add(&p, "BEGIN");
    if (from == 0) {
        record_step(r, s->it, &p, RECORDED_STARTED, false, 1, 0, 0);
    } else {
        shadow_add_identity(s, params, &n);
        pipe_add_params(&p, r->sql.at[HSQL_SHADOW_REST], params, n);
    }
    add_phases(s, from, &p);
    pipe_add(&p, "COMMIT");
    const enum status status = pipe_run(&p, r->s, ANSWER_MS, NULL, err);
    if (status) {
        tx_rollback(r->s);
        step_settings_unknown(r);
        return status;
    }
    s->it->text_recorded = true;
    return ST_OK;
}

static enum status begin(struct shadow *s, struct error *err)
{
    const enum status status = shadow_make(s->r->s, s->step->shadow, false, s->a, &s->phases, err);
    return status ? status : record_phases(s, 0, err);
}

static bool same_phases(const struct shadow_phase *x, const struct shadow_phase *y, size_t n)
{
    bool same = true;
    for (size_t i = 0; same && i < n; i++) {
        same = x[i].statements.n == y[i].statements.n;
        for (size_t k = 0; same && k < x[i].statements.n; k++) {
            same = str_eq(x[i].statements.at[k], y[i].statements.at[k]);
        }
    }
    return same;
}

static bool compared(const struct shadow *s)
{
    bool done = false;
    for (size_t i = 0; i < s->phases.n; i++) {
        done = done || (s->phases.at[i].kind == SHADOW_COMPARE && s->phases.at[i].done);
    }
    return done;
}

/*
 * Once it is filled, when a run takes it up, and before the swap: what is left to do, from phase i on, as the catalog is now? A view or a partition
 * that came meanwhile would stay with the first column.
 */
static enum status look_again(struct shadow *s, size_t i, struct error *err)
{
    struct shadow_phase_list now;
    enum status status = shadow_make(s->r->s, s->step->shadow, true, s->a, &now, err);
    if (!status && compared(s)) {
        now.at[now.n - 3] = now.at[now.n - 1]; /* the last three: ANALYZE, compare, swap */
        now.n -= 2;
    }
    if (status || (now.n == s->phases.n - i && same_phases(now.at, s->phases.at + i, now.n))) {
        return status;
    }
    if (++s->replanned > REPLANNED_MAX) {
        return error_set(err, ST_PARTIAL, "the catalog is another one each time before the swap");
    }
    s->phases.n = i;
    for (size_t k = 0; k < now.n; k++) {
        *vec_push(s->a, &s->phases) = now.at[k];
    }
    run_repair(s->r, s->it, "the catalog is another one than when this began: what is left to do is planned anew");
    return record_phases(s, i, err);
}

/* ---- phases ---- */

/* One short transaction under the ladder of lock timeouts; the swap's has the end of the step in it. */
static enum status attempt(struct shadow *s, size_t i, struct retry *retry, struct error *err)
{
    struct run *r = s->r;
    const struct shadow_phase *phase = &s->phases.at[i];
    const bool swap = phase->kind == SHADOW_SWAP, last = s->it->next + 1 == s->it->steps.n;
    const int64_t lock_ms = retry_lock_timeout(retry);
    const struct event base = {.migration = s->it->m, .step = s->step, .down = s->it->down, .attempt = retry->attempt};
    struct pipe p;
    arena_reset(&r->scratch);
    pipe_begin(&p, &r->scratch);
    step_settings(r, &p, lock_ms, 0, true);
    pipe_add(&p, "BEGIN");
    for (size_t k = 0; k < phase->statements.n; k++) {
        pipe_add(&p, arena_cstr(&r->scratch, phase->statements.at[k]));
    }
    add_done(s, i, &p);
    if (swap) {
        record_step(r, s->it, &p, RECORDED_DONE, last, retry->attempt, clock_monotonic_ms() - retry->begun_ms, s->rows);
    }
    pipe_add(&p, "COMMIT");
    if (swap) {
        FAULT("shadow-swap");
    }
    FAULT("shadow-tx");
    r->bounded = false;
    watch_guard(&r->watch, r->lock.pid, retry, &base);
    const enum status status = pipe_run(&p, r->s, 0, NULL, err);
    watch_stop(&r->watch);
    FAULT("shadow-tx-done");
    if (status) {
        step_settings_unknown(r);
        tx_rollback(r->s);
    }
    return status;
}

static enum status run_tx(struct shadow *s, size_t i, struct error *err)
{
    struct retry retry;
    enum status status;
    retry_begin(&retry, s->step->lock_timeout_ms, s->r->o->lock_timeout_max_ms, s->r->o->lock_budget_ms,
                s->r->o->lock_attempts);
    do {
        status = way_wait(s->r, s->it, &retry, err);
        status = status ? status : attempt(s, i, &retry, err);
    } while (status && step_again(s->r, s->it, &retry, &status, err));
    return status;
}

/* CONCURRENTLY, VALIDATE, ANALYZE: outside a transaction, without lock_timeout, watched. */
static enum status run_alone(struct shadow *s, size_t i, struct error *err)
{
    struct run *r = s->r;
    const struct event base = {.migration = s->it->m, .step = s->step, .down = s->it->down, .attempt = 1};
    struct pipe p;
    arena_reset(&r->scratch);
    pipe_begin(&p, &r->scratch);
    step_settings(r, &p, 0, 0, true);
    step_gentle_build(r, &p);
    enum status status = p.items.n > 0 ? pipe_run(&p, r->s, ANSWER_MS, NULL, err) : ST_OK;
    watch_start(&r->watch, r->lock.pid, WATCH_MS, true, &base);
    for (size_t k = 0; k < s->phases.at[i].statements.n && !status; k++) {
        FAULT("shadow-alone");
        status = session_simple(r->s, s->phases.at[i].statements.at[k], 0, NULL, err);
    }
    watch_stop(&r->watch);
    if (status) {
        step_settings_unknown(r);
    }
    return status;
}

static enum status run_backfill(struct shadow *s, size_t i, bool *aborted, struct error *err)
{
    struct batch_spec spec;
    struct step step = *s->step;
    enum status status = shadow_read_update(s, s->phases.at[i].statements.at[0], &spec, err);
    if (!status) {
        step.batch = &spec;
        step.lock_timeout_ms = 200;
        status = backfill_inner(s->r, s->it, &step, &s->rows, aborted, err);
    }
    return status;
}

/* What differs is filled again: back to the phase of the backfill. */
static enum status fill_again(struct shadow *s, struct error *err)
{
    struct param params[3];
    size_t n = 0;
    shadow_add_identity(s, params, &n);
    return session_query(s->r->s, s->r->sql.at[HSQL_SHADOW_REFILL], params, n, ANSWER_MS, NULL, err);
}

/* Nothing was done yet: a later try makes the phases anew. */
static void forget(struct shadow *s)
{
    struct param params[3];
    struct error ignored;
    size_t n = 0;
    shadow_add_identity(s, params, &n);
    tx_rollback(s->r->s);
    if (session_query(s->r->s, s->r->sql.at[HSQL_SHADOW_FORGET], params, n, ANSWER_MS, NULL, &ignored)) {
        tx_rollback(s->r->s); /* a later try then goes by these */
    }
}

/* A row came that does not fit, before there was a constraint against it: nobody may trip over that any longer. */
static enum status give_up_back(struct shadow *s, struct error *err)
{
    const struct error why = *err;
    enum status status = shadow_take_back(s, err);
    if (!status) {
        s->taken_back = true;
        *err = why;
        status = err->status = ST_USAGE;
        error_hint(err, "no way back: a row does not fit any more; nothing was changed");
    }
    return status;
}

/* A control word ended the backfill: all of the change is to go. */
static enum status take_back_aborted(struct shadow *s, struct error *err)
{
    enum status status = shadow_take_back(s, err);
    if (!status) {
        s->taken_back = true;
        status = error_set(err, ST_GAVE_WAY, "the shadow change of %.*s.%.*s was aborted: the table is as it was",
                           STR_ARG(s->step->shadow->table), STR_ARG(s->step->shadow->column));
        error_hint(err, "migrate up begins it anew");
    }
    return status;
}

static enum status run_phase(struct shadow *s, size_t i, struct error *err)
{
    enum status status = ST_OK;
    bool aborted = false;
    tell(s, i);
    switch (s->phases.at[i].kind) {
    case SHADOW_TX:
    case SHADOW_SWAP:
        return run_tx(s, i, err);
    case SHADOW_ALONE:
    case SHADOW_INDEX:
        status = run_alone(s, i, err);
        if (status && shadow_goes_back(&s->phases) && strcmp(err->sqlstate, "23514") == 0) {
            return give_up_back(s, err);
        }
        break;
    case SHADOW_BACKFILL:
        status = run_backfill(s, i, &aborted, err);
        if (aborted) {
            return take_back_aborted(s, err);
        }
        break;
    case SHADOW_COMPARE:
        status = shadow_compare(s, i, err);
        if (status == ST_PARTIAL) {
            struct error ignored;
            (void)fill_again(s, &ignored);
        }
        break;
    }
    return status ? status : record_done(s, i, err);
}

/* SIZE_MAX: it swaps back, and nothing is filled. */
static size_t backfill_phase(const struct shadow_phase_list *phases)
{
    for (size_t i = 0; i < phases->n; i++) {
        if (phases->at[i].kind == SHADOW_BACKFILL) {
            return i;
        }
    }
    return SIZE_MAX;
}

enum status shadow_run(struct run *r, struct item *it, struct error *err)
{
    const int64_t begun = clock_monotonic_ms();
    struct arena own;
    struct shadow s = {.r = r, .it = it, .step = item_step(it), .a = &own};
    bool found = false, any = false;
    arena_init(&own, SIZE_MAX);
    s.ordinal = param_i64(&own, s.step->ordinal);
    struct event e = run_event(it, s.step, EVENT_STEP_BEGIN);
    e.attempt = 1;
    run_emit(r, &e);
    enum status status = read_recorded(&s, &found, err);
    if (!status && !found) {
        status = begin(&s, err);
    }
    FAULT("shadow-begun");
    const size_t filled = backfill_phase(&s.phases);
    bool look = found;
    for (size_t i = 0; i < s.phases.n && !status; i++) {
        any = any || s.phases.at[i].done;
        if (loop_interrupted(r->loop)) {
            status = loop_interrupt_error(err);
        } else if (!s.phases.at[i].done) {
            if ((look || s.phases.at[i].kind == SHADOW_SWAP) && i > filled) {
                status = look_again(&s, i, err);
            }
            status = status ? status : run_phase(&s, i, err);
            s.phases.at[i].done = !status;
            any = any || !status;
            look = i == filled;
        }
    }
    if (!status) {
        e = run_event(it, s.step, EVENT_STEP_END);
        e.attempt = 1;
        e.ms = clock_monotonic_ms() - begun;
        e.rows = s.rows;
        run_emit(r, &e);
        it->text_recorded = true;
    } else if (session_usable(r->s)) {
        if (status == ST_INTERRUPTED) {
            loop_acknowledge_signal(r->loop);
        }
        if (err->line == 0) {
            error_place(err, it->m->file.p, s.step->statements.at[0].line, 1);
        }
        if (any && !s.taken_back && (status == ST_SERVER || status == ST_USAGE)) {
            status = err->status = ST_PARTIAL;
            error_hint(err, "the phases that are done stay so, and the application works on; the same command goes on");
        }
        const bool clean = s.taken_back || (!any && !it->started);
        if (clean) {
            forget(&s);
        }
        record_failure(r, it, clean, 1, err);
    }
    arena_free(&own);
    return status;
}

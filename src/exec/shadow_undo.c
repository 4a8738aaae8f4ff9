/* A shadow change that was not swapped yet taken back. */
#include "exec/shadow.h"

#include "exec/fault.h"
#include "exec/tx.h"

static enum status attempt(struct shadow *s, const struct str_list *statements, struct retry *retry, struct error *err)
{
    struct run *r = s->r;
    struct param params[3];
    struct pipe p;
    size_t n = 0;
    const int64_t lock_ms = retry_lock_timeout(retry);
    const struct event base = {.migration = s->it->m, .step = s->step, .down = s->it->down, .attempt = retry->attempt};
    arena_reset(&r->scratch);
    pipe_begin(&p, &r->scratch);
    step_settings(r, &p, lock_ms, 0, true);
    pipe_add(&p, "BEGIN");
    for (size_t i = 0; i < statements->n; i++) {
        pipe_add(&p, arena_cstr(&r->scratch, statements->at[i]));
    }
    shadow_add_identity(s, params, &n);
    pipe_add_params(&p, r->sql.at[HSQL_SHADOW_UNDONE], params, n);
    pipe_add_params(&p, r->sql.at[s->it->down ? HSQL_UNBEGIN_DOWN : HSQL_UNBEGIN_UP], params, 1);
    pipe_add(&p, "COMMIT");
    FAULT("shadow-undo");
    watch_guard(&r->watch, r->lock.pid, retry, &base);
    const enum status status = pipe_run(&p, r->s, 0, NULL, err);
    watch_stop(&r->watch);
    if (status) {
        step_settings_unknown(r);
        tx_rollback(r->s);
    }
    return status;
}

enum status shadow_take_back(struct shadow *s, struct error *err)
{
    struct str_list statements;
    struct retry retry;
    enum status status = shadow_unmake(s->r->s, s->step->shadow, s->a, &statements, err);
    if (status) {
        return status;
    }
    retry_begin(&retry, s->step->lock_timeout_ms, s->r->o->lock_timeout_max_ms, s->r->o->lock_budget_ms,
                s->r->o->lock_attempts);
    do {
        status = way_wait(s->r, s->it, &retry, err);
        status = status ? status : attempt(s, &statements, &retry, err);
    } while (status && step_again(s->r, s->it, &retry, &status, err));
    return status;
}

enum status shadow_undo(struct run *r, struct item *it, struct error *err)
{
    struct arena own;
    struct shadow s = {.r = r, .it = it, .step = item_step(it), .a = &own};
    arena_init(&own, SIZE_MAX);
    s.ordinal = param_i64(&own, s.step->ordinal);
    enum status status = shadow_take_back(&s, err);
    if (!status) {
        run_repair(r, it, "the shadow change was taken back: %.*s.%.*s is as it was", STR_ARG(s.step->shadow->table),
                   STR_ARG(s.step->shadow->column));
        it->started = false;
    }
    arena_free(&own);
    return status;
}

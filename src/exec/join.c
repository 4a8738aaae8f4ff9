#include "exec/join.h"

#include "base/clock.h"
#include "exec/backfill.h"

/* The item whose next step is a backfill that was begun. */
static struct item *backfilling(struct run *r)
{
    for (size_t i = 0; i < r->n_items; i++) {
        struct item *it = &r->list[i];
        if (!it->finished && it->started && item_step(it)->kind == STEP_BACKFILL) {
            return it;
        }
    }
    return NULL;
}

/* The backend's pid, under a name that tells whose it is. The run lock stays with the run. */
static enum status introduce(struct run *r, struct error *err)
{
    struct rows *rows = NULL;
    const struct param name = {r->application};
    const enum status status =
        session_query(r->s,
                      "SELECT pg_catalog.set_config('application_name', $1, false), pg_catalog.pg_backend_pid(),"
                      " pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only') = 'on'",
                      &name, 1, ANSWER_MS, &rows, err);
    if (!status) {
        r->lock.pid = (int)rows_i64(rows, 0, 1);
        r->lock.standby = rows_bool(rows, 0, 2);
        r->lock.read_only = rows_bool(rows, 0, 3);
    }
    rows_free(rows);
    return status ? status : run_check_server(r, err);
}

static enum status place(struct run *r, struct error *err)
{
    struct history h;
    struct recorded_list steps = {0};
    enum status status = history_read_all(r->s, &r->sql, r->o->schema, false, &r->arena, &h, &steps, err);
    r->list = arena_array(&r->arena, struct item, r->n_items);
    for (size_t i = 0; i < r->n_items && !status; i++) {
        status = item_make(r, &r->items[i], &r->list[i], err);
        status = status ? status : item_place(r, &r->list[i], &h, &steps, err);
    }
    return status;
}

static enum status work(struct run *r, struct item *it, struct error *err)
{
    struct arena own, keep;
    struct backfill b;
    arena_init(&own, SIZE_MAX);
    arena_init(&keep, SIZE_MAX);
    backfill_init(&b, r, it, item_step(it), &own, &keep);
    b.helper = true;
    struct event e = run_event(it, b.step, EVENT_STEP_BEGIN);
    e.attempt = 1;
    run_emit(r, &e);
    enum status status = item_replay_settings(r, it, err);
    status = status ? status : backfill_table_find(r->s, b.spec, b.a, &b.table, err);
    status = status ? status
                    : throttle_start(r->loop, r->o->target, &r->o->throttle, r->lock.pid,
                                     r->sql.at[HSQL_BACKFILL_BATCHES], &b.throttle, err);
    status = status ? status : backfill_work(&b, err);
    throttle_stop(b.throttle);
    arena_free(&own);
    arena_free(&keep);
    return status;
}

enum status run_join(struct loop *loop, struct session *s, const struct run_options *options,
                     const struct run_item *items, size_t n, struct run_result *result, bool *joined, struct error *err)
{
    const int64_t begun = clock_monotonic_ms();
    struct run r = {.loop = loop, .s = s, .o = options, .items = items, .n_items = n, .result = result, .durable = -1};
    *result = (struct run_result){0};
    *joined = false;
    if (options->run_id) {
        snprintf(result->run_id, sizeof(result->run_id), "%s", options->run_id);
    } else {
        random_token(result->run_id);
    }
    snprintf(r.application, sizeof(r.application), "migrate/%.12s joined:%d", result->run_id, (int)getpid());
    arena_init(&r.arena, SIZE_MAX);
    arena_init(&r.scratch, SIZE_MAX);
    history_sql_for(&r.sql, s, options->schema, &r.arena);
    watch_init(&r.watch, loop, options, &r.sql, result->run_id);
    step_settings_unknown(&r);
    struct event e = run_event(NULL, NULL, EVENT_RUN_BEGIN);
    e.n_migrations = (unsigned)n;
    e.run_id = result->run_id;
    run_emit(&r, &e);
    pulse_begin(&r.pulse, &r);
    enum status status = introduce(&r, err);
    status = status ? status : place(&r, err);
    struct item *it = status ? NULL : backfilling(&r);
    if (it) {
        *joined = true;
        status = work(&r, it, err);
    }
    if (status == ST_INTERRUPTED) {
        loop_acknowledge_signal(loop);
    }
    result->ms = clock_monotonic_ms() - begun;
    e = run_event(NULL, NULL, EVENT_RUN_END);
    e.ms = result->ms;
    run_emit(&r, &e);
    pulse_end(&r.pulse);
    watch_free(&r.watch);
    arena_free(&r.scratch);
    arena_free(&r.arena);
    return status;
}

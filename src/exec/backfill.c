/*
 * A backfill: an UPDATE, DELETE or INSERT … SELECT in batches of key ranges, every row exactly once whatever dies.
 *
 * It is made of parts, each a range of keys of one table or partition with a cursor of its own and one worker at a time. The last key of each is
 * taken once, at the start: rows that come later are not chased. A statement whose condition leaves out what is done is run over all keys once
 * more, until a pass finds nothing: that shows that nothing is left.
 */
#include "exec/backfill.h"

#include "base/clock.h"
#include "exec/fault.h"
#include "exec/tx.h"
#include "exec/window.h"

enum { POLL_MS = 1000, OTHERS_POLL_MS = 500 };

void backfill_init(struct backfill *b, struct run *r, struct item *it, const struct step *step, struct arena *a,
                   struct arena *keep)
{
    *b = (struct backfill){.r = r, .it = it, .step = step, .spec = step->batch, .a = a, .keep = keep};
    b->owner = r->result->run_id;
    b->ordinal = param_i64(a, step->ordinal);
    batch_size_begin(&b->size, step->batch->batch, r->o->throttle.gentle ? BATCH_GENTLE_MS : 0);
}

/* ---- between batches ---- */

static enum status abort_backfill(struct backfill *b, struct error *err)
{
    struct param params[3];
    size_t n = 0;
    backfill_add_identity(params, &n, b);
    enum status status = session_query(b->r->s, b->r->sql.at[HSQL_BACKFILL_ABORTED], params, n, ANSWER_MS, NULL, err);
    if (!status) {
        b->aborted = true;
        status =
            error_set(err, ST_PARTIAL, "the backfill of step %u of migration %s was aborted after %" PRId64 " rows",
                      b->step->ordinal, b->it->params.version, b->sum.rows + b->part_rows);
        error_hint(err, "the rows done stay done; the same command goes on from there");
    }
    return status;
}

/* Heed the control word ("pause" until it is gone, "abort" at once) and the throttle. */
static enum status heed(struct backfill *b, bool *mine, struct error *err)
{
    const char *told = NULL;
    enum status status = window_admit(b->r, b->it, -1, err);
    while (!status && *mine) {
        const bool paused = strcmp(b->control, "pause") == 0;
        const char *reason = paused ? "paused" : throttle_reason(b->throttle);
        if (strcmp(b->control, "abort") == 0) {
            return abort_backfill(b, err);
        }
        if (!reason) {
            return ST_OK;
        }
        if (!told || strcmp(told, reason) != 0) {
            told = arena_cstr(b->a, str_of(reason));
            status = backfill_tell(b, paused ? "paused by its control word" : told, err);
        }
        status = status ? status : loop_sleep(b->r->loop, POLL_MS, err);
        status = status ? status : backfill_wait(b, told, mine, err);
    }
    return status;
}

static enum status run_part(struct backfill *b, struct error *err)
{
    bool mine = true;
    enum status status = heed(b, &mine, err);
    b->retry = (struct retry){0};
    while (!status && mine && !b->finished) {
        if (loop_interrupted(b->r->loop)) {
            return loop_interrupt_error(err);
        }
        if (b->parent && getppid() != b->parent) {
            backfill_release(b, NULL);
            return error_set(err, ST_RUN_LOCKED, "the run that started this worker is gone");
        }
        status = backfill_batch(b, &mine, err);
        if (throttle_blocks_others(b->throttle)) {
            batch_size_blocks(&b->size);
        }
        if (!b->r->o->throttle.gentle) {
            batch_size_aim(&b->size, throttle_others_write(b->throttle) ? BATCH_BESIDE_MS : BATCH_TARGET_MS);
        }
        if (!status && mine && !b->finished) {
            status = heed(b, &mine, err);
        }
    }
    return status;
}

/* ---- parts ---- */

/* All free parts are taken: wait for the others' end, whose parts come free when they die. *over: nothing is left. */
static enum status wait_for_others(struct backfill *b, bool *over, bool *told, struct error *err)
{
    struct backfill_sum sum;
    enum status status = backfill_sum(b, &sum, err);
    *over = !status && sum.finished == sum.parts;
    if (status || *over) {
        return status;
    }
    b->sum = sum;
    b->part_rows = b->part_keys = 0;
    pace_stop(&b->pace);
    if (!*told || !b->parent) {
        status = backfill_tell(b, "the rest is in other workers' hands", err);
        *told = true;
    }
    return status ? status : loop_sleep(b->r->loop, OTHERS_POLL_MS, err);
}

enum status backfill_work(struct backfill *b, struct error *err)
{
    enum status status = backfill_settings(b, err);
    bool over = false, told = false;
    while (!status && !over) {
        bool got = false;
        status = backfill_claim(b, &got, err);
        if (!status && !got && b->helper) {
            status = backfill_divide(b, &got, err);
            if (!status && got) {
                continue;
            }
        } else if (!status && got) {
            status = run_part(b, err);
            if (status && status != ST_RUN_LOCKED) {
                backfill_release(b, status == ST_INTERRUPTED ? NULL : err->primary);
            }
            told = false;
            continue;
        }
        if (!status) {
            status = wait_for_others(b, &over, &told, err);
        }
    }
    backfill_settings_back(b);
    return status;
}

/* ---- the whole ---- */

static enum status open_backfill(struct backfill *b, struct error *err)
{
    enum status status = backfill_sum(b, &b->sum, err);
    if (status) {
        return status;
    }
    if (b->sum.parts == 0) {
        return backfill_begin(b, err);
    }
    status = record_now(b->r, b->it, RECORDED_STARTED, false, 1, b->sum.rows, err);
    return status ? status : backfill_table_find(b->r->s, b->spec, b->a, &b->table, err);
}

/* Another pass? Only of what may meet a row twice; a first one proves nothing about rows that came behind its cursor. */
static enum status pass_again(struct backfill *b, bool *again, struct error *err)
{
    struct str_list came = {0};
    enum status status = backfill_sum(b, &b->sum, err);
    const bool may = b->spec->again || b->sum.by_ctid;
    *again = false;
    status = status ? status : backfill_tree(b, may && b->sum.pass < BACKFILL_MAX_PASSES, &came, err);
    if (status || !may || (b->sum.keys + b->sum.rows == 0 && came.n == 0)) {
        return status;
    }
    if (b->sum.pass_rows == 0 && b->sum.pass > 1 && came.n == 0) {
        return ST_OK;
    }
    if (b->sum.pass >= BACKFILL_MAX_PASSES) {
        run_repair(b->r, b->it, "pass %" PRId64 " still found %" PRId64 " rows: somebody goes on writing such rows",
                   b->sum.pass, b->sum.pass_rows);
        return ST_OK;
    }
    *again = true;
    b->whole = false;
    status = backfill_again(b, &came, err);
    b->left_ms = 0;
    return status ? status : backfill_tell(b, "once more over all keys, for rows that came meanwhile", err);
}

static enum status run_all(struct backfill *b, struct error *err)
{
    struct helpers helpers = {.n = 0};
    bool again = true;
    enum status status = open_backfill(b, err);
    FAULT("backfill-open");
    status = status ? status
                    : throttle_start(b->r->loop, b->r->o->target, &b->r->o->throttle, b->r->lock.pid,
                                     b->r->sql.at[HSQL_BACKFILL_BATCHES], &b->throttle, err);
    while (!status && again) {
        if (b->spec->workers > 1) {
            backfill_help(b, (size_t)b->spec->workers - 1, &helpers);
        }
        status = backfill_work(b, err);
        backfill_help_end(&helpers);
        FAULT("backfill-pass");
        status = status ? status : pass_again(b, &again, err);
    }
    throttle_stop(b->throttle);
    FAULT("backfill-done");
    return status;
}

enum status backfill_inner(struct run *r, struct item *it, const struct step *step, int64_t *rows, bool *aborted,
                           struct error *err)
{
    struct arena own, keep;
    struct backfill b;
    arena_init(&own, SIZE_MAX);
    arena_init(&keep, SIZE_MAX);
    arena_reset(&r->scratch);
    backfill_init(&b, r, it, step, &own, &keep);
    const enum status status = run_all(&b, err);
    *rows = b.sum.rows;
    *aborted = b.aborted;
    arena_free(&own);
    arena_free(&keep);
    return status;
}

enum status backfill_run(struct run *r, struct item *it, struct error *err)
{
    const bool last = it->next + 1 == it->steps.n;
    const int64_t begun = clock_monotonic_ms();
    struct arena own, keep;
    struct backfill b;
    struct backfill_sum sum = {0};
    struct error ignored;
    arena_init(&own, SIZE_MAX);
    arena_init(&keep, SIZE_MAX);
    arena_reset(&r->scratch);
    backfill_init(&b, r, it, item_step(it), &own, &keep);
    struct event e = run_event(it, b.step, EVENT_STEP_BEGIN);
    e.attempt = 1;
    run_emit(r, &e);
    enum status status = run_all(&b, err);
    if (!status) {
        status = record_now(r, it, RECORDED_DONE, last, 1, b.sum.rows, err);
    } else if (session_usable(r->s)) {
        if (status == ST_INTERRUPTED) {
            loop_acknowledge_signal(r->loop);
        }
        if (err->line == 0 && status == ST_USAGE) {
            error_place(err, it->m->file.p, b.step->statements.at[0].line, 1);
        }
        const bool clean = !it->started && !backfill_sum(&b, &sum, &ignored) && sum.batches == 0 && sum.bad_rows == 0;
        record_failure(r, it, clean, 1, err);
    }
    if (!status) {
        e = run_event(it, b.step, EVENT_STEP_END);
        e.attempt = 1;
        e.ms = clock_monotonic_ms() - begun;
        e.rows = b.sum.rows;
        run_emit(r, &e);
    }
    arena_free(&own);
    arena_free(&keep);
    return status;
}

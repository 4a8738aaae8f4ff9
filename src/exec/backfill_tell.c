/* What a backfill tells while it runs, on the screen and in history: how far it is, how fast, and what it waits for. */
#include "exec/backfill.h"

#include "base/clock.h"

enum { LEFT_EVERY_MS = 1000, LEFT_SHARE = 50, PACE_MS = 10000 };

/* ---- pace ---- */

void pace_batch(struct pace *p, int64_t keys)
{
    const int64_t now = clock_monotonic_us();
    if (p->from_us > 0) {
        const double ms = (double)(now - p->from_us) / 1000;
        const double keep = ms < PACE_MS ? 1 - ms / PACE_MS : 0;
        p->keys = keep * p->keys + (double)keys;
        p->ms = keep * p->ms + ms;
    }
    p->from_us = now;
}

void pace_stop(struct pace *p)
{
    *p = (struct pace){0};
}

double pace_rate(const struct pace *p)
{
    return p->ms > 0 ? p->keys / p->ms * 1000 : 0;
}

/* ---- progress ---- */

/*
 * Ask how much is left of all parts, whoever works on them: once a second, and less often where there are so many parts that the answer takes its
 * time.
 */
static enum status look_ahead(struct backfill *b, struct error *err)
{
    const int64_t now = clock_monotonic_ms();
    struct param identity[3];
    size_t n = 0;
    const int64_t wait = b->left_cost_ms * LEFT_SHARE > LEFT_EVERY_MS ? b->left_cost_ms * LEFT_SHARE : LEFT_EVERY_MS;
    if (b->parent || (b->left_ms > 0 && now - b->left_ms < wait)) {
        return ST_OK;
    }
    backfill_add_identity(identity, &n, b);
    const enum status status = backfill_left(b->r->s, &b->r->sql, identity, &b->r->scratch, &b->left, err);
    b->left_ms = clock_monotonic_ms();
    b->left_cost_ms = b->left_ms - now;
    b->left_keys = b->done_keys;
    return status;
}

enum status backfill_tell(struct backfill *b, const char *reason, struct error *err)
{
    const bool last = b->finished && b->sum.finished + 1 >= b->sum.parts;
    const enum status status = last ? ST_OK : look_ahead(b, err);
    struct event e = run_event(b->it, b->step, EVENT_PROGRESS);
    const int64_t since = b->done_keys - b->left_keys;
    e.total = b->left.total > 0 ? b->left.total : b->table.rows > 0 ? b->table.rows : -1;
    e.done = b->left.left >= 0 ? b->left.total - b->left.left + since : b->sum.keys + b->part_keys;
    e.done = e.total > 0 && (last || e.done > e.total) ? e.total : e.done;
    e.rows = b->sum.rows + b->part_rows;
    e.batch_rows = b->size.rows;
    if (b->throttle) {
        const struct replica_lag lag = throttle_lag(b->throttle);
        e.lag_bytes = lag.bytes > 0 ? lag.bytes : 0;
        e.lag_ms = lag.ms > 0 ? lag.ms : 0;
    }
    e.rate = pace_rate(&b->pace) + b->left.others;
    e.detail = reason;
    run_emit(b->r, &e);
    return status;
}

enum status backfill_wait(struct backfill *b, const char *reason, bool *mine, struct error *err)
{
    struct param params[7];
    struct rows *rows = NULL;
    size_t n = 0;
    pace_stop(&b->pace);
    b->place[0] = '\0';
    backfill_add_claim(params, &n, b);
    params[n++].text = reason;
    const enum status status =
        session_query(b->r->s, b->r->sql.at[HSQL_BACKFILL_REASON], params, n, ANSWER_MS, &rows, err);
    if (!status && rows_count(rows) == 0) {
        rows_free(rows);
        return backfill_look(b, mine, err);
    }
    if (!status) {
        snprintf(b->control, sizeof(b->control), "%.*s", STR_ARG(rows_value(rows, 0, 0)));
        b->rate = rows_i64(rows, 0, 1);
        batch_size_fix(&b->size, rows_i64(rows, 0, 2));
    }
    rows_free(rows);
    return status;
}

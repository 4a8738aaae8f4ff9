#include "exec/pulse.h"

#include "base/clock.h"
#include "exec/run.h"

/* Parts of answer_timeout_ms: how long silence is nothing special, and how often is looked then. */
enum { SILENT_PART = 4, EVERY_PART = 12, EVERY_MIN_MS = 50, UNREACHED_FACTOR = 10 };

enum verdict { IT_WORKS, WAITS_FOR_US, IS_GONE, NOBODY_ANSWERS };

/*
 * Idle between statements it waits for us at once; in the middle of one (the data of a COPY, an answer that is not taken) only when that lasts, since a
 * slow network looks the same. What the server does not tell of (another role's session) counts as work.
 */
static const char backend_sql[] =
    "SELECT CASE WHEN state LIKE 'idle%' THEN 1 WHEN state = 'active' AND wait_event_type = 'Client' THEN 2 ELSE 0 END"
    " FROM pg_catalog.pg_stat_activity WHERE pid = $1::pg_catalog.int4 AND"
    " coalesce(backend_start, $2::pg_catalog.timestamptz) = $2::pg_catalog.timestamptz";

static enum verdict look(struct pulse *p, int64_t silent, int64_t now)
{
    struct run *r = p->r;
    struct rows *rows = NULL;
    struct error err;
    const struct param params[] = {{r->pid_text}, {r->lock.backend_start}};
    const enum status status = watch_ask(&r->watch, backend_sql, params, 2, &rows, &err);
    if (status) {
        /* A server that refuses us, or is slow to answer, is there; what our backend does cannot be told then. */
        return strcmp(err.sqlstate, "08001") == 0 || strcmp(err.sqlstate, "08006") == 0 ? NOBODY_ANSWERS : IT_WORKS;
    }
    const bool known = r->lock_of == r->s && r->lock.pid > 0;
    const int64_t does = rows_count(rows) > 0 ? rows_i64(rows, 0, 0) : -1;
    rows_free(rows);
    if (!known || does == 0) {
        p->idle_ms = 0;
        return IT_WORKS;
    }
    /* Twice, so that what is on its way has the time to come; a COPY has all of it. */
    p->idle_ms = p->idle_ms > 0 ? p->idle_ms : now;
    const int64_t patience = does == 2 ? r->o->answer_timeout_ms : p->every_ms;
    return now - p->idle_ms < patience || silent < patience ? IT_WORKS : does < 0 ? IS_GONE : WAITS_FOR_US;
}

/* A second connection that never came about in this run is no witness: it may be kept from the server by other means. */
static int64_t unheard_limit(const struct run *r)
{
    return r->o->answer_timeout_ms * (r->watch.reached ? 1 : UNREACHED_FACTOR);
}

static void on_timer(void *arg)
{
    struct pulse *p = arg;
    struct run *r = p->r;
    const int64_t now = clock_monotonic_ms(), silent = session_silent_ms(r->s);
    if (silent < r->o->answer_timeout_ms / SILENT_PART) {
        p->unheard_ms = p->idle_ms = 0;
        return;
    }
    switch (look(p, silent, now)) {
    case IT_WORKS:
        p->unheard_ms = 0;
        break;
    case WAITS_FOR_US:
        session_abandon(r->s, "the server waits for us, and nothing comes through");
        break;
    case IS_GONE:
        session_abandon(r->s, "the server has ended it, and nothing told us");
        break;
    case NOBODY_ANSWERS:
        p->unheard_ms = p->unheard_ms > 0 ? p->unheard_ms : now - silent;
        if (clock_monotonic_ms() - p->unheard_ms >= unheard_limit(r)) {
            session_abandon(r->s, "the server is silent, and a second connection gets no answer either");
        }
        break;
    }
}

void pulse_begin(struct pulse *p, struct run *r)
{
    *p = (struct pulse){.r = r, .every_ms = r->o->answer_timeout_ms / EVERY_PART};
    if (r->o->target && r->o->answer_timeout_ms > 0) {
        p->every_ms = p->every_ms > EVERY_MIN_MS ? p->every_ms : EVERY_MIN_MS;
        p->timer = loop_timer_add(r->loop, p->every_ms, on_timer, p);
    }
}

void pulse_end(struct pulse *p)
{
    if (p->timer) {
        loop_timer_remove(p->r->loop, p->timer);
        p->timer = 0;
    }
}

/* What the watch does, besides looking: it cancels our own statement, and ends sessions that block it where that was asked for. */
#include "exec/watch.h"

#include "base/clock.h"
#include "db/session.h"

enum { ACT_MS = 1000 };

/* ---- the record ---- */

struct act {
    const char *kind; /* "cancelled", "terminated" */
    const struct blocker *whom;
    int64_t sessions, ms; /* those that waited behind us */
};

static const char *number(char text[24], int64_t n)
{
    snprintf(text, 24, "%" PRId64, n);
    return text;
}

/* Written by the watch's own session, now: ours may be about to roll back. Not being able to is no reason to let others wait. */
static bool record(struct watch *w, const struct act *act, struct error *err)
{
    char version[256], ordinal[24], pid[24], age[24], sessions[24], ms[24];
    const struct blocker *b = act->whom;
    snprintf(version, sizeof(version), "%.*s", w->base.migration ? (int)w->base.migration->version.n : 0,
             w->base.migration ? w->base.migration->version.p : "");
    const struct param params[] = {
        {w->run_id},
        {act->kind},
        {version},
        {w->base.down ? "down" : "up"},
        {number(ordinal, w->base.step ? w->base.step->ordinal : 0)},
        {b ? number(pid, b->pid) : NULL},
        {b ? b->user : NULL},
        {b ? b->application : NULL},
        {b ? b->state : NULL},
        {b ? number(age, b->age_ms) : NULL},
        {b && b->query[0] ? b->query : NULL},
        {b ? NULL : number(sessions, act->sessions)},
        {b ? NULL : number(ms, act->ms)},
    };
    return session_query(w->s, w->sql->at[HSQL_INTERVENTION], params, countof(params), ACT_MS, NULL, err) == ST_OK;
}

/* ---- blockers ---- */

/* By backend_start too: a pid may have gone to another session meanwhile, and a transaction that was idle may work again. */
static const char terminate_sql[] =
    "SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a"
    " WHERE a.pid = $1::pg_catalog.int4 AND a.backend_start = $2::pg_catalog.timestamptz"
    " AND CASE $3 WHEN 'autovacuum' THEN a.backend_type = 'autovacuum worker'"
    " WHEN 'idle-in-transaction' THEN a.backend_type = 'client backend' AND a.state LIKE 'idle in transaction%'"
    " ELSE a.backend_type IN ('autovacuum worker', 'client backend') END";

void watch_terminate(struct watch *w, const struct blocker *b)
{
    static const char *const kinds[] = {"", "autovacuum", "idle-in-transaction", "all"};
    struct event e = {.kind = EVENT_TERMINATED,
                      .done = -1,
                      .total = -1,
                      .pid = b->pid,
                      .user = b->user,
                      .application = b->application,
                      .state = b->state,
                      .query = b->query,
                      .age_ms = b->age_ms};
    struct rows *rows = NULL;
    struct error err = {0};
    char pid[24];
    if (w->o->terminate == TERMINATE_NONE || b->pid == 0) {
        return;
    }
    const struct param params[] = {{number(pid, b->pid)}, {b->backend_start}, {kinds[w->o->terminate]}};
    if (session_query(w->s, terminate_sql, params, 3, ACT_MS, &rows, &err)) {
        /* Mostly for want of the right to: whose session it is was told with the blocker. */
        memcpy(e.sqlstate, err.sqlstate, sizeof(e.sqlstate));
        e.detail = err.primary;
        watch_emit(w, &e);
        return;
    }
    const bool done = rows_count(rows) > 0 && rows_bool(rows, 0, 0);
    rows_free(rows);
    if (done) {
        const struct act act = {.kind = "terminated", .whom = b};
        if (!record(w, &act, &err)) {
            memcpy(e.sqlstate, err.sqlstate, sizeof(e.sqlstate));
        }
        watch_emit(w, &e);
    }
}

/* ---- the watchdog ---- */

void watch_judge(struct watch *w, int64_t n, int64_t ms, bool waits)
{
    struct error err = {0};
    struct event e = {.kind = EVENT_WATCHDOG, .done = -1, .total = -1, .rows = n, .ms = ms};
    char pid[24];
    const bool many = w->o->max_blocked_sessions > 0 && n > w->o->max_blocked_sessions;
    const bool for_long =
        (w->o->max_block_ms > 0 && ms > w->o->max_block_ms) || (waits && w->queue_ms > 0 && ms > w->queue_ms);
    if (w->cancelled || !(many || for_long)) {
        return;
    }
    const struct param param = {number(pid, w->pid)};
    /*
     * As sure as a cancel request of libpq: the signal is sent when the answer is here, and one that meets an idle backend is dropped by it.
     */
    if (session_query(w->s, "SELECT pg_catalog.pg_cancel_backend($1::pg_catalog.int4)", &param, 1, ACT_MS, NULL,
                      &err)) {
        return; /* the next look tries again; lock_timeout does its own */
    }
    w->cancelled = true;
    const struct act act = {.kind = "cancelled", .sessions = n, .ms = ms};
    if (!record(w, &act, &err)) {
        memcpy(e.sqlstate, err.sqlstate, sizeof(e.sqlstate));
    }
    watch_emit(w, &e);
}

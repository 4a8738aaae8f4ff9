#include "exec/watch.h"

#include "base/clock.h"
#include "db/session.h"

enum { LOOK_MS = 1000, OPEN_MS = 2000, BLOCKERS_MS = 2000, GUARD_MIN_MS = 20, GUARD_MAX_MS = 200 };

/*
 * pg_blocking_pids() is asked only while the backend waits for a lock at all, since it stops the lock manager for a moment. A blocker
 * without a row in pg_stat_activity is a prepared transaction (pid 0).
 */
static const char blockers_sql[] =
    "SELECT DISTINCT b.pid, coalesce(a.usename, ''), coalesce(a.application_name, ''),"
    " coalesce(a.state, CASE WHEN b.pid = 0 THEN 'prepared transaction' ELSE a.backend_type END, ''),"
    " (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - coalesce(a.xact_start, a.query_start, "
    "a.backend_start))"
    " * '1000'::pg_catalog.float8)::pg_catalog.int8, coalesce(pg_catalog.left(a.query, 1000), ''), a.backend_start"
    " FROM pg_catalog.pg_stat_activity w, pg_catalog.unnest(CASE WHEN w.wait_event_type = 'Lock'"
    " THEN pg_catalog.pg_blocking_pids(w.pid) ELSE '{}' END) b(pid)"
    " LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid WHERE w.pid = $1::pg_catalog.int4 ORDER BY 5 DESC NULLS "
    "LAST";

static const char progress_sql[] =
    "SELECT phase, CASE WHEN lockers_total > 0 AND phase LIKE 'waiting%' THEN lockers_done"
    " WHEN blocks_total > 0 THEN blocks_done ELSE tuples_done END,"
    " CASE WHEN lockers_total > 0 AND phase LIKE 'waiting%' THEN lockers_total"
    " WHEN blocks_total > 0 THEN blocks_total ELSE tuples_total END"
    " FROM pg_catalog.pg_stat_progress_create_index WHERE pid = $1::pg_catalog.int4";

/*
 * Who waits is taken from pg_locks, which everybody may read in full; pg_stat_activity hides the state of other roles' sessions. Since when is
 * there from 14 on (-1: the server does not tell). Workers of autovacuum may wait as long as they like. The last column: whether we wait, too.
 */
static const char behind_sql[] =
    "WITH RECURSIVE waiting AS MATERIALIZED (SELECT l.pid, pg_catalog.pg_blocking_pids(l.pid) AS by,"
    " min((pg_catalog.to_jsonb(l) ->> 'waitstart'::pg_catalog.text)::pg_catalog.timestamptz) AS since"
    " FROM pg_catalog.pg_locks l WHERE NOT l.granted GROUP BY l.pid),"
    " behind(pid) AS (SELECT w.pid FROM waiting w WHERE $1::pg_catalog.int4 = ANY (w.by)"
    " UNION SELECT w.pid FROM waiting w JOIN behind b ON b.pid = ANY (w.by) WHERE w.pid <> $1::pg_catalog.int4)"
    " SELECT count(*), coalesce((pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - min(w.since))"
    " * '1000'::pg_catalog.float8)::pg_catalog.int8, -1),"
    " EXISTS (SELECT FROM waiting WHERE pid = $1::pg_catalog.int4) FROM behind JOIN waiting w ON w.pid = behind.pid"
    " JOIN pg_catalog.pg_stat_activity a ON a.pid = w.pid"
    " WHERE coalesce(a.backend_type, 'client backend') = 'client backend'";

void watch_init(struct watch *w, struct loop *loop, const struct run_options *o, const struct history_sql *sql,
                const char *run_id)
{
    *w = (struct watch){.loop = loop, .o = o, .sql = sql, .run_id = run_id, .blind = !o->target || !o->sink.emit};
}

void watch_free(struct watch *w)
{
    watch_stop(w);
    session_close(w->s);
    w->s = NULL;
}

void watch_emit(struct watch *w, struct event *e)
{
    e->migration = w->base.migration;
    e->step = w->base.step;
    e->down = w->base.down;
    e->attempt = w->base.attempt;
    w->o->sink.emit(w->o->sink.arg, e);
}

static void go_blind(struct watch *w, const struct error *err)
{
    struct event e = {.kind = EVENT_BLIND, .done = -1, .total = -1, .detail = err->primary};
    w->blind = true;
    session_close(w->s);
    w->s = NULL;
    watch_emit(w, &e);
}

static bool told_before(struct watch *w, int pid)
{
    for (size_t i = 0; i < w->n_told; i++) {
        if (w->told[i] == pid) {
            return true;
        }
    }
    if (w->n_told < WATCH_MAX_TOLD) {
        w->told[w->n_told++] = pid;
    }
    return false;
}

static void tell_blockers(struct watch *w, const struct rows *rows)
{
    for (size_t i = 0; i < rows_count(rows); i++) {
        char user[64], application[128], state[64], query[1100], start[64];
        const int pid = (int)rows_i64(rows, i, 0);
        snprintf(user, sizeof(user), "%.*s", STR_ARG(rows_value(rows, i, 1)));
        snprintf(application, sizeof(application), "%.*s", STR_ARG(rows_value(rows, i, 2)));
        snprintf(state, sizeof(state), "%.*s", STR_ARG(rows_value(rows, i, 3)));
        snprintf(query, sizeof(query), "%.*s", w->o->redact ? 0 : (int)rows_value(rows, i, 5).n,
                 rows_value(rows, i, 5).p);
        snprintf(start, sizeof(start), "%.*s", STR_ARG(rows_value(rows, i, 6)));
        const struct blocker b = {.pid = pid,
                                  .user = user,
                                  .application = application,
                                  .state = state,
                                  .query = query,
                                  .backend_start = start,
                                  .age_ms = rows_i64(rows, i, 4)};
        /* Once per wait; a build that waits for hours tells at every look. */
        if (!told_before(w, pid) || w->progress) {
            struct event e = {.kind = EVENT_BLOCKED,
                              .done = -1,
                              .total = -1,
                              .pid = pid,
                              .user = user,
                              .application = application,
                              .state = state,
                              .query = query,
                              .age_ms = b.age_ms};
            watch_emit(w, &e);
        }
        watch_terminate(w, &b);
    }
}

static void tell_progress(struct watch *w, const struct rows *rows)
{
    char phase[128];
    if (rows_count(rows) == 0) {
        return;
    }
    snprintf(phase, sizeof(phase), "%.*s", STR_ARG(rows_value(rows, 0, 0)));
    struct event e = {
        .kind = EVENT_PROGRESS,
        .done = rows_i64(rows, 0, 1),
        .total = rows_i64(rows, 0, 2) > 0 ? rows_i64(rows, 0, 2) : -1,
        .detail = phase,
    };
    watch_emit(w, &e);
}

static void judge_behind(struct watch *w, const struct rows *rows)
{
    const int64_t n = rows_i64(rows, 0, 0), told = rows_i64(rows, 0, 1), now = clock_monotonic_ms();
    if (n == 0) {
        w->behind_since_ms = 0;
        return;
    }
    w->behind_since_ms = w->behind_since_ms > 0 ? w->behind_since_ms : now;
    w->retry->queued = true;
    watch_judge(w, n, told >= 0 ? told : now - w->behind_since_ms, rows_bool(rows, 0, 2));
}

/* Of several hosts the one that takes changes: our session is there. */
static enum status open_session(struct watch *w, struct error *err)
{
    struct target target = *w->o->target;
    if (w->s && session_usable(w->s)) {
        return ST_OK;
    }
    target.connect_timeout_ms = OPEN_MS;
    target.read_write = true;
    session_close(w->s);
    w->s = NULL;
    const enum status status = session_open(w->loop, &target, &w->s, err);
    w->reached = w->reached || !status;
    return status;
}

/* Ended by hand, or with the server, or out of reach: the next look opens another one. */
static void drop_unusable(struct watch *w)
{
    if (!session_usable(w->s)) {
        session_close(w->s);
        w->s = NULL;
    }
}

enum status watch_ask(struct watch *w, const char *sql, const struct param *params, size_t n, struct rows **rows,
                      struct error *err)
{
    enum status status = open_session(w, err);
    if (!status) {
        status = session_query(w->s, sql, params, n, LOOK_MS, rows, err);
        drop_unusable(w);
    }
    return status;
}

static void look(struct watch *w)
{
    struct error err;
    char pid[16];
    if (w->blind) {
        return;
    }
    const enum status opened = open_session(w, &err);
    if (opened) {
        if (opened != ST_INTERRUPTED) {
            go_blind(w, &err);
        }
        return;
    }
    snprintf(pid, sizeof(pid), "%d", w->pid);
    const struct param param = {pid};
    struct pipelined items[3];
    struct rows *rows[3] = {NULL};
    size_t n = 0, failed;
    const bool blockers = clock_monotonic_ms() - w->begun_ms >= w->blockers_from_ms;
    if (blockers) {
        items[n++] = (struct pipelined){blockers_sql, &param, 1};
    }
    if (w->guard) {
        items[n++] = (struct pipelined){behind_sql, &param, 1};
    }
    if (w->progress) {
        items[n++] = (struct pipelined){progress_sql, &param, 1};
    }
    const enum status status = session_pipeline(w->s, items, n, LOOK_MS, rows, &failed, &err);
    if (!status) {
        size_t at = 0;
        if (blockers) {
            tell_blockers(w, rows[at++]);
        }
        if (w->guard) {
            judge_behind(w, rows[at++]);
        }
        if (w->progress) {
            tell_progress(w, rows[at]);
        }
    } else if (status != ST_INTERRUPTED) {
        drop_unusable(w);
    }
    for (size_t i = 0; i < countof(rows); i++) {
        rows_free(rows[i]);
    }
}

/* The look for blockers comes at its time, however long those before it took. */
static void on_timer(void *arg)
{
    struct watch *w = arg;
    const int timer = w->timer;
    look(w);
    const int64_t left = w->begun_ms + w->blockers_from_ms - clock_monotonic_ms();
    if (w->timer == timer && left > 0 && left < w->every_ms) {
        loop_timer_remove(w->loop, timer);
        w->timer = loop_timer_add(w->loop, left, on_timer, w);
    }
}

static void start(struct watch *w, int pid, int64_t every_ms, const struct event *base)
{
    watch_stop(w);
    w->pid = pid;
    w->base = *base;
    w->n_told = 0;
    w->cancelled = false;
    w->behind_since_ms = 0;
    w->begun_ms = clock_monotonic_ms();
    w->every_ms = every_ms;
    if (!w->blind) {
        w->timer = loop_timer_add(w->loop, every_ms, on_timer, w);
    }
}

void watch_start(struct watch *w, int pid, int64_t every_ms, bool progress, const struct event *base)
{
    w->progress = progress;
    w->guard = false;
    w->blockers_from_ms = 0;
    start(w, pid, every_ms, base);
}

void watch_guard(struct watch *w, int pid, struct retry *retry, const struct event *base)
{
    const int64_t lock_ms = retry_lock_timeout(retry);
    int64_t every = w->o->max_block_ms > 0 ? w->o->max_block_ms / 5 : GUARD_MAX_MS;
    w->progress = false;
    w->guard = true;
    w->retry = retry;
    w->queue_ms = w->o->max_block_ms > 0 ? retry_queue_limit(retry) : 0;
    w->blockers_from_ms = lock_ms > 0 ? lock_ms * 4 / 5 : BLOCKERS_MS;
    /* Once before, so that the session is open and has met the tables when it counts. */
    every = w->blockers_from_ms / 2 < every ? w->blockers_from_ms / 2 : every;
    every = w->queue_ms > 0 && w->queue_ms / 4 < every ? w->queue_ms / 4 : every;
    start(w, pid, every < GUARD_MIN_MS ? GUARD_MIN_MS : every > GUARD_MAX_MS ? GUARD_MAX_MS : every, base);
}

void watch_stop(struct watch *w)
{
    if (w->timer) {
        loop_timer_remove(w->loop, w->timer);
        w->timer = 0;
    }
}

bool watch_cancelled(const struct watch *w, const struct error *err)
{
    return w->cancelled && error_sql_class(err) == SQL_QUERY_CANCELED;
}

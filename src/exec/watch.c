#include "exec/watch.h"

#include "db/session.h"

enum { LOOK_MS = 1000, OPEN_MS = 2000 };

/*
 * pg_blocking_pids() is asked only while the backend waits for a lock at all, since it stops the lock manager for a moment. A blocker
 * without a row in pg_stat_activity is a prepared transaction (pid 0).
 */
static const char blockers_sql[] =
    "SELECT DISTINCT b.pid, coalesce(a.usename, ''), coalesce(a.application_name, ''),"
    " coalesce(a.state, CASE WHEN b.pid = 0 THEN 'prepared transaction' ELSE a.backend_type END, ''),"
    " (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - coalesce(a.xact_start, a.query_start, "
    "a.backend_start))"
    " * '1000'::pg_catalog.float8)::pg_catalog.int8, coalesce(pg_catalog.left(a.query, 1000), '')"
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

void watch_init(struct watch *w, struct loop *loop, const struct target *target, const struct event_sink *sink)
{
    *w = (struct watch){.loop = loop, .target = target, .sink = sink, .blind = !target || !sink->emit};
}

void watch_free(struct watch *w)
{
    watch_stop(w);
    session_close(w->s);
    w->s = NULL;
}

static void emit(struct watch *w, struct event *e)
{
    e->migration = w->base.migration;
    e->step = w->base.step;
    e->down = w->base.down;
    e->attempt = w->base.attempt;
    w->sink->emit(w->sink->arg, e);
}

static void go_blind(struct watch *w, const struct error *err)
{
    struct event e = {.kind = EVENT_NOTICE, .done = -1, .total = -1};
    char text[1200];
    snprintf(text, sizeof(text), "WARNING no second connection to see who blocks: %s", err->primary);
    e.detail = text;
    w->blind = true;
    session_close(w->s);
    w->s = NULL;
    emit(w, &e);
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
        char user[64], application[128], state[64], query[1100];
        const int pid = (int)rows_i64(rows, i, 0);
        /* Once per wait; a build that waits for hours tells at every look. */
        if (told_before(w, pid) && !w->progress) {
            continue;
        }
        snprintf(user, sizeof(user), "%.*s", STR_ARG(rows_value(rows, i, 1)));
        snprintf(application, sizeof(application), "%.*s", STR_ARG(rows_value(rows, i, 2)));
        snprintf(state, sizeof(state), "%.*s", STR_ARG(rows_value(rows, i, 3)));
        snprintf(query, sizeof(query), "%.*s", STR_ARG(rows_value(rows, i, 5)));
        struct event e = {
            .kind = EVENT_BLOCKED,
            .done = -1,
            .total = -1,
            .pid = pid,
            .user = user,
            .application = application,
            .state = state,
            .query = query,
            .age_ms = rows_i64(rows, i, 4),
        };
        emit(w, &e);
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
    emit(w, &e);
}

static void look(void *arg)
{
    struct watch *w = arg;
    struct error err;
    char pid[16];
    if (w->blind) {
        return;
    }
    if (!w->s || !session_usable(w->s)) {
        struct target target = *w->target;
        target.connect_timeout_ms = OPEN_MS;
        session_close(w->s);
        w->s = NULL;
        if (session_open(w->loop, &target, &w->s, &err)) {
            go_blind(w, &err);
            return;
        }
    }
    snprintf(pid, sizeof(pid), "%d", w->pid);
    const struct param param = {pid};
    const struct pipelined items[] = {{blockers_sql, &param, 1}, {progress_sql, &param, 1}};
    struct rows *rows[2] = {NULL};
    size_t failed;
    const enum status status = session_pipeline(w->s, items, w->progress ? 2 : 1, LOOK_MS, rows, &failed, &err);
    if (!status) {
        tell_blockers(w, rows[0]);
        if (w->progress) {
            tell_progress(w, rows[1]);
        }
    } else if (status != ST_INTERRUPTED && !session_usable(w->s)) {
        go_blind(w, &err);
    }
    rows_free(rows[0]);
    rows_free(rows[1]);
}

void watch_start(struct watch *w, int pid, int64_t every_ms, bool progress, const struct event *base)
{
    watch_stop(w);
    w->pid = pid;
    w->progress = progress;
    w->base = *base;
    w->n_told = 0;
    if (!w->blind) {
        w->timer = loop_timer_add(w->loop, every_ms, look, w);
    }
}

void watch_stop(struct watch *w)
{
    if (w->timer) {
        loop_timer_remove(w->loop, w->timer);
        w->timer = 0;
    }
}

#include "exec/runlock.h"

#include "base/clock.h"

enum { POLL_FIRST_MS = 25, POLL_LAST_MS = 1000, ANSWER_MS = 10000 };

static enum status try_once(struct session *s, const struct history_sql *sql, const char *application, bool *got,
                            struct runlock *out, struct error *err)
{
    struct rows *rows = NULL;
    const struct param name = {application};
    const enum status status = session_query(s, sql->at[HSQL_LOCK_TRY], &name, 1, ANSWER_MS, &rows, err);
    if (status) {
        error_context(err, "cannot take the run lock");
        return status;
    }
    const struct str start = rows_value(rows, 0, 3);
    *got = rows_bool(rows, 0, 0);
    *out = (struct runlock){
        .pid = (int)rows_i64(rows, 0, 1),
        .key = rows_i64(rows, 0, 2),
        .standby = rows_bool(rows, 0, 4),
        .read_only = rows_bool(rows, 0, 5),
    };
    snprintf(out->synchronous_commit, sizeof(out->synchronous_commit), "%.*s", STR_ARG(rows_value(rows, 0, 6)));
    snprintf(out->backend_start, sizeof(out->backend_start), "%.*s", STR_ARG(start));
    rows_free(rows);
    return ST_OK;
}

/* Who holds it: "pid 4711 (migrate/9f1c… of app at 10.0.0.7), since …" in *err's detail, and as an event when it is somebody new. */
static void tell_holder(struct session *s, const struct history_sql *sql, const struct event_sink *sink, int *told,
                        struct error *err)
{
    struct rows *rows = NULL;
    struct error ignored;
    struct event e = {.kind = EVENT_RUN_LOCK_WAIT, .done = -1, .total = -1};
    if (session_query(s, sql->at[HSQL_LOCK_HOLDER], NULL, 0, ANSWER_MS, &rows, &ignored) || rows_count(rows) == 0) {
        rows_free(rows);
        return;
    }
    e.pid = (int)rows_i64(rows, 0, 0);
    e.age_ms = rows_i64(rows, 0, 4);
    struct strbuf age;
    strbuf_init(&age, 64);
    clock_duration(e.age_ms, &age);
    error_detail(err, "held by pid %d, %.*s, user %.*s, connected from %.*s since %.*s (%s)", e.pid,
                 STR_ARG(rows_value(rows, 0, 2)), STR_ARG(rows_value(rows, 0, 1)), STR_ARG(rows_value(rows, 0, 5)),
                 STR_ARG(rows_value(rows, 0, 3)), strbuf_cstr(&age));
    strbuf_free(&age);
    if (sink && sink->emit && e.pid != *told) {
        char user[64], application[128];
        snprintf(user, sizeof(user), "%.*s", STR_ARG(rows_value(rows, 0, 1)));
        snprintf(application, sizeof(application), "%.*s", STR_ARG(rows_value(rows, 0, 2)));
        e.user = user;
        e.application = application;
        e.detail = err->detail;
        sink->emit(sink->arg, &e);
        *told = e.pid;
    }
    rows_free(rows);
}

enum status runlock_take(struct loop *loop, struct session *s, const struct history_sql *sql, const char *application,
                         int64_t wait_ms, const struct event_sink *sink, struct runlock *out, struct error *err)
{
    const int64_t until = clock_monotonic_ms() + wait_ms;
    int64_t pause = POLL_FIRST_MS;
    int told = 0;
    for (;;) {
        bool got = false;
        enum status status = try_once(s, sql, application, &got, out, err);
        if (status || got) {
            return status;
        }
        error_set(err, ST_RUN_LOCKED, "another run holds the run lock of this database");
        error_hint(err, "wait for it to finish, or try again with a longer --run-lock-wait");
        tell_holder(s, sql, sink, &told, err);
        const int64_t left = until - clock_monotonic_ms();
        if (left <= 0) {
            return ST_RUN_LOCKED;
        }
        /* Jitter, so that several waiting runners do not ask in step. */
        int64_t ms = pause / 2 + (int64_t)random_below((uint64_t)pause);
        ms = ms < left ? ms : left;
        pause = pause * 2 < POLL_LAST_MS ? pause * 2 : POLL_LAST_MS;
        struct error interrupted;
        if (loop_sleep(loop, ms, &interrupted)) {
            *err = interrupted;
            return ST_INTERRUPTED;
        }
    }
}

enum status runlock_held(struct session *s, const struct history_sql *sql, bool *held, struct error *err)
{
    struct rows *rows = NULL;
    const enum status status = session_query(s, sql->at[HSQL_LOCK_HELD], NULL, 0, ANSWER_MS, &rows, err);
    if (!status) {
        *held = rows_bool(rows, 0, 0);
        rows_free(rows);
    }
    return status;
}

void runlock_release(struct session *s, const struct history_sql *sql)
{
    struct error ignored;
    if (session_usable(s) && session_query(s, sql->at[HSQL_LOCK_RELEASE], NULL, 0, ANSWER_MS, NULL, &ignored)) {
        /* The session cannot answer: closing it gives the lock back. */
        return;
    }
}

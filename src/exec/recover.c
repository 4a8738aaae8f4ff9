/* The session of a run: its settings, what it must be able to do, and another one when it is lost. */
#include "exec/run.h"

#include "base/clock.h"

enum status run_lock(struct run *r, int64_t wait_ms, struct error *err)
{
    const enum status status =
        runlock_take(r->loop, r->s, &r->sql, r->application, wait_ms, &r->o->sink, &r->lock, err);
    snprintf(r->pid_text, sizeof(r->pid_text), "%d", r->lock.pid);
    step_settings_unknown(r);
    return status;
}

enum status run_settings_again(struct run *r, struct error *err)
{
    struct pipe p;
    arena_reset(&r->scratch);
    pipe_begin(&p, &r->scratch);
    pipe_add(&p, "RESET SESSION AUTHORIZATION");
    pipe_add(&p, "RESET ROLE");
    pipe_add(&p, "RESET ALL");
    /* A temporary table hides a table of the same name from the next file. */
    pipe_add(&p, "DISCARD TEMP");
    pipe_add(&p, "CLOSE ALL");
    pipe_add(&p, "UNLISTEN *");
    const enum status status = pipe_run(&p, r->s, ANSWER_MS, NULL, err);
    if (status) {
        return status;
    }
    session_settings_again(r->s);
    /* DISCARD ALL and pg_advisory_unlock_all() take the run lock with them. */
    return run_lock(r, r->o->run_lock_wait_ms, err);
}

/*
 * A pooler between us and the server gives another pid than the startup told. When it hands one server connection to several clients (a
 * transaction of a second connection runs in our backend), a session's lock and settings mean nothing.
 */
static enum status check_pooler(struct run *r, struct error *err)
{
    struct session *second = NULL;
    struct rows *rows = NULL;
    struct error ignored;
    bool shared = false;
    if (r->lock.pid == session_pid(r->s) || !r->o->target) {
        return ST_OK;
    }
    if (!session_open(r->loop, r->o->target, &second, &ignored) &&
        !session_query(second, "SELECT pg_catalog.pg_backend_pid()", NULL, 0, ANSWER_MS, &rows, &ignored)) {
        shared = rows_i64(rows, 0, 0) == r->lock.pid;
    }
    rows_free(rows);
    session_close(second);
    if (!shared) {
        return ST_OK;
    }
    /* Other clients get this server session after us: leave it without our settings, as far as that can be had. */
    if (!session_query(r->s, "RESET ALL", NULL, 0, ANSWER_MS, NULL, &ignored)) {
        step_settings_unknown(r);
    }
    error_set(err, ST_SERVER, "%s is a connection pooler in transaction mode: two connections share one server session",
              session_host(r->s));
    error_hint(err, "give the server's own address; the run lock and session settings do not hold through this pooler");
    return ST_SERVER;
}

enum status run_check_server(struct run *r, struct error *err)
{
    if (r->lock.standby) {
        error_set(err, ST_SERVER, "%s is a standby: it cannot be changed", session_host(r->s));
        memcpy(err->sqlstate, "25006", sizeof("25006"));
        error_hint(err, "connect to the primary; with several hosts in the URL, add target_session_attrs=read-write");
        return ST_SERVER;
    }
    if (r->lock.read_only) {
        error_set(err, ST_SERVER, "transactions are read-only on this connection");
        memcpy(err->sqlstate, "25006", sizeof("25006"));
        error_hint(err, "default_transaction_read_only is on for this role, database or server");
        return ST_SERVER;
    }
    return check_pooler(r, err);
}

static void notice_hook(void *arg, const char *severity, const char *message)
{
    const struct run *r = arg;
    struct strbuf text;
    strbuf_init(&text, 16384);
    strbuf_addf(&text, "%s %s", severity, message);
    struct event e = {.kind = EVENT_NOTICE, .done = -1, .total = -1, .detail = strbuf_cstr(&text)};
    run_emit(r, &e);
    strbuf_free(&text);
}

void run_listen(struct run *r)
{
    session_on_notice(r->s, notice_hook, r);
}

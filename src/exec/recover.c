/* The session of a run: its settings, what it must be able to do, and another one when it is lost. */
#include "exec/run.h"

#include "base/clock.h"

enum status run_lock(struct run *r, int64_t wait_ms, struct error *err)
{
    /* First the other tool's, as who began the run did: two runs that take them in different orders would wait for each other. */
    enum status status =
        r->o->mirror.tool ? foreign_lock(r->loop, r->s, r->o->mirror.tool, r->o->mirror.relation, wait_ms, err) : ST_OK;
    if (status) {
        return status;
    }
    status = runlock_take(r->loop, r->s, &r->sql, r->application, wait_ms, &r->o->sink, &r->lock, err);
    r->lock_of = status ? NULL : r->s;
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
 * A pooler between us and the server gives another pid than the startup told. Whether it leaves a client its server connection is found out by
 * what it does: several connections more, each with a transaction open, so that none of theirs is free. When one of them works in our backend, or our
 * next statement in another one, then a session's lock and settings mean nothing. One that gets no server connection at all shows nothing:
 * ours was kept from it.
 */
enum { MORE_CONNECTIONS = 3, SHARE_MS = 1500 };

enum sharing { SHARES_NOT, SHARES, SHARES_UNKNOWN };

static enum status backend_of(struct session *s, const char *before, int64_t deadline_ms, int *pid, struct error *err)
{
    const struct pipelined items[] = {{before, NULL, 0}, {"SELECT pg_catalog.pg_backend_pid()", NULL, 0}};
    struct rows *rows[2] = {NULL};
    size_t failed;
    const enum status status = session_pipeline(s, items, 2, deadline_ms, rows, &failed, err);
    *pid = status ? 0 : (int)rows_i64(rows[1], 0, 0);
    rows_free(rows[0]);
    rows_free(rows[1]);
    return status;
}

static enum sharing find_sharing(struct run *r, struct error *why)
{
    struct session *more[MORE_CONNECTIONS] = {NULL};
    enum sharing found = SHARES_UNKNOWN;
    int pid = 0;
    for (size_t i = 0; i < MORE_CONNECTIONS && found != SHARES; i++) {
        enum status status = session_open(r->loop, r->o->target, &more[i], why);
        status = status ? status : backend_of(more[i], "BEGIN", SHARE_MS, &pid, why);
        if (status == ST_INTERRUPTED || (status && !more[i])) {
            break;
        }
        found = !status && pid == r->lock.pid ? SHARES : SHARES_NOT;
        if (status) {
            break; /* no answer: no server connection was free for it, and ours is one */
        }
    }
    if (found != SHARES && !backend_of(r->s, "SELECT 1", ANSWER_MS, &pid, why) && pid != r->lock.pid) {
        found = SHARES;
    }
    for (size_t i = 0; i < MORE_CONNECTIONS; i++) {
        session_close(more[i]);
    }
    return found;
}

static enum status check_pooler(struct run *r, struct error *err)
{
    struct error why = {0};
    if (r->lock.pid == session_pid(r->s) || !r->o->target) {
        return ST_OK;
    }
    const enum sharing found = find_sharing(r, &why);
    if (loop_interrupted(r->loop)) {
        return loop_interrupt_error(err);
    }
    if (found == SHARES_NOT) {
        return ST_OK;
    }
    if (found == SHARES_UNKNOWN) {
        error_set(err, ST_SERVER,
                  "%s is a connection pooler, and whether it shares server sessions among clients cannot "
                  "be told",
                  session_host(r->s));
        error_detail(err, "a second connection would show it: %s", why.primary);
        error_hint(err, "give the server's own address, or let the pooler and the role have one more connection");
        return ST_SERVER;
    }
    /* Other clients get this server session after us: leave it without our settings, as far as that can be had. */
    if (!session_query(r->s, "RESET ALL", NULL, 0, ANSWER_MS, NULL, &why)) {
        step_settings_unknown(r);
    }
    error_set(err, ST_SERVER, "%s is a connection pooler in transaction mode: two connections share one server session",
              session_host(r->s));
    error_hint(err,
               "give the server's own address (with PgBouncer and Supavisor another port, often 5432), or the pooler's"
               " in session mode; the run lock and session settings do not hold through this one");
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

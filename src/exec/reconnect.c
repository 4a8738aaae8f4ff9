/*
 * The connection is lost, or the server is a primary no more: another session, on the same database, wherever it is now.
 *
 * Names are looked up anew with each try, and only a server that takes changes will do. It must be the same database cluster, and not the
 * primary of before, come back after another one was promoted. Nothing goes on until the old backend, if it still lives, is through with what
 * it does: then history tells what became of it.
 */
#include "base/clock.h"
#include "exec/run.h"

enum { PAUSE_FIRST_MS = 100, PAUSE_LAST_MS = 2000, POLL_MS = 500 };

/* ---- who is the server? ---- */

enum status run_identity(struct run *r, struct identity *out, struct error *err)
{
    static const char sql[] = "SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system()),"
                              " pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn())";
    struct rows *rows = NULL;
    *out = (struct identity){0};
    const enum status status = session_query(r->s, sql, NULL, 0, ANSWER_MS, &rows, err);
    if (status) {
        /* Services that keep the storage to themselves do not tell; that is no failure of the connection. */
        return session_usable(r->s) && status != ST_INTERRUPTED ? ST_OK : status;
    }
    snprintf(out->cluster, sizeof(out->cluster), "%.*s", STR_ARG(rows_value(rows, 0, 0)));
    snprintf(out->timeline, sizeof(out->timeline), "%.8s", arena_cstr(&r->scratch, rows_value(rows, 0, 1)));
    rows_free(rows);
    return ST_OK;
}

/* ST_GAVE_WAY: not this server, but perhaps the next try's. */
static enum status same_database(struct run *r, struct error *err)
{
    struct identity now;
    enum status status = run_identity(r, &now, err);
    if (status) {
        return status;
    }
    const bool known = r->identity.cluster[0] && now.cluster[0];
    if (known && strcmp(r->identity.cluster, now.cluster) != 0) {
        error_set(err, ST_SERVER, "%s is not the database that this run began with", session_host(r->s));
        error_detail(err, "its system identifier is %s, that of the lost connection was %s", now.cluster,
                     r->identity.cluster);
        error_hint(err, "look where the connection string leads; what was done is in the history of the other one");
        return ST_SERVER;
    }
    if (known && strcmp(now.timeline, r->identity.timeline) < 0) {
        error_set(err, ST_GAVE_WAY, "%s is a primary of before the promotion", session_host(r->s));
        error_detail(err, "its timeline is %s, this run was on %s already", now.timeline, r->identity.timeline);
        return ST_GAVE_WAY;
    }
    status = run_record_again(r, known, err);
    if (!status) {
        r->identity = now;
    }
    return status;
}

/* ---- the old backend ---- */

/*
 * It works on: it may yet commit, so it is waited for; what had a time limit has had it by then, and is cancelled, then ended. It does nothing: nobody
 * will ever tell it to do more, and on a dead network the server would keep it, with its locks, for minutes. It is our own, by pid, time of start and
 * name.
 */
static enum status settle_old(struct run *r, const struct runlock *old, const char *act, bool *gone, bool *told,
                              struct error *err)
{
    static const char sql[] =
        "SELECT coalesce(a.state, '') = 'active', CASE WHEN a.state LIKE 'idle%' OR $4 = 'end' THEN"
        " pg_catalog.pg_terminate_backend(a.pid) WHEN $4 = 'cancel' THEN"
        " pg_catalog.pg_cancel_backend(a.pid) END FROM pg_catalog.pg_stat_activity a"
        " WHERE a.pid = $1::pg_catalog.int4 AND a.backend_start = $2::pg_catalog.timestamptz"
        " AND a.application_name = $3 AND a.pid <> pg_catalog.pg_backend_pid()";
    char pid[16];
    struct rows *rows = NULL;
    snprintf(pid, sizeof(pid), "%d", old->pid);
    const struct param params[] = {{pid}, {old->backend_start}, {r->application}, {act}};
    const enum status status = session_query(r->s, sql, params, 4, ANSWER_MS, &rows, err);
    if (status) {
        return status;
    }
    *gone = rows_count(rows) == 0;
    if (!*gone && rows_bool(rows, 0, 0) && !*told) {
        struct event e = run_event(NULL, NULL, EVENT_BLOCKED);
        e.pid = old->pid;
        e.state = "the statement of the lost connection is still going on";
        run_emit(r, &e);
        *told = true;
    }
    rows_free(rows);
    return ST_OK;
}

static enum status wait_for_old(struct run *r, const struct runlock *old, struct error *err)
{
    const int64_t begun = clock_monotonic_ms(), third = r->o->answer_timeout_ms / 3;
    bool gone = false, told = false;
    enum status status = settle_old(r, old, "look", &gone, &told, err);
    while (!status && !gone) {
        const int64_t waited = clock_monotonic_ms() - begun;
        if (r->bounded && waited > 3 * third) {
            error_set(err, ST_SERVER, "the backend of the lost connection, pid %d, does not end", old->pid);
            error_detail(err, "it was cancelled and terminated, and still holds what it had locked");
            error_hint(err, "look at that process on the server (it may be stopped); then run the same command again");
            return ST_SERVER;
        }
        status = loop_sleep(r->loop, third < POLL_MS ? third : POLL_MS, err);
        const char *act = !r->bounded || waited < third ? "look" : waited < 2 * third ? "cancel" : "end";
        status = status ? status : settle_old(r, old, act, &gone, &told, err);
    }
    return status;
}

/* ---- another session ---- */

static enum status try_once(struct run *r, const struct runlock *old, struct error *err)
{
    const int64_t wait = r->o->run_lock_wait_ms > LOCK_AGAIN_MS ? r->o->run_lock_wait_ms : LOCK_AGAIN_MS;
    struct target target = *r->o->target;
    target.read_write = true;
    session_close(r->opened);
    r->opened = NULL;
    r->s = r->first;
    enum status status = session_open(r->loop, &target, &r->opened, err);
    if (status) {
        return status;
    }
    r->s = r->opened;
    run_listen(r);
    status = wait_for_old(r, old, err);
    status = status ? status : run_lock(r, wait, err);
    status = status ? status : run_check_server(r, err);
    return status ? status : same_database(r, err);
}

/* Is it a failure that another try may get over? */
static bool may_pass(const struct run *r, enum status status, const struct error *err)
{
    const enum sql_class class = error_sql_class(err);
    return status == ST_GAVE_WAY || class == SQL_CONNECTION_LOST || class == SQL_READ_ONLY || class == SQL_TOO_MANY ||
           (status == ST_SERVER && r->opened && !session_usable(r->opened));
}

enum status run_recover(struct run *r, struct error *err)
{
    const int64_t until = clock_monotonic_ms() + r->o->reconnect_ms;
    const struct runlock old = r->lock;
    int64_t pause = PAUSE_FIRST_MS;
    if (!r->o->target) {
        return error_set(err, ST_SERVER, "the connection was lost, and there is nothing to open another one with");
    }
    for (;;) {
        struct error interrupted;
        enum status status = try_once(r, &old, err);
        if (!status || status == ST_INTERRUPTED || !may_pass(r, status, err)) {
            return status;
        }
        if (clock_monotonic_ms() + pause > until) {
            error_context(err, "the connection was lost and cannot be opened again");
            error_hint(err, "what was done is in the history: run the same command again when the server is back");
            return err->status = ST_SERVER;
        }
        status = loop_sleep(r->loop, pause / 2 + (int64_t)random_below((uint64_t)pause), &interrupted);
        if (status) {
            *err = interrupted;
            return status;
        }
        pause = pause * 2 < PAUSE_LAST_MS ? pause * 2 : PAUSE_LAST_MS;
    }
}

/*
 * Requests: send, wait, collect, cancel.
 *
 * A request that passes its deadline, or that a signal interrupts, is cancelled with PQcancel() and its answer still read, so that
 * the session stays usable. PQcancel() blocks on a connection of its own (libpq has another form from 17 on only), so a child process makes it. A
 * server that does not answer a cancel within DRAIN_MS loses the connection.
 */
#include "db/session_impl.h"

#include "base/clock.h"
#include "db/child.h"

#include <poll.h>

/* ---- errors ---- */

static const char *field(const PGresult *result, int code)
{
    const char *text = result ? PQresultErrorField(result, code) : NULL;
    return text ? text : "";
}

/* libpq's message of a failure that no server reported, in one line. */
static void local_message(const char *message, struct error *err)
{
    struct str text = str_trim(str_of(message)), line;
    if (!str_next(&text, '\n', &line)) {
        line = STR("no answer from the server");
    }
    const struct str rest = str_trim(text);
    error_set(err, ST_SERVER, "%.*s", STR_ARG(line));
    if (rest.n > 0) {
        error_detail(err, "%.*s", STR_ARG(rest));
    }
}

enum status result_error(struct session *s, const PGresult *result, struct error *err)
{
    const char *state = field(result, PG_DIAG_SQLSTATE);
    const char *position = field(result, PG_DIAG_STATEMENT_POSITION);
    const char *context = field(result, PG_DIAG_CONTEXT);
    int64_t at = 0;
    s->position = str_to_i64(str_of(position), 1, INT_MAX, &at) ? (int)at : 0;
    if (!state[0]) {
        local_message(result ? PQresultErrorMessage(result) : PQerrorMessage(s->conn), err);
        if (PQstatus(s->conn) != CONNECTION_OK) {
            /* Nobody sent a SQLSTATE; connection_failure is what the standard calls it. */
            memcpy(err->sqlstate, "08006", sizeof("08006"));
        }
        return ST_SERVER;
    }
    error_set(err, ST_SERVER, "%s", field(result, PG_DIAG_MESSAGE_PRIMARY));
    snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", state);
    const char *detail = field(result, PG_DIAG_MESSAGE_DETAIL);
    if (detail[0] || context[0]) {
        error_detail(err, "%s%s%s", detail, detail[0] && context[0] ? "\n" : "", context);
    }
    error_hint(err, "%s", field(result, PG_DIAG_MESSAGE_HINT));
    return ST_SERVER;
}

/* ---- the course of a request ---- */

enum status request_begin(struct session *s, int64_t budget_ms, struct request *rq, struct error *err)
{
    *rq = (struct request){.budget_ms = budget_ms};
    s->position = 0;
    if (s->busy) {
        BUG("a request on a session that is waiting for another one");
    }
    if (s->conn && PQstatus(s->conn) != CONNECTION_OK) {
        session_lose(s, "%s", "the server closed it");
    }
    if (!s->conn) {
        error_set(err, ST_SERVER, "the connection to %s is gone: %s", session_host(s), s->lost);
        memcpy(err->sqlstate, "08003", sizeof("08003"));
        return ST_SERVER;
    }
    if (loop_interrupted(s->loop)) {
        return loop_interrupt_error(err);
    }
    rq->deadline = loop_deadline(s->loop, budget_ms);
    s->busy = true;
    s->heard_ms = clock_monotonic_ms();
    return ST_OK;
}

static void send_cancel(int fd, void *arg)
{
    char message[256];
    (void)fd;
    (void)PQcancel(arg, message, sizeof(message));
}

static void cut_short(struct session *s, struct request *rq, int how)
{
    struct strbuf nothing;
    rq->cut = how;
    rq->drain_until = clock_monotonic_ms() + DRAIN_MS;
    PGcancel *cancel = PQgetCancel(s->conn);
    if (cancel) {
        /*
         * Its failure shows in that no answer comes. The child ends when the server has sent the signal, so it cannot hit a later statement; one
         * that hangs is killed.
         */
        strbuf_init(&nothing, 16);
        (void)!child_run(s->loop, send_cancel, cancel, rq->drain_until, false, &nothing);
        strbuf_free(&nothing);
        PQfreeCancel(cancel);
    }
}

bool request_pump(struct session *s, struct request *rq)
{
    const short events = PQflush(s->conn) > 0 ? POLLIN | POLLOUT : POLLIN;
    const bool runs = rq->cut == REQUEST_RUNS;
    switch (loop_wait(s->loop, PQsocket(s->conn), events, runs ? rq->deadline : rq->drain_until, runs)) {
    case LOOP_READY:
        s->heard_ms = clock_monotonic_ms();
        if (!PQconsumeInput(s->conn)) {
            rq->broken = true;
        } else if (runs && rq->deadline > 0 && clock_monotonic_ms() >= rq->deadline && PQisBusy(s->conn)) {
            /* An answer that never ends is always ready. */
            cut_short(s, rq, REQUEST_PAST_DEADLINE);
        }
        return true;
    case LOOP_SIGNAL:
        cut_short(s, rq, REQUEST_SIGNALLED);
        return true;
    case LOOP_TIMEOUT:
        if (runs) {
            cut_short(s, rq, REQUEST_PAST_DEADLINE);
            return true;
        }
        break;
    }
    session_lose(s, "the server did not answer a cancel request within %d s", DRAIN_MS / 1000);
    return false;
}

PGresult *request_result(struct session *s, struct request *rq)
{
    while (s->conn && !rq->broken && PQisBusy(s->conn)) {
        if (!request_pump(s, rq)) {
            return NULL;
        }
    }
    return s->conn ? PQgetResult(s->conn) : NULL;
}

enum status request_results(struct session *s, struct request *rq, const struct str *copy, struct rows **out,
                            struct error *err)
{
    enum status status = ST_OK;
    PGresult *kept = NULL, *result;
    s->row_by_row = false;
    if (!out) {
        /* Rows that nobody wants are read one by one: a SELECT over a large table must not fill our memory. */
        s->row_by_row = PQsetSingleRowMode(s->conn) != 0;
    }
    while ((result = request_result(s, rq)) != NULL) {
        switch (PQresultStatus(result)) {
        case PGRES_COPY_IN:
            copy_send(s, rq, copy);
            break;
        case PGRES_COPY_OUT:
        case PGRES_COPY_BOTH:
            copy_skip(s, rq);
            break;
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
        case PGRES_EMPTY_QUERY:
            PQclear(kept);
            kept = result;
            result = NULL;
            break;
        case PGRES_SINGLE_TUPLE:
            break;
        default:
            if (!status) {
                status = result_error(s, result, err);
            }
            if (PQstatus(s->conn) != CONNECTION_OK) {
                rq->broken = true;
            }
            break;
        }
        PQclear(result);
    }
    if (!s->conn && !status) {
        status = error_set(err, ST_SERVER, "the connection to %s was given up: %s", session_host(s), s->lost);
        memcpy(err->sqlstate, "08006", sizeof("08006"));
    } else if (!kept && !status) {
        status = result_error(s, NULL, err);
    }
    if (!status && out) {
        *out = rows_new(kept);
        kept = NULL;
    }
    PQclear(kept);
    return status;
}

/* Give a failure of a request that was cut short its final form: what cut it counts, not the server's word for it. */
static enum status cut_status(const struct request *rq, struct error *err)
{
    struct error was = *err;
    const enum sql_class class = error_sql_class(&was);
    if (class != SQL_QUERY_CANCELED && class != SQL_CONNECTION_LOST) {
        return was.status; /* it failed by itself just before */
    }
    const char *left_behind = class == SQL_CONNECTION_LOST ? "; the statement may still be running there" : "";
    enum status status = ST_SERVER; /* without an answer nobody knows what became of it */
    if (rq->cut == REQUEST_SIGNALLED) {
        status = loop_interrupt_error(err);
        error_detail(err, "%s%s", was.primary, left_behind);
    } else {
        struct strbuf budget;
        strbuf_init(&budget, 64);
        clock_duration(rq->budget_ms > 0 ? rq->budget_ms : LOOP_CALLBACK_MS, &budget);
        if (class == SQL_QUERY_CANCELED) {
            status =
                error_set(err, ST_GAVE_WAY, "no answer within %s: the statement was cancelled", strbuf_cstr(&budget));
            error_detail(err, "%s", was.primary);
        } else {
            error_detail(err, "no answer within %s%s", strbuf_cstr(&budget), left_behind);
        }
        strbuf_free(&budget);
    }
    memcpy(err->sqlstate, was.sqlstate, sizeof(was.sqlstate));
    return status;
}

enum status request_end(struct session *s, struct request *rq, enum status status, struct error *err)
{
    s->busy = false;
    if (status && s->abandoned) {
        status = error_set(err, ST_SERVER, "the connection to %s was given up: %s", session_host(s), s->lost);
        memcpy(err->sqlstate, "08006", sizeof("08006"));
    } else if (status && rq->cut != REQUEST_RUNS) {
        status = cut_status(rq, err);
    }
    if (s->conn && (rq->broken || PQstatus(s->conn) != CONNECTION_OK)) {
        session_lose(s, "%s", status ? err->primary : "the server closed it");
    }
    return status;
}

/* ---- requests ---- */

/* A NUL would end the statement early, silently. */
static enum status check_text(struct str sql, struct error *err)
{
    if (sql.n > 0 && memchr(sql.p, '\0', sql.n)) {
        error_set(err, ST_USAGE, "the SQL has a NUL byte, which PostgreSQL cannot take");
        return ST_USAGE;
    }
    return ST_OK;
}

static enum status simple(struct session *s, struct str sql, const struct str *copy, int64_t deadline_ms,
                          struct rows **out, struct error *err)
{
    struct request rq;
    if (out) {
        *out = NULL;
    }
    enum status status = check_text(sql, err);
    if (status || (status = request_begin(s, deadline_ms, &rq, err)) != ST_OK) {
        return status;
    }
    status = session_settle(s, &rq, err);
    if (!status) {
        char *text = mem_alloc(sql.n + 1);
        memcpy(text, sql.p ? sql.p : "", sql.n);
        text[sql.n] = '\0';
        const int sent = PQsendQuery(s->conn, text);
        free(text);
        status = sent ? request_results(s, &rq, copy, out, err) : result_error(s, NULL, err);
    }
    return request_end(s, &rq, status, err);
}

enum status session_simple(struct session *s, struct str sql, int64_t deadline_ms, struct rows **out, struct error *err)
{
    return simple(s, sql, NULL, deadline_ms, out, err);
}

enum status session_copy_in(struct session *s, struct str sql, struct str data, int64_t deadline_ms, struct rows **out,
                            struct error *err)
{
    return simple(s, sql, &data, deadline_ms, out, err);
}

static void prepared_name(const struct session *s, int slot, char out[32])
{
    snprintf(out, 32, "migrate_%d_%d", s->generation, slot);
}

bool request_send(struct session *s, const char *sql, const struct param *params, size_t n_params)
{
    const char **values = n_params > 0 ? mem_alloc(mem_size(n_params, sizeof(*values))) : NULL;
    char name[32] = "";
    int sent;
    for (size_t i = 0; i < n_params; i++) {
        values[i] = params[i].text;
    }
    for (int i = 0; i < s->n_prepared && !name[0]; i++) {
        if (s->prepared[i] == sql) {
            prepared_name(s, i, name);
        }
    }
    sent = name[0] ? PQsendQueryPrepared(s->conn, name, (int)n_params, values, NULL, NULL, 0)
                   : PQsendQueryParams(s->conn, sql, (int)n_params, NULL, values, NULL, NULL, 0);
    free(values);
    return sent != 0;
}

enum status session_prepare(struct session *s, const char *sql, struct error *err)
{
    struct request rq;
    struct rows *rows = NULL;
    char name[32];
    if (s->n_prepared == SESSION_MAX_PREPARED) {
        BUG("more than %d prepared statements", SESSION_MAX_PREPARED);
    }
    prepared_name(s, s->n_prepared, name);
    enum status status = request_begin(s, 0, &rq, err);
    if (status) {
        return status;
    }
    status = session_settle(s, &rq, err);
    if (!status) {
        status = PQsendPrepare(s->conn, name, sql, 0, NULL) ? request_results(s, &rq, NULL, &rows, err)
                                                            : result_error(s, NULL, err);
    }
    if (!status) {
        s->prepared[s->n_prepared++] = sql;
    }
    rows_free(rows);
    return request_end(s, &rq, status, err);
}

enum status session_query(struct session *s, const char *sql, const struct param *params, size_t n_params,
                          int64_t deadline_ms, struct rows **out, struct error *err)
{
    struct request rq;
    if (s->conn && session_settings_wanted(s)) {
        /* Both in one round trip. */
        const struct pipelined item = {sql, params, n_params};
        struct rows *rows = NULL;
        size_t failed;
        const enum status status = session_pipeline(s, &item, 1, deadline_ms, &rows, &failed, err);
        if (out) {
            *out = rows;
        } else {
            rows_free(rows);
        }
        return status;
    }
    if (out) {
        *out = NULL;
    }
    enum status status = request_begin(s, deadline_ms, &rq, err);
    if (status) {
        return status;
    }
    const bool sent = request_send(s, sql, params, n_params);
    status = sent ? request_results(s, &rq, NULL, out, err) : result_error(s, NULL, err);
    return request_end(s, &rq, status, err);
}

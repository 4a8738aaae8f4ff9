#include "db/session_impl.h"

/*
 * What goes ahead of the items, ended by a sync of its own, so that it is a transaction of its own and outlives a failure of
 * what follows; NULL: nothing. Either the settings, or an empty statement: libpq 15 forgets to leave single-row mode when a pipeline
 * begins, and would hand out the first item's rows one by one.
 */
static const char *prefix_of(const struct session *s)
{
    return session_settings_wanted(s) ? session_settings_sql(s) : s->row_by_row ? "" : NULL;
}

static bool send_all(struct session *s, const char *prefix, const struct pipelined *items, size_t n)
{
    if (!PQenterPipelineMode(s->conn)) {
        return false;
    }
    if (prefix) {
        if (!request_send(s, prefix, NULL, 0) || !PQpipelineSync(s->conn)) {
            return false;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (!request_send(s, items[i].sql, items[i].params, items[i].n_params)) {
            return false;
        }
    }
    return PQpipelineSync(s->conn) != 0;
}

/* The result of one item; its end is a NULL. PGRES_PIPELINE_ABORTED (an earlier item failed) gives ST_OK and no rows. */
static enum status receive_item(struct session *s, struct request *rq, struct rows **out, struct error *err)
{
    PGresult *result = request_result(s, rq), *more;
    enum status status = ST_OK;
    *out = NULL;
    if (!result) {
        goto lost;
    }
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
    case PGRES_SINGLE_TUPLE: /* of the prefix only */
        *out = rows_new(result);
        result = NULL;
        break;
    case PGRES_PIPELINE_ABORTED:
        break;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        /* libpq has no way out of a COPY in a pipeline but a new connection. */
        PQclear(result);
        session_lose(s, "%s", "a COPY was sent in a pipeline");
        goto lost;
    default:
        status = result_error(s, result, err);
        break;
    }
    PQclear(result);
    if (PQstatus(s->conn) != CONNECTION_OK) {
        rq->broken = true;
        return status;
    }
    while ((more = request_result(s, rq)) != NULL) {
        PQclear(more);
    }
    return status;
lost:
    if (s->conn) {
        rq->broken = true;
        return result_error(s, NULL, err);
    }
    error_set(err, ST_SERVER, "the connection to %s was given up: %s", session_host(s), s->lost);
    memcpy(err->sqlstate, "08006", sizeof("08006"));
    return ST_SERVER;
}

static enum status receive_sync(struct session *s, struct request *rq, struct error *err)
{
    PGresult *result = request_result(s, rq);
    const bool synced = result && PQresultStatus(result) == PGRES_PIPELINE_SYNC;
    enum status status = ST_OK;
    if (!synced && s->conn) {
        /* COMMIT may have happened or not: the caller must not take what it has for the whole. */
        status = result_error(s, result, err);
        rq->broken = true;
    } else if (!synced) {
        status = error_set(err, ST_SERVER, "the connection to %s was given up: %s", session_host(s), s->lost);
        memcpy(err->sqlstate, "08006", sizeof("08006"));
    }
    PQclear(result);
    return status;
}

/* A refusal of the full set of settings is no failure: the plain set comes with the next request (session_settle). */
static enum status receive_prefix(struct session *s, bool with_settings, struct request *rq, struct error *err)
{
    struct rows *rows;
    const enum status status = receive_item(s, rq, &rows, err);
    rows_free(rows);
    if (with_settings) {
        session_settled(s, status, err);
    }
    return s->conn && !rq->broken ? receive_sync(s, rq, err) : status;
}

enum status session_pipeline(struct session *s, const struct pipelined *items, size_t n, int64_t deadline_ms,
                             struct rows **results, size_t *failed, struct error *err)
{
    struct request rq;
    *failed = 0;
    for (size_t i = 0; results && i < n; i++) {
        results[i] = NULL;
    }
    enum status status = request_begin(s, deadline_ms, &rq, err);
    if (status) {
        return status;
    }
    if (s->settings_plain && (status = session_settle(s, &rq, err)) != ST_OK) {
        return request_end(s, &rq, status, err);
    }
    const char *prefix = prefix_of(s);
    const bool with_settings = session_settings_wanted(s);
    if (!send_all(s, prefix, items, n)) {
        status = result_error(s, NULL, err);
        session_lose(s, "%s", err->primary); /* half a pipeline cannot be taken back */
        return request_end(s, &rq, status, err);
    }
    s->row_by_row = false;
    if (prefix) {
        status = receive_prefix(s, with_settings, &rq, err);
    }
    size_t first_failed = status ? 0 : n;
    for (size_t i = 0; i < n && s->conn && !rq.broken; i++) {
        struct error later;
        struct rows *rows = NULL;
        const enum status one = receive_item(s, &rq, &rows, status ? &later : err);
        if (one && !status) {
            status = one;
            first_failed = i;
        }
        if (results) {
            results[i] = rows;
        } else {
            rows_free(rows);
        }
    }
    if (s->conn && !rq.broken) {
        struct error later;
        const enum status synced = receive_sync(s, &rq, status ? &later : err);
        status = status ? status : synced;
    }
    if (s->conn && !rq.broken && !PQexitPipelineMode(s->conn)) {
        rq.broken = true;
    }
    *failed = first_failed;
    return request_end(s, &rq, status, err);
}

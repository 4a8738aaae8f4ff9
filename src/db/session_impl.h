/*
 * session_impl.h - what the files of a session share: connect.c, session.c, query.c, pipeline.c, copy.c.
 */
#ifndef MIGRATE_DB_SESSION_IMPL_H
#define MIGRATE_DB_SESSION_IMPL_H

#include "db/loop.h"
#include "db/session.h"

#include <libpq-fe.h>

struct session {
    struct loop *loop;
    PGconn *conn;        /* NULL once the connection was lost */
    bool busy;           /* a request is running; callbacks of timers may not start another one */
    bool settings_due;   /* the session's settings are sent with the first request */
    bool settings_plain; /* … only those that every server knows, because the full set was refused */
    bool row_by_row;     /* the last request read its rows one by one; see pipeline.c */
    int server_version;
    bool tenant;
    int pid;
    int position;       /* in the statement that failed last, in characters from 1; 0: not told */
    struct strbuf host; /* "db.example.com:5432", "/run/postgresql" */
    char lost[512];     /* why the connection is gone */
    int64_t heard_ms;   /* clock_monotonic_ms() when the request that runs last brought or took a byte */
    bool abandoned;     /* by session_abandon(), for the reason in lost */
    const char *prepared[SESSION_MAX_PREPARED]; /* their texts; named after their slot and generation */
    int n_prepared, generation;
    void (*on_notice)(void *arg, const char *severity, const char *message);
    void *notice_arg;
};

struct rows {
    PGresult *result;
};

/* One request on its way: its deadline, and how it was cut short. */
struct request {
    int64_t budget_ms; /* as the caller gave it, for the message */
    int64_t deadline;  /* 0: none */
    enum { REQUEST_RUNS, REQUEST_PAST_DEADLINE, REQUEST_SIGNALLED } cut;
    int64_t drain_until; /* once cut: how long the server has to answer the cancel */
    bool broken;         /* the socket is closed; what libpq has got already can still be read */
};

/* How long a cancelled statement may take to answer before its connection is given up. */
enum { DRAIN_MS = 5000 };

/* query.c */
NODISCARD enum status request_begin(struct session *s, int64_t budget_ms, struct request *rq, struct error *err);
/* Send what is unsent, wait for the socket, read what came; cancels at the deadline or a signal. False: the connection was given up. */
bool request_pump(struct session *s, struct request *rq);
/* The next result, waiting for it; NULL: this statement has no more, or the connection is gone. */
PGresult *request_result(struct session *s, struct request *rq);
/*
 * All results of one statement: the last one that is no failure goes to *out (may be NULL: rows are not kept), the first failure
 * to *err. copy: the data of a COPY FROM STDIN, NULL when none is expected.
 */
NODISCARD enum status request_results(struct session *s, struct request *rq, const struct str *copy, struct rows **out,
                                      struct error *err);
/* Ends it: notes a lost connection and gives the status its final form. `status` and *err are of the statement. */
NODISCARD enum status request_end(struct session *s, struct request *rq, enum status status, struct error *err);
/* Fill *err from a failed result, or from the connection when result is NULL. Returns ST_SERVER. */
enum status result_error(struct session *s, const PGresult *result, struct error *err);
struct rows *rows_new(PGresult *result);
/* Send one statement with its parameters, by its prepared name where it has one. */
bool request_send(struct session *s, const char *sql, const struct param *params, size_t n_params);

/* copy.c: answer a COPY … FROM STDIN that the server waits for; skip the output of a COPY … TO STDOUT. */
void copy_send(struct session *s, struct request *rq, const struct str *data);
void copy_skip(struct session *s, struct request *rq);

/* settings.c: SQL that prepares a session, one statement. */
const char *session_settings_sql(const struct session *s);
bool session_settings_wanted(const struct session *s); /* due, and this is the moment to send them */
/* Send the settings by themselves when they are due (before a simple-protocol statement, which has to be alone). */
NODISCARD enum status session_settle(struct session *s, struct request *rq, struct error *err);
/* The answer to the settings is *err, with this status: note what follows. */
void session_settled(struct session *s, enum status status, const struct error *err);

/* connect.c / session.c */
void session_lose(struct session *s, const char *fmt, ...) PRINTF(2, 3); /* close the connection, keep why */
void session_notices(struct session *s);

#endif

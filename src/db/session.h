/*
 * session.h - one connection to PostgreSQL, asynchronous underneath.
 *
 * All sessions of the process share one event loop (loop.h): while one waits for its answer, timers and signals are served, and
 * timers' callbacks may use other sessions. The functions here return when their own request is done, its deadline passed or a signal
 * came. On a deadline or signal the statement is cancelled and its answer still read, so a session is always usable or closed:
 *
 *   it was cancelled      ST_GAVE_WAY after a deadline, ST_INTERRUPTED after a signal; sqlstate 57014
 *   it ended all the same ST_OK, or its own failure
 *   no answer for 5 s     the connection is closed, nobody knows what became of the statement: ST_SERVER with sqlstate 08006, or
 *                         ST_INTERRUPTED
 *
 * All other failures of a statement or connection are ST_SERVER; sqlstate says which, 08006 and 08003 also where the server could not.
 * Errors are judged by SQLSTATE only. Notices go to the notice hook. libpq is bound when the first session is opened (libpq.c). What
 * blocks in libpq (looking up a host's name, a cancel request) is done in a child process (child.h).
 */
#ifndef MIGRATE_DB_SESSION_H
#define MIGRATE_DB_SESSION_H

#include "base/error.h"
#include "base/vec.h"

struct session;
struct loop;

/* What to connect to. Strings are the caller's and must live as long as the sessions. */
struct target {
    const char *url;              /* URL or keyword string; NULL: libpq's PG* variables */
    const char *application_name; /* "migrate" */
    int connect_timeout_ms;       /* for one address; 0: 10 s */
    bool read_write;              /* only a server that takes changes; of several hosts the first such */
    /* Gives the password for one connection attempt when the URL has none; may be NULL. *password is wiped after use. */
    enum status (*password)(void *arg, struct strbuf *password, struct error *err);
    void *password_arg;
    /* The server refused that password (28P01): is there perhaps a newer one now? Then one more attempt asks for it. May be NULL. */
    bool (*password_refused)(void *password_arg);
    /* libpq's keywords and values in turn, ended by a NULL; NULL: none. The URL goes before defaults, overrides before the URL. */
    const char *const *defaults, *const *overrides;
    /*
     * The schema of a tenant: names without a schema are looked up there, then in public. It is a startup option, so that RESET and DISCARD come
     * back to it; the setting migrate.tenant names it, migrate.histories the other tenants' history schemas ({} for the tenant). NULL: none.
     */
    const char *tenant, *histories;
};

/* SQLSTATE classes that decide what to do. */
enum sql_class {
    SQL_OK,
    SQL_LOCK_TIMEOUT,    /* 55P03 */
    SQL_DEADLOCK,        /* 40P01 */
    SQL_SERIALIZATION,   /* 40001 */
    SQL_QUERY_CANCELED,  /* 57014: statement_timeout or a cancel */
    SQL_READ_ONLY,       /* 25006 */
    SQL_CONNECTION_LOST, /* class 08, 57P01, 57P02, 57P03, or no answer at all */
    SQL_DISK_FULL,       /* 53100 */
    SQL_TOO_MANY,        /* 53300 */
    SQL_PRIVILEGE,       /* 42501 */
    SQL_UNDEFINED,       /* 42P01, 42704, 3F000: not there */
    SQL_DUPLICATE,       /* 42P07, 42710, 42701, 23505 */
    SQL_OTHER,
};

/*
 * Connect. The session's settings (settings.c: lock_timeout 3 s, no statement_timeout, …) go out with the first request, so that they cost no
 * round trip; search_path is left alone. ST_USAGE: the connection string cannot be read; ST_SERVER: no connection, with the way out as hint
 * (sqlstate 08001 where the server said nothing); ST_SYSTEM: no libpq. No text of an error holds a password.
 */
NODISCARD enum status session_open(struct loop *loop, const struct target *target, struct session **out,
                                   struct error *err);
void session_close(struct session *s); /* NULL is fine */

/* Result of a query: text values, owned by the result. */
struct rows;
size_t rows_count(const struct rows *r);
bool rows_null(const struct rows *r, size_t row, size_t column);
struct str rows_value(const struct rows *r, size_t row, size_t column); /* empty for NULL */
int64_t rows_i64(const struct rows *r, size_t row, size_t column);      /* 0 for NULL or no number */
bool rows_bool(const struct rows *r, size_t row, size_t column);
size_t rows_columns(const struct rows *r);
const char *rows_column_name(const struct rows *r, size_t column);
/* The column's type: its oid in pg_type, and its modifier; -1: none. */
void rows_column_type(const struct rows *r, size_t column, uint32_t *oid, int *modifier);
int64_t rows_affected(const struct rows *r); /* of the command tag; 0 when it has none */
void rows_free(struct rows *r);

struct param {
    const char *text; /* NULL: SQL NULL */
};

/*
 * Run one statement with parameters ($1 …) and wait. deadline_ms: 0 none. out may be NULL when the rows do not matter: they are then thrown away
 * as they come and take no memory. On failure *out is NULL and *err has sqlstate, primary, detail, hint; error_sql_class() tells what kind
 * it is. In an open transaction the server keeps this statement's snapshot until the next one (extended protocol), for which CREATE INDEX
 * CONCURRENTLY of others waits.
 */
NODISCARD enum status session_query(struct session *s, const char *sql, const struct param *params, size_t n_params,
                                    int64_t deadline_ms, struct rows **out, struct error *err);
/*
 * One simple-protocol statement without parameters: for what must be alone in its message, such as CREATE INDEX CONCURRENTLY. Of several
 * statements the last one's result is given, and the first failure ends them. What a COPY … TO STDOUT puts out is thrown away.
 */
NODISCARD enum status session_simple(struct session *s, struct str sql, int64_t deadline_ms, struct rows **out,
                                     struct error *err);
/* COPY … FROM STDIN with its data block (psql's text form, ends before \.). */
NODISCARD enum status session_copy_in(struct session *s, struct str sql, struct str data, int64_t deadline_ms,
                                      struct rows **out, struct error *err);

/*
 * Several statements in one round trip (libpq pipeline mode), one transaction unless they say BEGIN. They run in order; the first failure
 * skips the rest, a COMMIT among them too: ROLLBACK then if session_in_transaction(). results (may be NULL) gets the rows of those that ran,
 * NULL for the others; *failed is the index of the one that failed, or n. When the connection is lost, *failed is the first one without an
 * answer: it and those behind it may have run. A COPY is not possible here and costs the connection.
 */
struct pipelined {
    const char *sql;
    const struct param *params;
    size_t n_params;
};
NODISCARD enum status session_pipeline(struct session *s, const struct pipelined *items, size_t n, int64_t deadline_ms,
                                       struct rows **results, size_t *failed, struct error *err);

/*
 * Have the server parse and plan a statement once. From then on this very text (the pointer, which must outlive the session) is sent by its
 * prepared name by session_query() and session_pipeline(). At most SESSION_MAX_PREPARED of them; more are a bug.
 */
enum { SESSION_MAX_PREPARED = 4 };
NODISCARD enum status session_prepare(struct session *s, const char *sql, struct error *err);

enum sql_class error_sql_class(const struct error *err);
bool session_usable(const struct session *s); /* connected and idle or in a transaction */
bool session_in_transaction(const struct session *s);
/*
 * A peer that is gone but whose packets something still acknowledges (a proxy, a machine that is frozen) cannot be told from a long
 * statement by its socket. For how many ms nothing came from or went to the server in the request that runs; -1: none runs. Who finds out
 * elsewhere that no answer will come gives the connection up, from a timer's callback: the request then fails as when it had been lost, with 08006 and
 * `why` as its text.
 */
int64_t session_silent_ms(const struct session *s);
void session_abandon(struct session *s, const char *why);
int session_server_version(const struct session *s); /* 150018 */
bool session_tenant(const struct session *s);        /* does it work for one, see struct target */
int session_pid(const struct session *s);            /* of the backend as the startup packet told it */
const char *session_host(const struct session *s);   /* for messages; never with a password */
/* Where in the statement the last request's failure lies, in characters from 1; 0: the server did not tell. */
int session_error_position(const struct session *s);
/* A setting that the server reports by itself ("TimeZone", "in_hot_standby" …); NULL: it does not. */
const char *session_parameter(const struct session *s, const char *name);
/*
 * Send the session's own settings anew with the next request, and forget what was prepared: after RESET ALL or DISCARD ALL, which take
 * both away.
 */
void session_settings_again(struct session *s);
/* Called for each notice and warning while a request runs (it may start none); message is escaped text. */
void session_on_notice(struct session *s, void (*hook)(void *arg, const char *severity, const char *message),
                       void *arg);

/* A connection string as it may be shown: without password and secrets. */
void target_display(const char *url, struct strbuf *out);
/* ST_USAGE: the connection string cannot be read, why (libpq's complaint, or NULL), and how one is written. Without what is secret in it. */
enum status target_refuse(const char *url, const char *complaint, struct error *err);
/* Quote an identifier or a literal as libpq does. */
void session_quote_identifier(struct session *s, struct str name, struct strbuf *out);
void session_quote_literal(struct session *s, struct str value, struct strbuf *out);
/* A name as SQL has it: quoted, behind its schema, quoted too, unless that is empty. In the arena. */
const char *session_quoted(struct session *s, struct str schema, struct str name, struct arena *a);

#endif

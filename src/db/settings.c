/* What every session of ours sets, whatever the role's or the database's defaults are. */
#include "db/session_impl.h"

/*
 * Sent as one SELECT, so that it can share a round trip with the first statement; not as startup options, which PgBouncer refuses.
 * search_path stays as it is: migrations rely on their role's. No timeout may cut a long step short but those that the executor
 * sets itself, and no wait for a lock is unlimited: 3 s where nothing else is said.
 */
#define SET(name, value) "pg_catalog.set_config('" name "','" value "',false)"
/* Keepalives from the server's side, too: a client whose machine is gone loses its session, and with it the run lock, in two minutes. */
/* clang-format off */
#define SETTINGS_ALL                                                                                         \
    "SELECT " SET("lock_timeout", "3s") "," SET("statement_timeout", "0")                                    \
    "," SET("idle_in_transaction_session_timeout", "5min") "," SET("client_min_messages", "notice")          \
    "," SET("standard_conforming_strings", "on") "," SET("DateStyle", "ISO")                                 \
    "," SET("tcp_keepalives_idle", "60") "," SET("tcp_keepalives_interval", "10") "," SET("tcp_keepalives_count", "6")
/* clang-format on */
/* 14: a session that keeps the run lock may be idle for long, and a statement of a client that died ends soon. */
#define SETTINGS_14 "," SET("idle_session_timeout", "0") "," SET("client_connection_check_interval", "2s")
#define SETTINGS_17 "," SET("transaction_timeout", "0")

const char *session_settings_sql(const struct session *s)
{
    if (s->settings_plain || s->server_version < 140000) {
        return SETTINGS_ALL;
    }
    return s->server_version < 170000 ? SETTINGS_ALL SETTINGS_14 : SETTINGS_ALL SETTINGS_14 SETTINGS_17;
}

void session_settings_again(struct session *s)
{
    s->settings_due = true;
    s->n_prepared = 0;
    s->generation++;
}

bool session_settings_wanted(const struct session *s)
{
    /* Inside a transaction they would be undone by its rollback, or refused when it has failed already: they wait for its end. */
    return s->settings_due && PQtransactionStatus(s->conn) == PQTRANS_IDLE;
}

void session_settled(struct session *s, enum status status, const struct error *err)
{
    if (!status) {
        s->settings_due = false;
    } else if (strcmp(err->sqlstate, "42704") == 0 || strcmp(err->sqlstate, "22023") == 0) {
        /* A server of another make (no such setting), or one that cannot watch its client's socket (no such value). */
        s->settings_plain = true;
    }
}

enum status session_settle(struct session *s, struct request *rq, struct error *err)
{
    while (session_settings_wanted(s)) {
        const bool plain = s->settings_plain;
        enum status status = ST_OK;
        if (!PQsendQuery(s->conn, session_settings_sql(s))) {
            status = result_error(s, NULL, err);
        } else {
            status = request_results(s, rq, NULL, NULL, err);
        }
        session_settled(s, status, err);
        if (status && (plain || !s->settings_plain)) {
            error_context(err, "cannot set up the session");
            return status;
        }
    }
    return ST_OK;
}

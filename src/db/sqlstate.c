#include "db/session.h"

static const struct {
    char state[6]; /* five characters, or a class of two */
    enum sql_class class;
} classes[] = {
    {"55P03", SQL_LOCK_TIMEOUT},
    {"40P01", SQL_DEADLOCK},
    {"40001", SQL_SERIALIZATION},
    {"57014", SQL_QUERY_CANCELED},
    {"25006", SQL_READ_ONLY},
    {"57P01", SQL_CONNECTION_LOST}, /* admin_shutdown: also what pg_terminate_backend() says */
    {"57P02", SQL_CONNECTION_LOST}, /* crash_shutdown */
    {"57P03", SQL_CONNECTION_LOST}, /* cannot_connect_now */
    {"57P05", SQL_CONNECTION_LOST}, /* idle_session_timeout */
    {"25P03", SQL_CONNECTION_LOST}, /* idle_in_transaction_session_timeout */
    {"25P04", SQL_CONNECTION_LOST}, /* transaction_timeout */
    {"53100", SQL_DISK_FULL},
    {"53300", SQL_TOO_MANY},
    {"42501", SQL_PRIVILEGE},
    {"42P01", SQL_UNDEFINED},
    {"42704", SQL_UNDEFINED},
    {"3F000", SQL_UNDEFINED},
    {"42P07", SQL_DUPLICATE},
    {"42P06", SQL_DUPLICATE},
    {"42710", SQL_DUPLICATE},
    {"42701", SQL_DUPLICATE},
    {"23505", SQL_DUPLICATE},
    {"08", SQL_CONNECTION_LOST},
};

enum sql_class error_sql_class(const struct error *err)
{
    if (err->status == ST_OK) {
        return SQL_OK;
    }
    for (size_t i = 0; i < countof(classes); i++) {
        if (strncmp(err->sqlstate, classes[i].state, strlen(classes[i].state)) == 0) {
            return classes[i].class;
        }
    }
    return SQL_OTHER;
}

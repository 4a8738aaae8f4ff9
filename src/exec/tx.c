#include "exec/tx.h"

void tx_rollback(struct session *s)
{
    struct error ignored;
    if (session_usable(s) && session_in_transaction(s) && session_query(s, "ROLLBACK", NULL, 0, 10000, NULL, &ignored)) {
        /* The connection broke: the server rolls back by itself. */
        return;
    }
}

const char *param_i64(struct arena *a, int64_t n)
{
    return arena_printf(a, "%" PRId64, n).p;
}

const char *param_array(struct arena *a, const struct str *values, size_t n)
{
    size_t size = 3;
    for (size_t i = 0; i < n; i++) {
        size += values[i].n * 2 + 3;
    }
    char *const text = arena_alloc(a, size);
    char *at = text;
    *at++ = '{';
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            *at++ = ',';
        }
        *at++ = '"';
        for (size_t k = 0; k < values[i].n; k++) {
            if (values[i].p[k] == '"' || values[i].p[k] == '\\') {
                *at++ = '\\';
            }
            *at++ = values[i].p[k];
        }
        *at++ = '"';
    }
    *at++ = '}';
    *at = '\0';
    return text;
}

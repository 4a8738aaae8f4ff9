#include "exec/tx.h"

void tx_rollback(struct session *s)
{
    struct error ignored;
    if (session_usable(s) && session_in_transaction(s) &&
        session_query(s, "ROLLBACK", NULL, 0, 10000, NULL, &ignored)) {
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

/* One element from s[*at]: quoted with backslashes inside, or bare up to a comma or the closing brace. */
static bool array_value(struct str s, size_t *at, struct arena *a, struct str *out)
{
    char *const text = arena_alloc(a, s.n + 1);
    const bool quoted = *at < s.n && s.p[*at] == '"';
    size_t n = 0;
    for (*at += quoted; *at < s.n; (*at)++) {
        if (quoted ? s.p[*at] == '"' : s.p[*at] == ',' || s.p[*at] == '}') {
            break;
        }
        *at += s.p[*at] == '\\' && *at + 1 < s.n;
        text[n++] = s.p[*at];
    }
    *at += quoted;
    *out = (struct str){text, n};
    return quoted || !str_eq_nocase(*out, STR("NULL"));
}

bool array_values(struct str array, struct arena *a, struct str *out, size_t max, size_t *n)
{
    size_t at = 1;
    *n = 0;
    if (array.n < 2 || array.p[0] != '{' || array.p[array.n - 1] != '}') {
        return false;
    }
    while (at < array.n && array.p[at] != '}') {
        if (*n == max || !array_value(array, &at, a, &out[*n])) {
            return false;
        }
        ++*n;
        at += at < array.n && array.p[at] == ',';
    }
    return true;
}

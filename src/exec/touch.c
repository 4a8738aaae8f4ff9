#include "exec/touch.h"

bool touch_mentions(struct str s, const char *word)
{
    const struct str w = str_of(word);
    for (size_t i = 0; i + w.n <= s.n; i++) {
        if (str_eq_nocase(str_slice(s, i, i + w.n), w)) {
            return true;
        }
    }
    return false;
}

static bool starts(struct str s, const char *word)
{
    const size_t n = strlen(word);
    return str_starts_nocase(s, str_of(word)) &&
           (s.n == n || (unsigned char)s.p[n] <= ' ' || s.p[n] == '/' || s.p[n] == '-');
}

static bool touches_session(struct str sql)
{
    static const char *const words[] = {"SET",     "RESET",   "DISCARD", "DO",         "CALL", "SELECT", "WITH",
                                        "EXECUTE", "PREPARE", "DECLARE", "DEALLOCATE", "LOAD", "LISTEN"};
    enum { CREATE_HEAD = 64 }; /* bytes that CREATE OR REPLACE LOCAL TEMPORARY fits in, or a name in pg_temp */
    for (size_t i = 0; i < countof(words); i++) {
        if (starts(sql, words[i])) {
            return true;
        }
    }
    return (starts(sql, "CREATE") && touch_mentions(str_slice(sql, 0, CREATE_HEAD), "temp")) ||
           touch_mentions(sql, "set_config") || touch_mentions(sql, "advisory_unlock");
}

struct touch touch_of(struct str sql)
{
    sql = str_trim(sql);
    if (!touches_session(sql)) {
        return (struct touch){0};
    }
    return (struct touch){
        .session = true,
        .role = touch_mentions(sql, "role") || touch_mentions(sql, "authorization"),
        .lock = starts(sql, "DISCARD") || touch_mentions(sql, "advisory_unlock"),
        .lock_timeout = starts(sql, "RESET") || touch_mentions(sql, "lock_timeout"),
    };
}

bool touch_replayable(struct str sql)
{
    sql = str_trim(sql);
    if (starts(sql, "SET")) {
        const struct str rest = str_trim(str_slice(sql, 3, sql.n));
        return !starts(rest, "LOCAL") && !starts(rest, "CONSTRAINTS") && !starts(rest, "TRANSACTION");
    }
    return starts(sql, "RESET") || (starts(sql, "SELECT") && touch_mentions(sql, "set_config"));
}

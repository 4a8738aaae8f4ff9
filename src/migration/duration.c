#include "migration/directive.h"

bool duration_parse(struct str s, int64_t *ms)
{
    static const struct {
        struct str name;
        int64_t ms;
    } units[] = {
        {STR_INIT(""), 1},        {STR_INIT("ms"), 1},          {STR_INIT("s"), 1000},
        {STR_INIT("min"), 60000}, {STR_INIT("h"), 3600 * 1000}, {STR_INIT("d"), 24 * 3600 * 1000},
    };
    size_t digits = 0;
    int64_t number;
    while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9') {
        digits++;
    }
    for (size_t i = 0; i < countof(units); i++) {
        if (str_eq(units[i].name, str_slice(s, digits, s.n)) &&
            str_to_i64(str_slice(s, 0, digits), 0, INT64_MAX / units[i].ms, &number)) {
            *ms = number * units[i].ms;
            return true;
        }
    }
    return false;
}

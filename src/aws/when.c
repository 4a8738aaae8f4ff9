#include "aws/when.h"

static bool number(struct str s, size_t at, size_t n, int64_t max, int *out)
{
    int64_t v;
    const bool ok = at + n <= s.n && s.p[at] != '-' && str_to_i64(str_slice(s, at, at + n), 0, max, &v);
    *out = ok ? (int)v : 0;
    return ok;
}

int64_t when_iso(struct str s)
{
    struct tm tm = {0};
    int year, month, hours = 0, minutes = 0;
    size_t at = 19;
    if (s.n < 20 || s.p[4] != '-' || s.p[7] != '-' || (s.p[10] != 'T' && s.p[10] != ' ') || s.p[13] != ':' ||
        s.p[16] != ':' || !number(s, 0, 4, 9999, &year) || !number(s, 5, 2, 12, &month) ||
        !number(s, 8, 2, 31, &tm.tm_mday) || !number(s, 11, 2, 23, &tm.tm_hour) || !number(s, 14, 2, 59, &tm.tm_min) ||
        !number(s, 17, 2, 60, &tm.tm_sec)) {
        return 0;
    }
    for (at += s.p[at] == '.'; at < s.n && s.p[at] >= '0' && s.p[at] <= '9';) {
        at++;
    }
    if (at < s.n && (s.p[at] == '+' || s.p[at] == '-') && number(s, at + 1, 2, 23, &hours)) {
        number(s, at + (at + 3 < s.n && s.p[at + 3] == ':' ? 4 : 3), 2, 59, &minutes);
    } else if (at >= s.n || s.p[at] != 'Z') {
        return 0;
    }
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    const int64_t offset = (int64_t)(hours * 60 + minutes) * 60;
    return (int64_t)timegm(&tm) - (s.p[at] == '-' ? -offset : offset);
}

int64_t when_http(struct str s)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm tm = {0};
    int year;
    const size_t comma = str_find_char(s, ',');
    s = comma == SIZE_MAX ? s : str_trim(str_slice(s, comma + 1, s.n));
    if (s.n < 20 || !number(s, 0, 2, 31, &tm.tm_mday) || !number(s, 7, 4, 9999, &year) ||
        !number(s, 12, 2, 23, &tm.tm_hour) || !number(s, 15, 2, 59, &tm.tm_min) || !number(s, 18, 2, 60, &tm.tm_sec)) {
        return 0;
    }
    for (int m = 0; m < 12; m++) {
        if (memcmp(s.p + 3, months + (size_t)m * 3, 3) == 0) {
            tm.tm_mon = m;
            tm.tm_year = year - 1900;
            return (int64_t)timegm(&tm);
        }
    }
    return 0;
}

void when_print(int64_t when, char out[21])
{
    struct tm tm;
    const time_t t = (time_t)when;
    if (!gmtime_r(&t, &tm) || strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &tm) != 20) {
        memcpy(out, "1970-01-01T00:00:00Z", 21);
    }
}

#include "migration/migration.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_separator(char c)
{
    return c == '.' || c == '_';
}

bool version_valid(struct str s)
{
    if (s.n == 0 || s.n > MIGRATION_MAX_VERSION || !is_digit(s.p[0]) || !is_digit(s.p[s.n - 1])) {
        return false;
    }
    for (size_t i = 1; i < s.n; i++) {
        if (!is_digit(s.p[i]) && !(is_separator(s.p[i]) && is_digit(s.p[i - 1]))) {
            return false;
        }
    }
    return true;
}

/* Take the digits up to the next separator, without leading zeros: none of them stands for 0. */
static struct str next_part(struct str *rest)
{
    size_t end = 0, zeros = 0;
    while (end < rest->n && !is_separator(rest->p[end])) {
        end++;
    }
    while (zeros < end && rest->p[zeros] == '0') {
        zeros++;
    }
    const struct str part = str_slice(*rest, zeros, end);
    *rest = str_slice(*rest, end + 1, rest->n);
    return part;
}

static bool is_a_name(struct str version)
{
    return version.n > 0 && !is_digit(version.p[0]);
}

int version_cmp(struct str a, struct str b)
{
    if (is_a_name(a) || is_a_name(b)) {
        return is_a_name(a) && is_a_name(b) ? str_cmp(a, b) : is_a_name(a) - is_a_name(b);
    }
    while (a.n > 0 || b.n > 0) {
        const struct str x = next_part(&a), y = next_part(&b);
        const int order = x.n != y.n ? (x.n < y.n ? -1 : 1) : str_cmp(x, y);
        if (order != 0) {
            return order;
        }
    }
    return 0;
}

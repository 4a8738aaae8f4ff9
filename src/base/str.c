#include "base/str.h"

#include "base/arena.h"

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.n > 0 && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_space(s.p[s.n - 1])) {
        s.n--;
    }
    return s;
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.n != b.n) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower(b.p[i])) {
            return false;
        }
    }
    return true;
}

bool str_starts_nocase(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq_nocase(str_slice(s, 0, prefix.n), prefix);
}

struct str str_without_end(struct str s, struct str suffix)
{
    return str_ends(s, suffix) ? str_slice(s, 0, s.n - suffix.n) : s;
}

int str_cmp(struct str a, struct str b)
{
    const size_t n = a.n < b.n ? a.n : b.n;
    const int c = n > 0 ? memcmp(a.p, b.p, n) : 0;
    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

size_t str_find(struct str s, struct str needle)
{
    if (needle.n == 0) {
        return 0;
    }
    for (size_t i = 0; i + needle.n <= s.n;) {
        const char *hit = memchr(s.p + i, needle.p[0], s.n - needle.n - i + 1);
        if (!hit) {
            break;
        }
        i = (size_t)(hit - s.p);
        if (memcmp(hit, needle.p, needle.n) == 0) {
            return i;
        }
        i++;
    }
    return SIZE_MAX;
}

uint64_t str_hash(struct str s, uint64_t seed)
{
    const uint64_t k = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t h = (s.n ^ seed) * k, part;
    for (; s.n >= sizeof part; s.p += sizeof part, s.n -= sizeof part) {
        memcpy(&part, s.p, sizeof part);
        h = (h ^ part) * k;
        h ^= h >> 32;
    }
    part = 0;
    if (s.n >= 4) { /* both may hold the same bytes: the length is in h */
        uint32_t head, tail;
        memcpy(&head, s.p, sizeof head);
        memcpy(&tail, s.p + s.n - sizeof tail, sizeof tail);
        part = (uint64_t)head << 32 | tail;
    } else if (s.n > 0) {
        part = (uint64_t)(unsigned char)s.p[0] << 16 | (uint64_t)(unsigned char)s.p[s.n / 2] << 8 |
               (unsigned char)s.p[s.n - 1];
    }
    h = (h ^ part) * k;
    return h ^ h >> 32;
}

bool str_next(struct str *rest, char sep, struct str *part)
{
    if (!rest->p) {
        return false;
    }
    const size_t at = str_find_char(*rest, sep);
    if (at == SIZE_MAX) {
        *part = *rest;
        *rest = STR_NONE;
    } else {
        *part = str_slice(*rest, 0, at);
        *rest = str_slice(*rest, at + 1, rest->n);
    }
    return true;
}

bool str_to_i64(struct str s, int64_t min, int64_t max, int64_t *out)
{
    const bool negative = s.n > 0 && s.p[0] == '-';
    uint64_t v = 0;
    if (s.n == (size_t)negative) {
        return false;
    }
    for (size_t i = negative; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
        const uint64_t digit = (uint64_t)(s.p[i] - '0');
        if (v > ((uint64_t)INT64_MAX - digit) / 10) {
            return false;
        }
        v = v * 10 + digit;
    }
    const int64_t value = negative ? -(int64_t)v : (int64_t)v;
    if (value < min || value > max) {
        return false;
    }
    *out = value;
    return true;
}

unsigned str_distance(struct str a, struct str b)
{
    enum { MAX = 63 };
    unsigned rows[3][MAX + 1];
    a = str_slice(a, 0, MAX);
    b = str_slice(b, 0, MAX);
    for (size_t j = 0; j <= b.n; j++) {
        rows[0][j] = (unsigned)j;
        rows[1][j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a.n; i++) {
        unsigned *now = rows[i % 3], *last = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b.n; j++) {
            const bool same = lower(a.p[i - 1]) == lower(b.p[j - 1]);
            unsigned best = last[j - 1] + !same;
            best = last[j] + 1 < best ? last[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && lower(a.p[i - 1]) == lower(b.p[j - 2]) && lower(a.p[i - 2]) == lower(b.p[j - 1]) &&
                older[j - 2] + 1 < best) {
                best = older[j - 2] + 1;
            }
            now[j] = best;
        }
    }
    return rows[a.n % 3][b.n];
}

const char *str_closest(struct str s, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t limit = 1 + s.n / 4;
    limit = limit < s.n ? limit : s.n; /* every letter changed is no likeness */
    for (size_t i = 0; i < n; i++) {
        const unsigned distance = str_distance(s, str_of(names[i]));
        if (distance < limit || (!best && distance == limit)) {
            best = names[i];
            limit = distance;
        }
    }
    for (size_t i = 0; i < n && !best && s.n >= 3; i++) { /* --dry is meant for --dry-run */
        best = str_starts_nocase(str_of(names[i]), s) ? names[i] : NULL;
    }
    return best;
}

void strbuf_init(struct strbuf *sb, size_t max_bytes)
{
    *sb = (struct strbuf){.max = max_bytes};
}

void strbuf_free(struct strbuf *sb)
{
    free(sb->p);
    *sb = (struct strbuf){.max = sb->max};
}

void strbuf_reset(struct strbuf *sb)
{
    sb->n = 0;
    sb->overflow = false;
    if (sb->p) {
        sb->p[0] = '\0';
    }
}

/* Make room for `more` bytes and a NUL. False: over the maximum. */
static bool reserve(struct strbuf *sb, size_t more)
{
    if (more > sb->max || sb->n > sb->max - more) {
        sb->overflow = true;
        return false;
    }
    const size_t need = sb->n + more + 1;
    if (need > sb->cap) {
        size_t cap = sb->cap ? sb->cap : 256; /* most have enough in that */
        while (cap < need) {
            cap += cap / 2 + 32;
        }
        sb->p = mem_realloc(sb->p, cap);
        sb->cap = cap;
    }
    return true;
}

void strbuf_add(struct strbuf *sb, struct str s)
{
    if (reserve(sb, s.n)) {
        if (s.n > 0) {
            memcpy(sb->p + sb->n, s.p, s.n);
        }
        sb->n += s.n;
        sb->p[sb->n] = '\0';
    }
}

void strbuf_add_cstr(struct strbuf *sb, const char *s)
{
    strbuf_add(sb, str_of(s));
}

void strbuf_add_char(struct strbuf *sb, char c)
{
    strbuf_add(sb, (struct str){&c, 1});
}

void strbuf_add_repeat(struct strbuf *sb, char c, size_t times)
{
    if (reserve(sb, times)) {
        memset(sb->p + sb->n, c, times);
        sb->n += times;
        sb->p[sb->n] = '\0';
    }
}

void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    const size_t room = sb->cap - sb->n; /* most results fit: formatted once */
    const int n = vsnprintf(room > 0 ? sb->p + sb->n : NULL, room, fmt, ap);
    if (n >= 0 && reserve(sb, (size_t)n)) {
        if ((size_t)n >= room) {
            vsnprintf(sb->p + sb->n, (size_t)n + 1, fmt, again);
        }
        sb->n += (size_t)n;
    } else {
        sb->overflow = true;
        if (room > 0) {
            sb->p[sb->n] = '\0';
        }
    }
    va_end(again);
}

void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    strbuf_vaddf(sb, fmt, ap);
    va_end(ap);
}

void strbuf_truncate(struct strbuf *sb, size_t n)
{
    if (n < sb->n) {
        sb->n = n;
        sb->p[n] = '\0';
    }
}

struct str strbuf_str(const struct strbuf *sb)
{
    return (struct str){sb->p ? sb->p : "", sb->n};
}

const char *strbuf_cstr(struct strbuf *sb)
{
    return sb->p ? sb->p : "";
}

/* A connection string as it may be shown. Own code, not libpq's parser: it must work on strings that libpq refuses, and hide more
 * rather than less where it is not clear what is the password. */
#include "db/session.h"

/* "password", "sslpassword", "passphrase", "token" … */
static bool is_secret(struct str key)
{
    static const char *const marks[] = {"pass", "secret", "token", "pwd"};
    if (str_distance(key, STR("password")) <= 2) {
        return true; /* a typing error; not passfile */
    }
    for (size_t i = 0; i < countof(marks); i++) {
        const struct str mark = str_of(marks[i]);
        for (size_t at = 0; at + mark.n <= key.n; at++) {
            if (str_eq_nocase(str_slice(key, at, at + mark.n), mark)) {
                /* passfile names a file */
                return !str_eq_nocase(key, STR("passfile"));
            }
        }
    }
    return false;
}

/* Where the part with the password ends: offset of the '@', or SIZE_MAX. */
static size_t userinfo_end(struct str rest)
{
    const size_t slash = str_find_char(rest, '/');
    const size_t at = str_find_char(rest, '@');
    if (at == SIZE_MAX) {
        return SIZE_MAX;
    }
    size_t limit = rest.n;
    if (at < slash) {
        /* user:pass@…: the last @ before the path, since a password may hold one unescaped */
        limit = slash < rest.n ? slash : rest.n;
    } else {
        /* host/db?key=a@b, or a password with a slash in it: only what stands before the parameters can be one */
        const size_t query = str_find_char(rest, '?');
        if (query < at && str_find_char(str_slice(rest, query, at), '=') != SIZE_MAX) {
            return SIZE_MAX;
        }
    }
    while (limit > at && rest.p[limit - 1] != '@') {
        limit--;
    }
    return limit > at ? limit - 1 : at;
}

static void display_parameters(struct str query, struct strbuf *out)
{
    struct str part;
    bool first = true;
    while (str_next(&query, '&', &part)) {
        const size_t equals = str_find_char(part, '=');
        const struct str key = str_slice(part, 0, equals);
        strbuf_add_char(out, first ? '?' : '&');
        if (equals != SIZE_MAX && is_secret(key)) {
            strbuf_add(out, key);
            strbuf_add_cstr(out, "=***");
        } else {
            strbuf_add(out, part);
        }
        first = false;
    }
}

static void display_url(struct str url, size_t scheme_end, struct strbuf *out)
{
    struct str rest = str_slice(url, scheme_end, url.n);
    strbuf_add(out, str_slice(url, 0, scheme_end));
    const size_t end = userinfo_end(rest);
    if (end != SIZE_MAX) {
        const struct str userinfo = str_slice(rest, 0, end);
        strbuf_add(out, str_slice(userinfo, 0, str_find_char(userinfo, ':')));
        strbuf_add_char(out, '@');
        rest = str_slice(rest, end + 1, rest.n);
    }
    const size_t query = str_find_char(rest, '?');
    strbuf_add(out, str_slice(rest, 0, query));
    if (query != SIZE_MAX) {
        display_parameters(str_slice(rest, query + 1, rest.n), out);
    }
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The end of a value at `at`: '…' with backslashes, or up to white space. SIZE_MAX: its quote is not closed. */
static size_t value_end(struct str s, size_t at)
{
    const bool quoted = at < s.n && s.p[at] == '\'';
    for (at += quoted; at < s.n; at++) {
        if (s.p[at] == '\\') {
            at++;
        } else if (quoted ? s.p[at] == '\'' : is_blank(s.p[at])) {
            return quoted ? at + 1 : at;
        }
    }
    return quoted ? SIZE_MAX : s.n;
}

static void display_keywords(struct str s, struct strbuf *out)
{
    size_t at = 0;
    bool first = true;
    while (at < s.n) {
        while (at < s.n && is_blank(s.p[at])) {
            at++;
        }
        size_t start = at;
        while (at < s.n && s.p[at] != '=' && !is_blank(s.p[at])) {
            at++;
        }
        const struct str key = str_slice(s, start, at);
        while (at < s.n && is_blank(s.p[at])) {
            at++;
        }
        if (key.n == 0 && at >= s.n) {
            return;
        }
        strbuf_add_cstr(out, first ? "" : " ");
        first = false;
        if (at >= s.n || s.p[at] != '=') {
            /* Not key = value: perhaps the tail of a password with a space. What follows cannot be told apart either. */
            strbuf_add_cstr(out, "***");
            return;
        }
        for (at++; at < s.n && is_blank(s.p[at]);) {
            at++;
        }
        const size_t end = value_end(s, at);
        strbuf_add(out, key);
        strbuf_add_char(out, '=');
        strbuf_add(out, is_secret(key) || end == SIZE_MAX ? STR("***") : str_slice(s, at, end));
        at = end;
    }
}

void target_display(const char *url, struct strbuf *out)
{
    const struct str s = str_of(url);
    const size_t scheme = str_find(s, STR("://"));
    const size_t equals = str_find_char(s, '=');
    if (s.n == 0) {
        strbuf_add_cstr(out, "the server that the PG* variables name");
    } else if (scheme != SIZE_MAX && scheme < equals) {
        display_url(s, scheme + 3, out);
    } else if (equals != SIZE_MAX) {
        display_keywords(s, out);
    } else {
        strbuf_add(out, s); /* the name of a database */
    }
}

#include "cmd/url.h"

static struct str scheme_of(struct str url)
{
    static const char *const others[] = {"pgx://", "pgx4://", "pgx5://"};
    for (size_t i = 0; i < countof(others); i++) {
        if (str_starts(url, str_of(others[i]))) {
            return str_of(others[i]);
        }
    }
    return STR("");
}

const char *url_for_libpq(struct arena *a, const char *url, struct str *ignored)
{
    struct str rest = str_of(url), part;
    struct strbuf out, names;
    const struct str scheme = scheme_of(rest);
    *ignored = STR("");
    if (str_find(rest, STR("://")) == SIZE_MAX) {
        return url;
    }
    strbuf_init(&out, 2 * rest.n + 64);
    strbuf_init(&names, rest.n + 64);
    strbuf_add_cstr(&out, scheme.n ? "postgres://" : "");
    rest = str_slice(rest, scheme.n, rest.n);
    const size_t query = str_find_char(rest, '?');
    strbuf_add(&out, str_slice(rest, 0, query));
    rest = query == SIZE_MAX ? STR_NONE : str_slice(rest, query + 1, rest.n);
    for (char before = '?'; str_next(&rest, '&', &part);) {
        const struct str name = str_slice(part, 0, str_find_char(part, '='));
        if (str_starts(name, STR("x-"))) {
            strbuf_addf(&names, "%s%.*s", names.n ? ", " : "", STR_ARG(name));
            continue;
        }
        strbuf_add_char(&out, before);
        before = '&';
        if (str_eq(name, STR("search_path"))) {
            strbuf_addf(&out, "options=-csearch_path%%3D%.*s", STR_ARG(str_slice(part, name.n + 1, part.n)));
        } else {
            strbuf_add(&out, part);
        }
    }
    const char *result = arena_cstr(a, strbuf_str(&out));
    *ignored = arena_str(a, strbuf_str(&names));
    strbuf_free(&out);
    strbuf_free(&names);
    return result;
}

/* In both forms what is said last counts, and a parameter more than the path. */
const char *url_with_database(const char *url, const char *database, struct arena *a)
{
    struct strbuf out;
    const struct str all = str_of(url), name = str_of(database);
    const bool is_url = str_starts(all, STR("postgres://")) || str_starts(all, STR("postgresql://"));
    strbuf_init(&out, all.n + name.n * 3 + 32);
    if (is_url) {
        strbuf_add(&out, all);
        strbuf_add_cstr(&out, str_find_char(all, '?') == SIZE_MAX ? "?dbname=" : "&dbname=");
        for (size_t i = 0; i < name.n; i++) {
            const char ch = name.p[i];
            const bool plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
            strbuf_addf(&out, plain || ch == '_' || ch == '-' ? "%c" : "%%%02X", (unsigned char)ch);
        }
    } else {
        if (str_find_char(all, '=') != SIZE_MAX) { /* else the bare name of a database, or nothing */
            strbuf_add(&out, all);
            strbuf_add_char(&out, ' ');
        }
        strbuf_add_cstr(&out, "dbname='");
        for (size_t i = 0; i < name.n; i++) {
            strbuf_add_cstr(&out, name.p[i] == '\'' || name.p[i] == '\\' ? "\\" : "");
            strbuf_add_char(&out, name.p[i]);
        }
        strbuf_add_char(&out, '\'');
    }
    const char *text = arena_cstr(a, strbuf_str(&out));
    if (out.p) {
        explicit_bzero(out.p, out.cap); /* there may be a password in it */
    }
    strbuf_free(&out);
    return text;
}

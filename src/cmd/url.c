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

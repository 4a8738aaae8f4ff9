/*
 * cases.h - reads a file of cases, for the tests beside it.
 *
 *     # before the first case: remarks
 *     === title
 *     input lines
 *     ==>
 *     expected lines
 *
 * A case goes on to the next "=== " line. The line end before "==>" belongs to neither part, nor do blank lines at
 * the end of the expected text. In the input <0d> (two hexadecimal digits) is that byte.
 */
#ifndef MIGRATE_TESTS_SQL_CASES_H
#define MIGRATE_TESTS_SQL_CASES_H

#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "base/file.h"

struct test_case {
    struct str title, input, expected;
};

static inline int case_hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline struct str case_decode(struct arena *a, struct str s)
{
    char *out = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '<' && i + 3 < s.n && s.p[i + 3] == '>' && case_hex(s.p[i + 1]) >= 0 &&
            case_hex(s.p[i + 2]) >= 0) {
            out[n++] = (char)(case_hex(s.p[i + 1]) * 16 + case_hex(s.p[i + 2]));
            i += 3;
        } else {
            out[n++] = s.p[i];
        }
    }
    return (struct str){out, n};
}

/* Take the next case of *rest; false at the end. */
static inline bool next_case(struct str *rest, struct arena *a, struct test_case *c)
{
    size_t from = str_starts(*rest, STR("=== ")) ? 0 : str_find(*rest, STR("\n=== "));
    if (from == SIZE_MAX) {
        return false;
    }
    from += from > 0;
    const size_t next = str_find(str_slice(*rest, from + 1, rest->n), STR("\n=== "));
    struct str one = str_slice(*rest, from + 4, next == SIZE_MAX ? rest->n : from + 1 + next + 1);
    *rest = str_slice(*rest, next == SIZE_MAX ? rest->n : from + 1 + next + 1, rest->n);
    *c = (struct test_case){0};
    str_next(&one, '\n', &c->title);
    const size_t arrow = str_starts(one, STR("==>\n")) ? 0 : str_find(one, STR("\n==>\n"));
    if (arrow == SIZE_MAX) {
        fail_msg("%.*s: no ==>", STR_ARG(c->title));
    }
    c->input = case_decode(a, str_slice(one, 0, arrow));
    c->expected = str_slice(one, arrow + (arrow > 0) + 4, one.n);
    while (c->expected.n > 0 && c->expected.p[c->expected.n - 1] == '\n') {
        c->expected.n--;
    }
    return true;
}

/* Every case of the file: what `run` writes must be the expected text. */
static inline void check_cases(const char *path, void (*run)(struct str input, struct arena *a, struct strbuf *out))
{
    struct arena a;
    struct str rest;
    struct error err;
    struct test_case c;
    arena_init(&a, (size_t)64 << 20);
    if (file_read(path, 1 << 20, &a, &rest, &err) != ST_OK) {
        fail_msg("%s", err.primary);
    }
    unsigned n = 0, wrong = 0;
    for (; next_case(&rest, &a, &c); n++) {
        struct strbuf out;
        strbuf_init(&out, 1 << 20);
        run(c.input, &a, &out);
        struct str got = strbuf_str(&out);
        while (got.n > 0 && got.p[got.n - 1] == '\n') {
            got.n--;
        }
        if (!str_eq(got, c.expected)) {
            print_error("%s: %.*s\n--- expected\n%.*s\n--- got\n%.*s\n---\n", path, STR_ARG(c.title),
                        STR_ARG(c.expected), STR_ARG(got));
            wrong++;
        }
        strbuf_free(&out);
    }
    arena_free(&a);
    assert_true(n > 0);
    assert_int_equal(wrong, 0);
}

#endif

/*
 * cases.h - reads a file of cases, for the tests beside it.
 *
 *     # a remark, before a title
 *     == title
 *     input lines
 *     ==>
 *     expected lines
 *
 * A case goes on to the next "== " line; blank lines at the end of the expected text do not count. In the input \xNN is that byte, and a
 * line that ends in \c has no line end. A line of the input that begins with "%" is a setting of the test, not text.
 */
#ifndef MIGRATE_TESTS_MIGRATION_CASES_H
#define MIGRATE_TESTS_MIGRATION_CASES_H

#include "base/file.h"

#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

struct test_case {
    struct str title, settings; /* settings: their lines without the "%", each with a line end */
    struct str input, expected;
};

static inline int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline void add_decoded(struct strbuf *out, struct str line)
{
    const bool open = str_ends(line, STR("\\c"));
    line.n -= open ? 2 : 0;
    for (size_t i = 0; i < line.n; i++) {
        if (i + 3 < line.n && line.p[i] == '\\' && line.p[i + 1] == 'x' && hex_value(line.p[i + 2]) >= 0) {
            strbuf_add_char(out, (char)(hex_value(line.p[i + 2]) * 16 + hex_value(line.p[i + 3])));
            i += 3;
        } else {
            strbuf_add_char(out, line.p[i]);
        }
    }
    if (!open) {
        strbuf_add_char(out, '\n');
    }
}

/* Take the next case of *rest; false at the end. */
static inline bool next_case(struct str *rest, struct arena *a, struct test_case *c)
{
    struct str line;
    struct strbuf input, settings, expected, *part = NULL;
    *c = (struct test_case){0};
    strbuf_init(&input, 1 << 20);
    strbuf_init(&settings, 1 << 20);
    strbuf_init(&expected, 1 << 20);
    while (rest->n > 0 && !(part && str_starts(*rest, STR("== "))) && str_next(rest, '\n', &line)) {
        if (str_starts(line, STR("== "))) {
            c->title = str_slice(line, 3, line.n);
            part = &input;
        } else if (part && str_eq(line, STR("==>"))) {
            part = &expected;
        } else if (part == &input && str_starts(line, STR("%"))) {
            strbuf_add(&settings, str_trim(str_slice(line, 1, line.n)));
            strbuf_add_char(&settings, '\n');
        } else if (part == &input) {
            add_decoded(part, line);
        } else if (part && !str_starts(line, STR("# "))) {
            strbuf_add(part, line);
            strbuf_add_char(part, '\n');
        }
    }
    c->input = arena_str(a, strbuf_str(&input));
    c->settings = arena_str(a, strbuf_str(&settings));
    c->expected = arena_str(a, str_trim(strbuf_str(&expected)));
    strbuf_free(&input);
    strbuf_free(&settings);
    strbuf_free(&expected);
    return part != NULL;
}

static inline bool has_setting(const struct test_case *c, struct str setting)
{
    return str_find(c->settings, setting) != SIZE_MAX;
}

/* cmocka cuts what is printed at once at 1 kB. */
static inline void print_lines(struct str text)
{
    enum { PIECE = 512 };
    for (size_t i = 0; i < text.n; i += PIECE) {
        print_error("%.*s", STR_ARG(str_slice(text, i, i + PIECE)));
    }
    print_error("\n");
}

/* Run every case of the file through `run`, which appends what it sees to out. */
static inline void run_cases(const char *path,
                             void (*run)(const struct test_case *c, struct arena *a, struct strbuf *out))
{
    struct arena a;
    struct error err;
    struct str text;
    struct test_case c;
    unsigned n = 0, failed = 0;
    arena_init(&a, (size_t)64 << 20);
    assert_int_equal(file_read(path, 1 << 20, &a, &text, &err), ST_OK);
    while (next_case(&text, &a, &c)) {
        struct strbuf out;
        strbuf_init(&out, 1 << 20);
        run(&c, &a, &out);
        const struct str got = str_trim(strbuf_str(&out));
        if (!str_eq(got, c.expected)) {
            print_error("%s: %.*s\n--- expected\n", path, STR_ARG(c.title));
            print_lines(c.expected);
            print_error("--- got\n");
            print_lines(got);
            failed++;
        }
        strbuf_free(&out);
        n++;
    }
    arena_free(&a);
    assert_int_equal(failed, 0);
    assert_true(n > 0);
}

#endif

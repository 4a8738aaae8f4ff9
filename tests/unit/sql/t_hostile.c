/*
 * t_hostile.c - the promises of fuzz_sql.c hold for the seeds, for every case, for every prefix of every case, for
 * random bytes and for random pieces of SQL; and much input is read within its bounds.
 */
#include "../../fuzz/fuzz_sql.c"

#include "../../fuzz/bent.h"
#include "cases.h"

static void try_text(struct str text)
{
    LLVMFuzzerTestOneInput((const uint8_t *)text.p, text.n);
}

static void test_seeds(void **state)
{
    (void)state;
    bent_seeds("tests/fuzz/seeds/sql", 0);
}

static void test_prefixes(void **state)
{
    (void)state;
    static const char *const files[] = {"lex", "extra", "differences", "split", "shape", "token"};
    struct arena a;
    arena_init(&a, (size_t)64 << 20);
    for (size_t i = 0; i < countof(files); i++) {
        struct str rest;
        struct test_case c;
        struct error err;
        const struct str path = arena_printf(&a, "tests/cases/sql/%s.case", files[i]);
        assert_int_equal(file_read(path.p, 1 << 20, &a, &rest, &err), ST_OK);
        while (next_case(&rest, &a, &c)) {
            for (size_t n = 0; n <= c.input.n; n++) {
                try_text(str_slice(c.input, 0, n));
                try_text(str_slice(c.input, n, c.input.n));
            }
        }
    }
    arena_free(&a);
}

/* xorshift: the same numbers in every run. */
static uint32_t chance(uint64_t *seed, uint32_t below)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t)(*seed >> 33) % below;
}

static void test_random_bytes(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252;
    char bytes[300];
    for (unsigned round = 0; round < 3000; round++) {
        const size_t n = chance(&seed, sizeof bytes);
        for (size_t i = 0; i < n; i++) {
            bytes[i] = (char)chance(&seed, 256);
        }
        try_text((struct str){bytes, n});
    }
}

static void test_random_pieces(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "select ",
        "create ",
        "alter table ",
        "rule ",
        "function ",
        "or replace ",
        "begin atomic ",
        "case ",
        "end ",
        "copy ",
        "from stdin",
        "(",
        ")",
        "[",
        "]",
        ";",
        ";\n",
        ",",
        ".",
        ":",
        "::",
        ":=",
        ":x",
        ":'x'",
        "$1",
        "$$",
        "$x$",
        "$",
        "${x}",
        "{{",
        "}}",
        "%(x)s",
        "@x@",
        "'",
        "\"",
        "E'",
        "U&'",
        "U&\"",
        "N'",
        "B'",
        "uescape '!'",
        "\\",
        "\\g\n",
        "\\.\n",
        "\\u",
        "--",
        "/*",
        "*/",
        "\n",
        "\r",
        "\r\n",
        " ",
        "+",
        "-",
        "*",
        "/",
        "<",
        "=",
        "@",
        "!",
        "1",
        ".5",
        "0x",
        "1_0",
        "1e",
        "a",
        "\xc3\xa9",
        "\xff",
        "-- migrate:down\n",
        "ARRAY[",
        "type ",
        "add b int",
        "\"Q\"",
        "values (1)",
    };
    uint64_t seed = 362436069123456789;
    for (unsigned round = 0; round < 6000; round++) {
        struct strbuf sb;
        strbuf_init(&sb, 1 << 16);
        for (uint32_t n = chance(&seed, 40); n > 0; n--) {
            strbuf_add_cstr(&sb, pieces[chance(&seed, countof(pieces))]);
        }
        try_text(strbuf_str(&sb));
        strbuf_free(&sb);
    }
}

/* 100,000 statements; the splitter keeps the tokens of one at a time. */
static void test_many_statements(void **state)
{
    (void)state;
    enum { STATEMENTS = 100000 };
    struct strbuf sb;
    struct splitter sp;
    struct statement st;
    strbuf_init(&sb, (size_t)16 << 20);
    for (unsigned i = 0; i < STATEMENTS; i++) {
        strbuf_addf(&sb, "insert into t values (%u, 'x');\n", i);
    }
    unsigned n = 0;
    splitter_init(&sp, strbuf_str(&sb), 0, (uint32_t)sb.n);
    while (splitter_next(&sp, &st)) {
        assert_int_equal(st.n_tokens, 9);
        n++;
    }
    assert_int_equal(n, STATEMENTS);
    assert_true(sp.tokens.cap < 64);
    splitter_free(&sp);
    strbuf_free(&sb);
}

/* One statement of millions of tokens: memory stops growing at STATEMENT_MAX_TOKENS and SHAPE_MAX_TEXT. */
static void test_huge_statement(void **state)
{
    (void)state;
    struct strbuf sb;
    struct splitter sp;
    struct statement st;
    struct arena a;
    struct shape_list shapes = {0};
    arena_init(&a, (size_t)8 << 20);
    strbuf_init(&sb, (size_t)32 << 20);
    strbuf_add(&sb, STR("insert into t values (0)"));
    for (unsigned i = 0; i < 1000000; i++) {
        strbuf_add(&sb, STR(",\n(1,'x')"));
    }
    splitter_init(&sp, strbuf_str(&sb), 0, (uint32_t)sb.n);
    assert_true(splitter_next(&sp, &st));
    assert_true(st.cut);
    assert_int_equal(st.end, sb.n);
    assert_true(sp.tokens.cap < STATEMENT_MAX_TOKENS * 2);
    shape_of(strbuf_str(&sb), &st, &a, &shapes);
    assert_int_equal(shapes.n, 1);
    assert_true(shapes.at[0].cut);
    assert_true(a.used < (size_t)2 << 20);
    splitter_free(&sp);
    arena_free(&a);
    strbuf_free(&sb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeds),           cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_random_bytes),    cmocka_unit_test(test_random_pieces),
        cmocka_unit_test(test_many_statements), cmocka_unit_test(test_huge_statement),
    };
    return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}

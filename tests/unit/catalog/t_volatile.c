/* expression_volatile(), from tests/cases/catalog/volatile.txt, which says what it holds. */
#include <setjmp.h>

#include <cmocka.h>

#include "base/file.h"
#include "catalog/builtin_function.h"
#include "catalog/expression.h"
#include "catalog/replay.h"

static const char *const words[] = {[TRI_NO] = "no", [TRI_YES] = "yes", [TRI_UNKNOWN] = "unknown"};

static void replay_text(struct catalog *c, struct str sql)
{
    struct splitter sp;
    struct statement st;
    struct origin at = {.file = 1};
    splitter_init(&sp, sql, 0, (uint32_t)sql.n);
    while (splitter_next(&sp, &st)) {
        at.statement++;
        catalog_replay(c, sql, &st, at);
    }
    splitter_free(&sp);
}

static void test_expressions(void **state)
{
    struct arena a;
    struct error err;
    struct str text, line;
    struct catalog c;
    unsigned lines = 0, wrong = 0;
    (void)state;
    arena_init(&a, 1 << 26);
    assert_int_equal(file_read("tests/cases/catalog/volatile.txt", 1 << 20, &a, &text, &err), ST_OK);
    const size_t split = str_find(text, STR("==>\n"));
    assert_int_not_equal(split, SIZE_MAX);
    catalog_init(&c, &a);
    struct str sql = str_slice(text, 0, split);
    while (str_starts(sql, STR("#"))) {
        sql = str_slice(sql, str_find_char(sql, '\n') + 1, sql.n);
    }
    replay_text(&c, sql);
    struct str rest = str_slice(text, split + 4, text.n);
    while (str_next(&rest, '\n', &line)) {
        struct str answer, type;
        if (line.n == 0 || !str_next(&line, ' ', &answer) || !str_next(&line, ' ', &type)) {
            continue;
        }
        const struct statement st = expression_lex(&a, line);
        const enum tri got = expression_volatile(&c, line, &st, 0, st.n_tokens);
        lines++;
        if (!str_eq(answer, str_of(words[got]))) {
            wrong++;
            print_error("%.*s: expected %.*s, got %s\n", STR_ARG(line), STR_ARG(answer), words[got]);
        }
    }
    arena_free(&a);
    assert_true(lines > 50);
    assert_int_equal(wrong, 0);
}

/* The table is in pieces; names at the ends of pieces and parts of names are where a search goes wrong. */
static void test_builtin_table(void **state)
{
    static const char *const yes[] = {
        "RI_FKey_cascade_del", "amvalidate",      "nextval", "random",   "uuidv4",        "uuidv7",
        "clock_timestamp",     "gen_random_uuid", "setseed", "pg_sleep", "random_normal", "unique_key_recheck"};
    static const char *const no[] = {"abs",      "now",        "xpath",      "lower",
                                     "zipfian",  "",           " ",          "nextva",
                                     "extval",   "random ",    "pg_catalog", "uuid_extract_version",
                                     "timezone", "xmlvalidate"};
    (void)state;
    for (size_t i = 0; i < countof(yes); i++) {
        assert_int_equal(builtin_function_volatile(str_of(yes[i])), TRI_YES);
    }
    for (size_t i = 0; i < countof(no); i++) {
        assert_int_not_equal(builtin_function_volatile(str_of(no[i])), TRI_YES);
    }
    assert_int_equal(builtin_function_volatile(STR("zipfian")), TRI_UNKNOWN);
    assert_int_equal(builtin_function_volatile(STR("xpath")), TRI_NO);
    assert_int_equal(builtin_function_volatile(STR("abs")), TRI_NO);
    assert_int_equal(builtin_function_volatile(STR("")), TRI_UNKNOWN);
}

/* A name is a call only with its parenthesis. */
static void test_calls_are_told_from_columns(void **state)
{
    struct arena a;
    struct catalog c;
    (void)state;
    arena_init(&a, 1 << 20);
    catalog_init(&c, &a);
    const struct str columns = STR("random + nextval + clock_timestamp");
    const struct statement st = expression_lex(&a, columns);
    assert_int_equal(expression_volatile(&c, columns, &st, 0, st.n_tokens), TRI_NO);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expressions),
        cmocka_unit_test(test_builtin_table),
        cmocka_unit_test(test_calls_are_told_from_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

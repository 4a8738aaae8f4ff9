/*
 * t_lex.c - tokens, by cases: lex.case and differences.case with the server's tokens and comments, extra.case with
 * what migration files have beside them; and the invariants that every text keeps.
 */
#include "cases.h"
#include "show.h"
#include "sql/lex.h"

static void show_tokens(struct str input, bool extras, struct strbuf *out)
{
    struct lexer lx;
    lex_init(&lx, input, extras);
    lx.comments = true;
    for (struct token t; (t = lex_next(&lx)).kind != TOK_END;) {
        show_token(out, input, t);
    }
}

static void run_server(struct str input, struct arena *a, struct strbuf *out)
{
    (void)a;
    show_tokens(input, false, out);
}

static void run_extras(struct str input, struct arena *a, struct strbuf *out)
{
    (void)a;
    show_tokens(input, true, out);
}

static void test_server(void **state)
{
    (void)state;
    check_cases("tests/cases/sql/lex.case", run_server);
}

static void test_differences(void **state)
{
    (void)state;
    check_cases("tests/cases/sql/differences.case", run_server);
}

static void test_extras(void **state)
{
    (void)state;
    check_cases("tests/cases/sql/extra.case", run_extras);
}

/* Without lx.comments the same tokens come, only the comments do not. */
static void test_comments_skipped(void **state)
{
    (void)state;
    const struct str text = STR("a /* b /* c */ */ -- d\n'e' -- f\n 'g' /* h");
    struct lexer with, without;
    lex_init(&with, text, false);
    lex_init(&without, text, false);
    with.comments = true;
    for (struct token t, u = {0}; u.kind != TOK_END;) {
        do {
            t = lex_next(&with);
        } while (t.kind == TOK_COMMENT);
        u = lex_next(&without);
        assert_memory_equal(&t, &u, sizeof t);
    }
}

/* The end comes again and again, at the text's length. */
static void test_end(void **state)
{
    (void)state;
    struct lexer lx;
    lex_init(&lx, STR("a  "), true);
    assert_int_equal(lex_next(&lx).kind, TOK_WORD);
    for (int i = 0; i < 3; i++) {
        const struct token t = lex_next(&lx);
        assert_int_equal(t.kind, TOK_END);
        assert_int_equal(t.start, 3);
        assert_int_equal(t.end, 3);
    }
    lex_init(&lx, STR_NONE, true);
    assert_int_equal(lex_next(&lx).kind, TOK_END);
}

static void test_copy_data(void **state)
{
    (void)state;
    static const struct {
        struct str text, data;
    } cases[] = {
        {STR_INIT("; rest\n1\n\\.\nselect"), STR_INIT("1\n\\.\n")},
        {STR_INIT(";\n\\.\n\\.\n"), STR_INIT("\\.\n")},
        {STR_INIT(";\r\na\r\n\\.\r\nb"), STR_INIT("a\r\n\\.\r\n")},
        {STR_INIT(";\na\n\\. \nb"), STR_INIT("a\n\\. \nb")}, /* not the end: to the text's end */
        {STR_INIT(";\na\n\\."), STR_INIT("a\n\\.")},
        {STR_INIT(";\n"), STR_INIT("")},
        {STR_INIT(";"), STR_INIT("")},
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct lexer lx;
        lex_init(&lx, cases[i].text, true);
        const struct token t = lex_copy_data(&lx);
        assert_int_equal(t.kind, TOK_COPY_DATA);
        assert_true(str_eq(token_text(cases[i].text, t), cases[i].data));
        assert_int_equal(lx.at, t.end);
    }
}

/* A name of LEX_MAX_PLACEHOLDER bytes is a placeholder's, a longer one is not. */
static void test_long_placeholder(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        struct strbuf sb;
        struct lexer lx;
        strbuf_init(&sb, 1 << 16);
        strbuf_add_char(&sb, ':');
        strbuf_add_repeat(&sb, 'x', LEX_MAX_PLACEHOLDER + more);
        lex_init(&lx, strbuf_str(&sb), true);
        assert_int_equal(lex_next(&lx).kind, more ? TOK_SELF : TOK_PLACEHOLDER);
        strbuf_free(&sb);
    }
}

/* Every kind and every reason has a name of its own. */
static void test_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= TOK_COMMENT; i++) {
        assert_non_null(token_kind_name((enum token_kind)i));
    }
    for (unsigned i = 0; i <= LEX_UNCLOSED; i++) {
        assert_non_null(lex_bad_reason((enum lex_bad)i));
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(lex_bad_reason((enum lex_bad)i), lex_bad_reason((enum lex_bad)k));
        }
    }
    assert_string_equal(token_kind_name((enum token_kind)200), "?");
    assert_string_equal(lex_bad_reason((enum lex_bad)200), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server), cmocka_unit_test(test_differences),
        cmocka_unit_test(test_extras), cmocka_unit_test(test_comments_skipped),
        cmocka_unit_test(test_end),    cmocka_unit_test(test_copy_data),
        cmocka_unit_test(test_long_placeholder),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests_name("lex", tests, NULL, NULL);
}

/*
 * t_token.c - names and values of tokens, by the cases of token.case: for each name "name value", for each constant
 * "value value", in the order of the tokens.
 */
#include "cases.h"
#include "show.h"

static void show(struct strbuf *out, const char *what, struct str text)
{
    strbuf_add_cstr(out, what);
    if (text.n > 0) {
        strbuf_add_char(out, ' ');
        show_text(out, text);
    }
    strbuf_add_char(out, '\n');
}

static void run(struct str input, struct arena *a, struct strbuf *out)
{
    struct lexer lx;
    lex_init(&lx, input, false);
    for (struct token t; (t = lex_next(&lx)).kind != TOK_END;) {
        if (t.kind == TOK_WORD || t.kind == TOK_QUOTED || t.kind == TOK_UQUOTED) {
            show(out, "name", token_name(a, input, t));
            assert_int_equal(token_string(a, input, t).n, 0);
        } else {
            show(out, "value", token_string(a, input, t));
            assert_int_equal(token_name(a, input, t).n, 0);
        }
    }
}

static void test_cases(void **state)
{
    (void)state;
    check_cases("tests/cases/sql/token.case", run);
}

/* What can be used as it stands is not copied. */
static void test_views(void **state)
{
    (void)state;
    const struct str text = STR("abc \"Def\" 'ghi' $$j$$ Klm");
    struct arena a;
    struct lexer lx;
    arena_init(&a, 1 << 20);
    lex_init(&lx, text, false);
    assert_ptr_equal(token_name(&a, text, lex_next(&lx)).p, text.p);
    assert_ptr_equal(token_name(&a, text, lex_next(&lx)).p, text.p + 5);
    assert_ptr_equal(token_string(&a, text, lex_next(&lx)).p, text.p + 11);
    assert_ptr_equal(token_string(&a, text, lex_next(&lx)).p, text.p + 18);
    assert_int_equal(a.used, 0);
    assert_true(str_eq(token_name(&a, text, lex_next(&lx)), STR("klm")));
    assert_true(a.used > 0);
    arena_free(&a);
}

static void test_placeholder(void **state)
{
    (void)state;
    const struct str text = STR("${Foo}");
    struct arena a;
    struct lexer lx;
    arena_init(&a, 1 << 20);
    lex_init(&lx, text, true);
    const struct token t = lex_next(&lx);
    assert_true(str_eq(token_name(&a, text, t), text));
    assert_true(str_eq(token_text(text, t), text));
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_placeholder),
    };
    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}

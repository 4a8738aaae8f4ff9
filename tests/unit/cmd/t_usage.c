/* What a usage text says may stand where. */
#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "cmd/usage.h"

static void expect(const char *usage, const char *before, const char *expected)
{
    struct arena a;
    struct usage_words words = {0};
    VEC(const char *) operands = {0};
    struct str rest = str_of(before), word;
    struct strbuf got;
    arena_init(&a, 1 << 20);
    strbuf_init(&got, 1000);
    while (str_next(&rest, ' ', &word)) {
        *vec_push(&a, &operands) = arena_cstr(&a, word);
    }
    usage_operand(usage, operands.at, operands.n, &a, &words);
    for (size_t i = 0; i < words.n; i++) {
        strbuf_addf(&got, "%s%.*s", i ? " " : "", STR_ARG(words.at[i]));
    }
    assert_string_equal(strbuf_cstr(&got), expected);
    strbuf_free(&got);
    arena_free(&a);
}

static void test_one_after_the_other(void **state)
{
    (void)state;
    expect("", NULL, "");
    expect("[N]", NULL, "N");
    expect("[N]", "1", "");
    expect("VERSION (--applied|--pending)", NULL, "VERSION");
    expect("VERSION (--applied|--pending)", "1", "");
    expect("--from TOOL", NULL, "");
    expect("[-o FILE] [-- ARGUMENT…]", NULL, "ARGUMENT");
}

static void test_ways(void **state)
{
    (void)state;
    expect("list|show RULE|test", NULL, "list show test");
    expect("list|show RULE|test", "show", "RULE");
    expect("list|show RULE|test", "list", "");
    expect("(list|pause) [VERSION]", NULL, "list pause");
    expect("(list|pause) [VERSION]", "pause", "VERSION");
    expect("(list|pause) [VERSION]", "stop", "");
    expect("pull -o FILE|show [FILE [NAME]]", NULL, "pull show");
    expect("pull -o FILE|show [FILE [NAME]]", "pull", "");
    expect("pull -o FILE|show [FILE [NAME]]", "show", "FILE");
    expect("pull -o FILE|show [FILE [NAME]]", "show x", "NAME");
    expect("'SQL'|-", NULL, "'SQL' -");
    expect("'SQL'|-", "x", "");
}

static void test_repeated(void **state)
{
    (void)state;
    expect("[FILE|FOLDER|-]...", NULL, "FILE FOLDER -");
    expect("[FILE|FOLDER|-]...", "a b c", "FILE FOLDER -");
    expect("[--] PROGRAM [ARGUMENT…]", NULL, "PROGRAM");
    expect("[--] PROGRAM [ARGUMENT…]", "ls a b", "ARGUMENT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_after_the_other),
        cmocka_unit_test(test_ways),
        cmocka_unit_test(test_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

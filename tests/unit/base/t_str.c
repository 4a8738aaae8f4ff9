/* Text views, builders, numbers and "did you mean". */
#include "base/str.h"

#include <setjmp.h>
#include <cmocka.h>

static void views(void **state)
{
    (void)state;
    assert_true(str_eq(str_trim(STR(" \t a b \r\n")), STR("a b")));
    assert_true(str_eq(str_slice(STR("abc"), 1, 99), STR("bc")));
    assert_int_equal(str_slice(STR("abc"), 3, 1).n, 0);
    assert_true(str_eq_nocase(STR("CREATE"), STR("create")));
    assert_false(str_eq_nocase(STR("CREATE"), STR("creat")));
    assert_true(str_starts_nocase(STR("Migrate:up"), STR("migrate:")));
    assert_true(str_ends(STR("1_a.up.sql"), STR(".up.sql")));
    assert_int_equal(str_find(STR("aaab"), STR("ab")), 2);
    assert_true(str_find(STR("aaab"), STR("ba")) == SIZE_MAX);
    assert_true(str_find(STR(""), STR("a")) == SIZE_MAX);
    assert_true(str_cmp(STR("a"), STR("ab")) < 0);
    assert_true(str_cmp(STR("b"), STR("ab")) > 0);
}

static void parts(void **state)
{
    (void)state;
    struct str rest = STR("a,,b"), part;
    assert_true(str_next(&rest, ',', &part) && str_eq(part, STR("a")));
    assert_true(str_next(&rest, ',', &part) && part.n == 0);
    assert_true(str_next(&rest, ',', &part) && str_eq(part, STR("b")));
    assert_false(str_next(&rest, ',', &part));
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-5", true, -5},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"1a", false, 0},
        {" 1", false, 0},
        {"+1", false, 0},
    };
    for (size_t i = 0; i < countof(cases); i++) {
        int64_t v = 77;
        assert_int_equal(str_to_i64(str_of(cases[i].text), INT64_MIN, INT64_MAX, &v), cases[i].ok);
        assert_int_equal(v, cases[i].ok ? cases[i].value : 77);
    }
    int64_t v = 77;
    assert_false(str_to_i64(STR("11"), 0, 10, &v));
    assert_int_equal(v, 77);
}

static void nearness(void **state)
{
    (void)state;
    assert_int_equal(str_distance(STR("statsu"), STR("status")), 1);
    assert_int_equal(str_distance(STR("up"), STR("UP")), 0);
    assert_int_equal(str_distance(STR(""), STR("lint")), 4);
    assert_int_equal(str_distance(STR("rolback"), STR("rollback")), 1);
}

static void builder(void **state)
{
    (void)state;
    struct strbuf sb;
    strbuf_init(&sb, 10);
    assert_string_equal(strbuf_cstr(&sb), "");
    strbuf_addf(&sb, "%d-%s", 12, "abc");
    assert_string_equal(strbuf_cstr(&sb), "12-abc");
    strbuf_add(&sb, STR("12345"));
    assert_true(sb.overflow);
    assert_string_equal(strbuf_cstr(&sb), "12-abc");
    strbuf_add(&sb, STR("1234"));
    assert_string_equal(strbuf_cstr(&sb), "12-abc1234");
    strbuf_truncate(&sb, 2);
    assert_string_equal(strbuf_cstr(&sb), "12");
    strbuf_reset(&sb);
    assert_false(sb.overflow);
    strbuf_add_repeat(&sb, '^', 3);
    assert_string_equal(strbuf_cstr(&sb), "^^^");
    strbuf_free(&sb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views), cmocka_unit_test(parts),   cmocka_unit_test(numbers),
        cmocka_unit_test(nearness), cmocka_unit_test(builder),
    };
    return cmocka_run_group_tests_name("base/str", tests, NULL, NULL);
}

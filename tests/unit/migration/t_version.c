/* Versions and durations. */
#include <setjmp.h>

#include <cmocka.h>

#include "migration/migration.h"

static void order(void **state UNUSED)
{
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = {
        {"9", "10", -1},
        {"10", "9", 1},
        {"1.2", "1.10", -1},
        {"1_2", "1.10", -1},
        {"007", "7", 0},
        {"1", "1.0", 0},
        {"1", "1.1", -1},
        {"1.0.1", "1", 1},
        {"0", "00", 0},
        {"20261120093000", "20261120093001", -1},
        {"99999999999999999999999999999999", "100000000000000000000000000000000", -1},
        {"18446744073709551616", "0", 1}, /* 2^64 does not wrap */
    };
    for (size_t i = 0; i < countof(cases); i++) {
        const struct str a = str_of(cases[i].a), b = str_of(cases[i].b);
        assert_int_equal(version_cmp(a, b), cases[i].order);
        assert_int_equal(version_cmp(b, a), -cases[i].order);
    }
}

static void valid(void **state UNUSED)
{
    static const char *const good[] = {"0", "007", "1.10", "1_2", "20261120093000", "1.2.3.4"};
    static const char *const bad[] = {"", ".", "1.", ".1", "1..2", "1._2", "v1", "1a", "-1", " 1", "1 "};
    char digits[MIGRATION_MAX_VERSION + 1];
    for (size_t i = 0; i < countof(good); i++) {
        assert_true(version_valid(str_of(good[i])));
    }
    for (size_t i = 0; i < countof(bad); i++) {
        assert_false(version_valid(str_of(bad[i])));
    }
    memset(digits, '9', sizeof(digits));
    assert_true(version_valid((struct str){digits, MIGRATION_MAX_VERSION}));
    assert_false(version_valid((struct str){digits, MIGRATION_MAX_VERSION + 1}));
}

static void durations(void **state UNUSED)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        {"0", 0},
        {"250", 250},
        {"250ms", 250},
        {"2s", 2000},
        {"5min", 300000},
        {"1h", 3600000},
        {"7d", 604800000},
        {"106751991167d", 106751991167 * 86400000},
        {"9223372036854775807", INT64_MAX},
    };
    static const char *const bad[] = {
        "", "s", "-1s", "1.5s", "2 s", "2S", "1m", "1sec", "1w", "106751991168d", "9223372036854775808", "1s1s",
    };
    for (size_t i = 0; i < countof(good); i++) {
        int64_t ms = -1;
        assert_true(duration_parse(str_of(good[i].text), &ms));
        assert_true(ms == good[i].ms);
    }
    for (size_t i = 0; i < countof(bad); i++) {
        int64_t ms = -7;
        assert_false(duration_parse(str_of(bad[i]), &ms));
        assert_true(ms == -7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order),
        cmocka_unit_test(valid),
        cmocka_unit_test(durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

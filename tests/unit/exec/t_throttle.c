/* How long to sleep behind a batch, by what the server suffers. */
#include "exec/throttle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void sleeps_by_utilisation(void **state)
{
    (void)state;
    assert_float_equal(throttle_sleep(0, false, 100), 0, 0);
    assert_float_equal(throttle_sleep(0.69, false, 100), 0, 0);
    assert_float_equal(throttle_sleep(0.85, false, 100), 100, 1);
    assert_float_equal(throttle_sleep(1, false, 100), 200, 1);
    assert_float_equal(throttle_sleep(7, false, 100), 200, 0);
}

static void gentle_sleeps_nearly_as_long_as_it_works(void **state)
{
    (void)state;
    assert_float_equal(throttle_sleep(0, true, 10), 8, 0.01);
    assert_float_equal(throttle_sleep(0, true, 0.5), 0.4, 0.01);
    assert_float_equal(throttle_sleep(7, true, 10), 20, 0);
}

/* 1,000 transactions in two seconds, of which 900 were batches. */
static void others_are_what_is_not_its_own(void **state)
{
    const struct throttle_over before = {5000, 100, 1000}, now = {6000, 1000, 3000}, none = {0};
    (void)state;
    assert_float_equal(throttle_writes(&before, &now), 50, 0.01);
    assert_float_equal(throttle_writes(&none, &now), -1, 0);
    assert_float_equal(throttle_writes(&now, &none), -1, 0);
    assert_float_equal(throttle_writes(&now, &now), -1, 0);
}

/* Nothing to look at: nothing stands still, and nothing is known. */
static void none(void **state)
{
    (void)state;
    assert_float_equal(throttle_pause(NULL, 100), 0, 0);
    assert_null(throttle_reason(NULL));
    assert_null(throttle_slowed(NULL));
    assert_int_equal(throttle_lag(NULL).bytes, -1);
    assert_int_equal(throttle_lag(NULL).ms, -1);
    assert_false(throttle_blocks_others(NULL));
    assert_false(throttle_others_write(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sleeps_by_utilisation),
        cmocka_unit_test(gentle_sleeps_nearly_as_long_as_it_works),
        cmocka_unit_test(others_are_what_is_not_its_own),
        cmocka_unit_test(none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

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
    assert_float_equal(throttle_sleep(0, 0, 100), 0, 0);
    assert_float_equal(throttle_sleep(0.69, 0, 100), 0, 0);
    assert_float_equal(throttle_sleep(0.85, 0, 100), 100, 1);
    assert_float_equal(throttle_sleep(1, 0, 100), 200, 1);
    assert_float_equal(throttle_sleep(7, 0, 100), 200, 0);
}

static void gentle_sleeps_behind_what_it_did_not_sleep_in(void **state)
{
    (void)state;
    assert_float_equal(throttle_sleep(0, 1, 10), 8, 0.01);
    assert_float_equal(throttle_sleep(0, 0.5, 10), 4, 0.01);
    assert_float_equal(throttle_sleep(7, 1, 10), 20, 0);
}

/* All are changed, and more than their keys (INSERT … SELECT with a join); none; some, which cost much more than those that are not. */
static void unslept_is_what_was_left_out(void **state)
{
    (void)state;
    assert_float_equal(throttle_unslept(1000, 1000), 0, 0);
    assert_float_equal(throttle_unslept(1000, 5000), 0, 0);
    assert_float_equal(throttle_unslept(0, 0), 0, 0);
    assert_float_equal(throttle_unslept(1000, 0), 1, 0);
    assert_float_equal(throttle_unslept(1000, 500), 0.032, 0.001);
    assert_float_equal(throttle_unslept(1000, 10), 0.767, 0.001);
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
    assert_float_equal(throttle_pause(NULL, 100, 1), 0, 0);
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
        cmocka_unit_test(gentle_sleeps_behind_what_it_did_not_sleep_in),
        cmocka_unit_test(unslept_is_what_was_left_out),
        cmocka_unit_test(others_are_what_is_not_its_own),
        cmocka_unit_test(none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

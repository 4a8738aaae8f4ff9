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
    assert_int_equal(throttle_sleep(0, false, 100), 0);
    assert_int_equal(throttle_sleep(0.69, false, 100), 0);
    assert_in_range(throttle_sleep(0.85, false, 100), 99, 101);
    assert_in_range(throttle_sleep(1, false, 100), 199, 200);
    assert_int_equal(throttle_sleep(7, false, 100), 200);
}

static void gentle_sleeps_as_long_as_it_works(void **state)
{
    (void)state;
    assert_int_equal(throttle_sleep(0, true, 40), 40);
    assert_int_equal(throttle_sleep(7, true, 40), 80);
}

/* Nothing to look at: nothing stands still, and nothing is known. */
static void none(void **state)
{
    (void)state;
    assert_int_equal(throttle_pause(NULL, 100), 0);
    assert_null(throttle_reason(NULL));
    assert_null(throttle_slowed(NULL));
    assert_int_equal(throttle_lag(NULL).bytes, -1);
    assert_int_equal(throttle_lag(NULL).ms, -1);
    assert_false(throttle_blocks_others(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sleeps_by_utilisation),
        cmocka_unit_test(gentle_sleeps_as_long_as_it_works),
        cmocka_unit_test(none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

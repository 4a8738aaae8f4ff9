/* The lock ladder, the pauses, and when to give way. */
#include "exec/retry.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void climbs(void **state)
{
    static const int64_t rungs[] = {200, 500, 1000, 3000, 3000, 3000};
    struct retry r;
    (void)state;
    retry_begin(&r, 200, 3000, 600000, 30);
    for (size_t i = 0; i < countof(rungs); i++) {
        int64_t pause;
        assert_int_equal(r.attempt, i + 1);
        assert_int_equal(retry_lock_timeout(&r), rungs[i]);
        assert_true(retry_next(&r, &pause));
    }
}

/* With others behind it the ladder is not climbed, until that has been tried often enough. */
static void stays_short_while_others_queue(void **state)
{
    struct retry r;
    int64_t pause;
    (void)state;
    retry_begin(&r, 200, 3000, INT64_MAX / 2, 30);
    for (unsigned i = 0; i < RETRY_SHORT; i++) {
        assert_int_equal(retry_lock_timeout(&r), 200);
        assert_int_equal(retry_queue_limit(&r), 200);
        r.queued = true;
        assert_true(retry_next(&r, &pause));
        assert_false(r.queued);
    }
    assert_int_equal(retry_lock_timeout(&r), 200);
    assert_int_equal(retry_queue_limit(&r), 0);
    r.queued = true;
    assert_true(retry_next(&r, &pause));
    assert_int_equal(retry_lock_timeout(&r), 500);
    assert_int_equal(r.attempt, RETRY_SHORT + 2);
}

static void first_rung_above_the_last(void **state)
{
    struct retry r;
    int64_t pause;
    (void)state;
    retry_begin(&r, 5000, 3000, 600000, 30);
    assert_int_equal(retry_lock_timeout(&r), 5000);
    assert_true(retry_next(&r, &pause));
    assert_int_equal(retry_lock_timeout(&r), 5000);
}

static void no_timeout_stays_none(void **state)
{
    struct retry r;
    int64_t pause;
    (void)state;
    retry_begin(&r, 0, 3000, 600000, 30);
    assert_true(retry_next(&r, &pause));
    assert_int_equal(retry_lock_timeout(&r), 0);
}

/* Who ends a pause early, and for nothing, lasts longer in the next ones. */
static void early_ends_for_nothing_cost(void **state)
{
    static const int64_t least[] = {0, 500, 1000, 2000, 2000};
    struct retry r;
    int64_t pause;
    (void)state;
    retry_begin(&r, 200, 3000, INT64_MAX / 2, 30);
    for (size_t i = 0; i < countof(least); i++) {
        r.early = i != 3;
        assert_int_equal(r.least_ms, least[i]);
        assert_true(retry_next(&r, &pause));
        assert_false(r.early);
    }
}

/* Full jitter: anything from 0 to the longest, which doubles up to its maximum. */
static void pauses_are_random_and_bounded(void **state)
{
    int64_t longest_first = 0, longest_tenth = 0, shortest_tenth = INT64_MAX;
    (void)state;
    for (int i = 0; i < 400; i++) {
        struct retry r;
        int64_t pause;
        retry_begin(&r, 200, 3000, INT64_MAX / 2, 30);
        assert_true(retry_next(&r, &pause));
        longest_first = pause > longest_first ? pause : longest_first;
        r.attempt = 10;
        assert_true(retry_next(&r, &pause));
        longest_tenth = pause > longest_tenth ? pause : longest_tenth;
        shortest_tenth = pause < shortest_tenth ? pause : shortest_tenth;
    }
    assert_in_range(longest_first, 400, 500);
    assert_in_range(longest_tenth, 50000, 60000);
    assert_in_range(shortest_tenth, 0, 10000);
}

static void gives_way(void **state)
{
    struct retry r;
    int64_t pause;
    (void)state;
    retry_begin(&r, 200, 3000, 600000, 3);
    assert_true(retry_next(&r, &pause));
    assert_true(retry_next(&r, &pause));
    assert_false(retry_next(&r, &pause));
    assert_int_equal(r.attempt, 3);
    retry_begin(&r, 200, 3000, 1000, 30);
    r.begun_ms -= 1001;
    assert_false(retry_next(&r, &pause));
}

static void classes(void **state)
{
    (void)state;
    assert_true(retry_class(SQL_LOCK_TIMEOUT));
    assert_true(retry_class(SQL_DEADLOCK));
    assert_false(retry_class(SQL_QUERY_CANCELED));
    assert_false(retry_class(SQL_SERIALIZATION));
    assert_false(retry_class(SQL_CONNECTION_LOST));
    assert_false(retry_class(SQL_OTHER));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(climbs),
        cmocka_unit_test(stays_short_while_others_queue),
        cmocka_unit_test(first_rung_above_the_last),
        cmocka_unit_test(no_timeout_stays_none),
        cmocka_unit_test(early_ends_for_nothing_cost),
        cmocka_unit_test(pauses_are_random_and_bounded),
        cmocka_unit_test(gives_way),
        cmocka_unit_test(classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The size of batches: grows slowly, shrinks fast, settles at the aim. */
#include "exec/batch_size.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Batches on a table that does `per_ms` rows a millisecond. */
static void run(struct batch_size *b, int n, double per_ms)
{
    for (int i = 0; i < n; i++) {
        batch_size_done(b, b->rows, (double)b->rows / per_ms, 0);
    }
}

static void settles_at_the_aim(void **state)
{
    struct batch_size b;
    (void)state;
    batch_size_begin(&b, 0, 0);
    assert_int_equal(b.rows, BATCH_START);
    run(&b, 40, 20.0);
    assert_in_range(b.rows, 4900, 5100); /* 20 rows/ms for 250 ms */
    run(&b, 40, 2.0);
    assert_in_range(b.rows, 490, 510);
}

static void grows_by_half_at_most_and_after_three(void **state)
{
    struct batch_size b;
    (void)state;
    batch_size_begin(&b, 0, 0);
    run(&b, 2, 1000.0);
    assert_int_equal(b.rows, BATCH_START);
    for (int i = 0; i < 60; i++) {
        const int64_t before = b.rows;
        run(&b, 1, 1000.0);
        assert_true(b.rows <= before + before / 2 + 1);
    }
    assert_int_equal(b.rows, BATCH_MAX);
}

static void shrinks_at_once(void **state)
{
    struct batch_size b;
    (void)state;
    batch_size_begin(&b, 0, 0);
    b.rows = 8000;
    batch_size_done(&b, 8000, 3.5 * BATCH_TARGET_MS, 0);
    assert_int_equal(b.rows, 4000);
    batch_size_done(&b, 4000, 6.0 * BATCH_TARGET_MS, 0);
    assert_int_equal(b.rows, 400);
    run(&b, 1, 1000.0);
    assert_int_equal(b.rows, 400); /* and does not grow at once */
}

static void halves_when_it_gives_way(void **state)
{
    struct batch_size b;
    (void)state;
    batch_size_begin(&b, 0, 0);
    assert_true(batch_size_failed(&b));
    assert_int_equal(b.rows, 250);
    b.rows = 1;
    assert_false(batch_size_failed(&b));
    assert_int_equal(b.rows, 1);
}

static void a_fixed_size_stays_and_comes_back(void **state)
{
    struct batch_size b;
    (void)state;
    batch_size_begin(&b, 1000, 0);
    run(&b, 10, 1000.0);
    assert_int_equal(b.rows, 1000);
    run(&b, 10, 0.1);
    assert_int_equal(b.rows, 1000);
    (void)batch_size_failed(&b);
    (void)batch_size_failed(&b);
    assert_int_equal(b.rows, 250);
    run(&b, 12, 10.0);
    assert_int_equal(b.rows, 1000);
    batch_size_begin(&b, 5000000, 0);
    assert_int_equal(b.rows, BATCH_MAX);
}

/* 4 kB of WAL a row, as behind a checkpoint: 4096 rows are 16 MiB, however fast they are. */
static void wal_bounds_it(void **state)
{
    struct batch_size b;
    (void)state;
    batch_size_begin(&b, 0, 0);
    for (int i = 0; i < 40; i++) {
        batch_size_done(&b, b.rows, (double)b.rows / 1000, (double)b.rows * 4096);
    }
    assert_in_range(b.rows, 4090, 4100);
    for (int i = 0; i < 40; i++) {
        batch_size_done(&b, b.rows, (double)b.rows / 1000, (double)b.rows * 1e6);
    }
    assert_int_equal(b.rows, BATCH_WAL_MIN);
}

static void a_shorter_aim_holds_at_once(void **state)
{
    struct batch_size b;
    (void)state;
    batch_size_begin(&b, 0, 0);
    run(&b, 40, 20.0);
    batch_size_aim(&b, BATCH_BESIDE_MS);
    assert_in_range(b.rows, 790, 810); /* 20 rows/ms for 40 ms */
    run(&b, 10, 20.0);
    assert_in_range(b.rows, 790, 810);
    batch_size_aim(&b, BATCH_TARGET_MS);
    assert_in_range(b.rows, 790, 810);
    run(&b, 20, 20.0);
    assert_in_range(b.rows, 900, 1300); /* the way back is step by step */
    run(&b, 150, 20.0);
    assert_in_range(b.rows, 4900, 5100);
    batch_size_begin(&b, 3000, 0);
    batch_size_aim(&b, BATCH_BESIDE_MS);
    assert_int_equal(b.rows, 3000);
}

static void what_is_asked_for_may_change(void **state)
{
    struct batch_size b;
    (void)state;
    batch_size_begin(&b, 0, 0);
    batch_size_fix(&b, 2000);
    assert_int_equal(b.rows, 2000);
    batch_size_blocks(&b);
    assert_int_equal(b.rows, 2000);
    batch_size_fix(&b, 0);
    run(&b, 10, 1000.0);
    assert_true(b.rows > 2000);
    const int64_t before = b.rows;
    batch_size_blocks(&b);
    assert_int_equal(b.rows, before / 2);
}

/* Others wait for its rows, batch after batch: a sixth of the time, no less; when they do not any more, all of it in a while, not at once. */
static void shorter_while_others_wait(void **state)
{
    struct batch_size b;
    (void)state;
    batch_size_begin(&b, 0, 0);
    run(&b, 60, 10.0);
    assert_in_range(b.rows, 2000, 3000);
    for (int i = 0; i < 100; i++) {
        run(&b, 1, 10.0);
        batch_size_blocks(&b);
    }
    assert_in_range(b.rows, 350, 450); /* BATCH_BESIDE_MS */
    run(&b, 20, 10.0);
    assert_in_range(b.rows, 500, 1000);
    run(&b, 150, 10.0);
    assert_in_range(b.rows, 2000, 3000);
}

static void few_rows_are_one_batch_and_fewer_at_a_gentle_pace(void **state)
{
    (void)state;
    assert_int_equal(batch_size_whole(100000, false), 100000);
    assert_int_equal(batch_size_whole(100000, true), BATCH_GENTLE_ROWS);
    assert_int_equal(batch_size_whole(700, true), 700);
    assert_int_equal(batch_size_whole(0, true), BATCH_START);
}

/* Short ones need no look at the locks, nor do those whose size was asked for. */
static void yields_while_it_can_be_shorter(void **state)
{
    struct batch_size b;
    (void)state;
    batch_size_begin(&b, 0, 0);
    assert_true(batch_size_yields(&b));
    batch_size_fix(&b, 100);
    assert_false(batch_size_yields(&b));
    batch_size_begin(&b, 0, BATCH_GENTLE_MS);
    assert_false(batch_size_yields(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_rows_are_one_batch_and_fewer_at_a_gentle_pace),
        cmocka_unit_test(yields_while_it_can_be_shorter),
        cmocka_unit_test(settles_at_the_aim),
        cmocka_unit_test(grows_by_half_at_most_and_after_three),
        cmocka_unit_test(shrinks_at_once),
        cmocka_unit_test(halves_when_it_gives_way),
        cmocka_unit_test(a_fixed_size_stays_and_comes_back),
        cmocka_unit_test(wal_bounds_it),
        cmocka_unit_test(a_shorter_aim_holds_at_once),
        cmocka_unit_test(what_is_asked_for_may_change),
        cmocka_unit_test(shorter_while_others_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The model of durations. */
#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "rules/estimate.h"

static const int64_t MINUTE = 60 * 1000, GB = INT64_C(1) << 30;

static void sizes_decide(void **state)
{
    (void)state;
    assert_int_equal(estimate_work(WORK_SCAN, -1, -1), -1);
    assert_int_equal(estimate_work(WORK_SCAN, 0, 0), 0);
    assert_int_equal(estimate_work(WORK_SCAN, 2000000, 0), 1000);
    assert_int_equal(estimate_work(WORK_SCAN, 0, 400000000), 1000);
    assert_int_equal(estimate_work(WORK_UPDATE, 1000000, 5), 100000);
    /* One is taken from the other. */
    assert_int_equal(estimate_work(WORK_BUILD, 1000000, -1), estimate_work(WORK_BUILD, 1000000, 100000000));
    assert_int_equal(estimate_work(WORK_BUILD, -1, 100000000), estimate_work(WORK_BUILD, 1000000, 100000000));
    /* An index on 212 million rows in 41 GB takes about nine minutes. */
    assert_int_equal((estimate_work(WORK_BUILD, 212000000, 41 * GB) + MINUTE / 2) / MINUTE, 9);
}

static void more_is_never_less(void **state)
{
    (void)state;
    for (int work = WORK_SCAN; work <= WORK_UPDATE; work++) {
        int64_t last = 0;
        for (int64_t n = 1; n > 0 && n < INT64_MAX / 4; n *= 4) {
            const int64_t ms = estimate_work((enum work_kind)work, n, n), by_rows = estimate_work((enum work_kind)work, n, -1);
            assert_true(ms >= last && by_rows >= 0 && estimate_work((enum work_kind)work, -1, n) >= 0);
            last = ms;
        }
    }
}

static void earlier_runs_correct(void **state)
{
    struct measured m = {0};
    struct arena a;
    const char *name;
    (void)state;
    arena_init(&a, 1 << 16);
    assert_int_equal(measured_correct(NULL, WORK_SCAN, 500), 500);
    measured_add(&m, WORK_SCAN, 400, 4000);
    assert_int_equal(measured_correct(&m, WORK_SCAN, 500), 500); /* too little to tell */
    measured_add(&m, WORK_SCAN, 1600, 2000);
    assert_int_equal(measured_correct(&m, WORK_SCAN, 500), 1500);
    assert_int_equal(measured_correct(&m, WORK_BUILD, 500), 500); /* of another kind nothing is known */
    assert_int_equal(measured_correct(&m, WORK_SCAN, -1), -1);
    measured_add(&m, WORK_SCAN, 1, INT64_MAX);
    assert_int_equal(measured_correct(&m, WORK_SCAN, 500), 10000); /* at most twentyfold */
    assert_true(measured_correct(&m, WORK_SCAN, INT64_MAX) == INT64_MAX);
    measured_add(&m, WORK_UPDATE, 2000, 1000);
    const struct str value = measured_setting(&m, WORK_UPDATE, &a, &name);
    struct measured back = {0};
    assert_true(measured_read(&back, str_of(name), value));
    assert_int_equal(measured_correct(&back, WORK_UPDATE, 500), 250);
    assert_false(measured_read(&back, STR("measured.update"), STR("12")));
    assert_false(measured_read(&back, STR("measured.update"), STR("-1 5")));
    assert_false(measured_read(&back, STR("wal_level"), STR("1 5")));
    arena_free(&a);
}

static struct relation table_of(int64_t rows, int64_t bytes)
{
    return (struct relation){.kind = REL_TABLE, .rows = rows, .bytes = bytes, .loaded = TRI_UNKNOWN};
}

static void effects_add_up(void **state)
{
    (void)state;
    struct relation big = table_of(2000000, 500000000),
                    index = {.kind = REL_INDEX, .table = &big, .bytes = 100000000, .rows = -1};
    struct relation *indexes[] = {&index};
    struct relation unknown = table_of(-1, -1), empty = table_of(-1, -1);
    empty.loaded = TRI_NO;
    big.indexes = (struct relation_list){indexes, 1, 1};
    struct relation_effect scan[] = {{.relation = &big}}, rewrite[] = {{.relation = &big}},
                           build[] = {{.relation = &index}}, both[] = {{.relation = &big}, {.relation = &unknown}},
                           none[] = {{.relation = &empty}};
    struct effects e = {.scan = {scan, 1, 1}};
    assert_int_equal(estimate_effects(&e, NULL), estimate_work(WORK_SCAN, 2000000, 400000000)); /* without its index */
    e.rewrite = (struct relation_effect_list){rewrite, 1, 1};
    assert_int_equal(estimate_effects(&e, NULL), estimate_work(WORK_REWRITE, 2000000, 400000000)); /* which reads it, too */
    e.build = (struct relation_effect_list){build, 1, 1};
    assert_int_equal(estimate_effects(&e, NULL),
                     estimate_work(WORK_REWRITE, 2000000, 400000000) + estimate_work(WORK_BUILD, 2000000, 400000000));
    e.scan = (struct relation_effect_list){both, 2, 2};
    assert_int_equal(estimate_effects(&e, NULL), -1);
    e = (struct effects){.scan = {none, 1, 1}};
    assert_int_equal(estimate_effects(&e, NULL), 0);
    assert_int_equal(estimate_effects(&(struct effects){0}, NULL), 0);
}

static void partitions_count_once(void **state)
{
    (void)state;
    struct relation part = table_of(1000000, 100000000), parent = table_of(1000000, 100000000);
    struct relation *children[] = {&part};
    parent.kind = REL_PARTITIONED;
    parent.children = (struct relation_list){children, 1, 1};
    struct relation_effect list[] = {{.relation = &parent}, {.relation = &part}};
    const struct effects e = {.scan = {list, 2, 2}}, alone = {.scan = {list, 1, 1}};
    assert_int_equal(estimate_effects(&e, NULL), estimate_work(WORK_SCAN, 1000000, 100000000));
    assert_int_equal(estimate_effects(&alone, NULL), estimate_effects(&e, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_decide),
        cmocka_unit_test(more_is_never_less),
        cmocka_unit_test(effects_add_up),
        cmocka_unit_test(earlier_runs_correct),
        cmocka_unit_test(partitions_count_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

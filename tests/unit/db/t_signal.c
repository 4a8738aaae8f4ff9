/* One signal, and what it does to whatever waits. A process has one first signal, so this is one test after another in one program. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/signals.h"
#include "db/session.h"

#include <signal.h>

#include "server.h"

static struct session *session;

static void send_signal(void *arg)
{
    (void)arg;
    if (!signals_pending()) {
        raise(SIGTERM);
    }
}

static void a_signal_cancels_the_statement(void **state)
{
    (void)state;
    struct error err;
    const int64_t begun = clock_monotonic_ms();
    assert_int_equal(session_simple(session, STR("CREATE TABLE t AS SELECT 1 AS a"), 0, NULL, &err), ST_OK);
    const int timer = loop_timer_add(loop, 30, send_signal, NULL);
    assert_int_equal(session_simple(session, STR("UPDATE t SET a = length(pg_sleep(60)::text)"), 0, NULL, &err),
                     ST_INTERRUPTED);
    loop_timer_remove(loop, timer);
    assert_int_equal(err.signal, SIGTERM);
    assert_int_equal(error_sql_class(&err), SQL_QUERY_CANCELED);
    assert_true(clock_monotonic_ms() - begun < 20000);
    assert_true(session_usable(session)); /* cancelled and drained */
}

static void nothing_new_begins_until_it_is_acknowledged(void **state)
{
    (void)state;
    struct error err;
    struct session *other;
    size_t failed;
    const struct target target = {.url = url};
    const struct pipelined item = {.sql = "INSERT INTO t VALUES (2)"};
    assert_int_equal(session_simple(session, STR("INSERT INTO t VALUES (2)"), 0, NULL, &err), ST_INTERRUPTED);
    assert_int_equal(session_query(session, "INSERT INTO t VALUES (2)", NULL, 0, 0, NULL, &err), ST_INTERRUPTED);
    assert_int_equal(session_pipeline(session, &item, 1, 0, NULL, &failed, &err), ST_INTERRUPTED);
    assert_int_equal(failed, 0);
    assert_int_equal(loop_sleep(loop, 60000, &err), ST_INTERRUPTED);
    assert_int_equal(err.signal, SIGTERM);
    assert_int_equal(session_open(loop, &target, &other, &err), ST_INTERRUPTED);
    assert_true(loop_interrupted(loop));
}

static void recording_goes_on_afterwards(void **state)
{
    (void)state;
    struct error err;
    struct rows *rows;
    loop_acknowledge_signal(loop);
    assert_false(loop_interrupted(loop));
    assert_int_equal(session_query(session, "SELECT count(*), min(a) FROM t", NULL, 0, 0, &rows, &err), ST_OK);
    assert_int_equal(rows_i64(rows, 0, 0), 1); /* nothing was inserted … */
    assert_int_equal(rows_i64(rows, 0, 1), 1); /* … and nothing updated */
    rows_free(rows);
    const int64_t begun = clock_monotonic_ms();
    assert_int_equal(loop_sleep(loop, 40, &err), ST_OK);
    assert_true(clock_monotonic_ms() - begun >= 40);
    /* waits do not spin on the signal's pipe, which stays readable */
    struct timespec before, after;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    assert_int_equal(session_query(session, "SELECT pg_sleep(0.3)", NULL, 0, 0, NULL, &err), ST_OK);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    const int64_t cpu_us = (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
    assert_true(cpu_us < 100 * 1000);
}

static int start(void **state)
{
    struct error err;
    signals_install();
    if (start_server(state)) {
        return -1;
    }
    const struct target target = {.url = url, .application_name = "t_signal"};
    return session_open(loop, &target, &session, &err) == ST_OK ? 0 : -1;
}

static int stop(void **state)
{
    session_close(session);
    return stop_server(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_cancels_the_statement),
        cmocka_unit_test(nothing_new_begins_until_it_is_acknowledged),
        cmocka_unit_test(recording_goes_on_afterwards),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

/* Servers that freeze, crash and go away. */
#include "base/arena.h"
#include "base/clock.h"
#include "db/session.h"

#include <signal.h>

#include "server.h"

static enum status try_open(struct session **s, struct error *err)
{
    const struct target target = {.url = url};
    return session_open(loop, &target, s, err);
}

static struct session *open_session(void)
{
    struct session *s;
    struct error err;
    if (try_open(&s, &err) != ST_OK) {
        fail_msg("%s: %s", err.primary, err.detail);
    }
    return s;
}

static void a_frozen_backend_is_given_up(void **state)
{
    (void)state;
    struct error err;
    struct session *s = open_session();
    const int pid = session_pid(s);
    kill(pid, SIGSTOP);
    const int64_t begun = clock_monotonic_ms();
    const enum status status = session_query(s, "SELECT 1", NULL, 0, 100, NULL, &err);
    const int64_t took = clock_monotonic_ms() - begun;
    kill(pid, SIGCONT);
    assert_int_equal(status, ST_SERVER); /* not ST_GAVE_WAY: it may have been done */
    assert_int_equal(error_sql_class(&err), SQL_CONNECTION_LOST);
    assert_non_null(strstr(err.primary, "did not answer a cancel request"));
    assert_non_null(strstr(err.detail, "may still be running"));
    assert_true(took >= 5000 && took < 20000);
    assert_false(session_usable(s));
    assert_false(session_in_transaction(s));
    assert_int_equal(session_query(s, "SELECT 1", NULL, 0, 100, NULL, &err), ST_SERVER);
    assert_non_null(strstr(err.primary, "did not answer a cancel request")); /* it says so again */
    session_close(s);
}

struct crash {
    int pid, timer;
};

static void crash_it(void *arg)
{
    struct crash *c = arg;
    loop_timer_remove(loop, c->timer);
    kill(c->pid, SIGKILL);
}

/* A backend that dies of a signal takes all others with it. */
static void a_crash_of_the_server_is_a_lost_connection(void **state)
{
    (void)state;
    struct error err;
    struct session *a = open_session(), *b = open_session(), *again;
    struct crash c = {.pid = session_pid(b)};
    c.timer = loop_timer_add(loop, 30, crash_it, &c);
    assert_int_equal(session_simple(a, STR("SELECT pg_sleep(60)"), 30000, NULL, &err), ST_SERVER);
    assert_int_equal(error_sql_class(&err), SQL_CONNECTION_LOST);
    assert_false(session_usable(a));
    assert_int_equal(session_query(b, "SELECT 1", NULL, 0, 30000, NULL, &err), ST_SERVER);
    assert_int_equal(error_sql_class(&err), SQL_CONNECTION_LOST);
    session_close(a);
    session_close(b);
    /* while it recovers it refuses, in words that say so; then it is back */
    const int64_t until = clock_monotonic_ms() + 30000;
    while (try_open(&again, &err) != ST_OK) {
        assert_int_equal(err.status, ST_SERVER);
        assert_int_equal(error_sql_class(&err), SQL_CONNECTION_LOST);
        assert_true(clock_monotonic_ms() < until);
        assert_int_equal(loop_sleep(loop, 20, &err), ST_OK);
    }
    session_close(again);
}

static void a_server_that_stops_is_a_lost_connection(void **state)
{
    (void)state;
    struct error err;
    struct rows *rows;
    struct session *s = open_session(), *again;
    assert_int_equal(
        session_query(s, "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)", NULL, 0, 0, &rows, &err),
        ST_OK);
    struct crash c = {.pid = (int)rows_i64(rows, 0, 0)};
    rows_free(rows);
    assert_true(c.pid > 1);
    assert_int_equal(session_simple(s, STR("BEGIN"), 0, NULL, &err), ST_OK);
    c.timer = loop_timer_add(loop, 30, crash_it, &c);
    const struct pipelined items[] = {{"SELECT 1", NULL, 0}, {"SELECT pg_sleep(60)", NULL, 0}, {"COMMIT", NULL, 0}};
    size_t failed;
    assert_int_equal(session_pipeline(s, items, 3, 30000, NULL, &failed, &err), ST_SERVER);
    assert_int_equal(error_sql_class(&err), SQL_CONNECTION_LOST);
    assert_true(failed <= 1); /* the server sends a pipeline's answers together, if it lives to do so */
    session_close(s);
    assert_int_equal(try_open(&again, &err), ST_SERVER);
    assert_non_null(strstr(err.primary, "cannot connect to /"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frozen_backend_is_given_up),
        cmocka_unit_test(a_crash_of_the_server_is_a_lost_connection),
        cmocka_unit_test(a_server_that_stops_is_a_lost_connection),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}

/* Sessions against a real server, which the test starts for itself. */
#include "base/arena.h"
#include "base/clock.h"
#include "db/session.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "server.h"

static struct session *open_session(void)
{
    const struct target target = {.url = url, .application_name = "t_session"};
    struct session *s;
    struct error err;
    if (session_open(loop, &target, &s, &err) != ST_OK) {
        fail_msg("%s: %s", err.primary, err.detail);
    }
    return s;
}

/* One value as a C string, at most 255 bytes. */
static const char *ask(struct session *s, const char *sql, char out[256])
{
    struct rows *rows;
    struct error err;
    if (session_query(s, sql, NULL, 0, 0, &rows, &err) != ST_OK) {
        fail_msg("%s: %s", sql, err.primary);
    }
    snprintf(out, 256, "%.*s", STR_ARG(rows_value(rows, 0, 0)));
    rows_free(rows);
    return out;
}

static void run(struct session *s, const char *sql)
{
    struct error err;
    if (session_simple(s, str_of(sql), 0, NULL, &err) != ST_OK) {
        fail_msg("%s: %s", sql, err.primary);
    }
}

/* ---- queries ---- */

static void settings_come_with_the_first_query(void **state)
{
    (void)state;
    char out[256];
    struct session *s = open_session();
    assert_string_equal(ask(s, "SHOW lock_timeout", out), "3s");
    assert_string_equal(ask(s, "SHOW statement_timeout", out), "0");
    assert_string_equal(ask(s, "SHOW client_encoding", out), "UTF8");
    assert_string_equal(ask(s, "SHOW application_name", out), "t_session");
    assert_string_equal(ask(s, "SHOW search_path", out), "\"$user\", public");
    if (session_server_version(s) >= 140000) {
        assert_string_equal(ask(s, "SHOW client_connection_check_interval", out), "2s");
        assert_string_equal(ask(s, "SHOW idle_session_timeout", out), "0");
    }
    session_close(s);
    s = open_session();
    run(s, "SELECT 1"); /* simple protocol first */
    assert_string_equal(ask(s, "SHOW lock_timeout", out), "3s");
    session_close(s);
}

static void settings_outlive_a_failing_first_request(void **state)
{
    (void)state;
    char out[256];
    struct error err;
    struct session *s = open_session();
    assert_int_equal(session_query(s, "SELECT 1/0", NULL, 0, 0, NULL, &err), ST_SERVER);
    assert_string_equal(err.sqlstate, "22012");
    assert_string_equal(ask(s, "SHOW lock_timeout", out), "3s");
    session_close(s);
    s = open_session();
    const struct pipelined items[] = {{"BEGIN", NULL, 0}, {"SELECT 1/0", NULL, 0}, {"COMMIT", NULL, 0}};
    size_t failed;
    assert_int_equal(session_pipeline(s, items, 3, 0, NULL, &failed, &err), ST_SERVER);
    assert_int_equal(failed, 1);
    assert_true(session_in_transaction(s));
    run(s, "ROLLBACK");
    assert_false(session_in_transaction(s));
    assert_string_equal(ask(s, "SHOW lock_timeout", out), "3s");
    session_close(s);
}

static void settings_wait_for_the_end_of_a_transaction(void **state)
{
    (void)state;
    char out[256];
    struct error err;
    struct session *s = open_session();
    run(s, "BEGIN");
    run(s, "RESET ALL");
    session_settings_again(s);
    assert_int_equal(session_query(s, "SELECT 1/0", NULL, 0, 0, NULL, &err), ST_SERVER);
    assert_string_equal(err.sqlstate, "22012");
    session_settings_again(s);
    run(s, "ROLLBACK"); /* possible at all: nothing else is in a transaction that has failed */
    assert_string_equal(ask(s, "SHOW lock_timeout", out), "3s");
    run(s, "RESET ALL"); /* the settings go ahead of it */
    assert_string_equal(ask(s, "SHOW lock_timeout", out), "0");
    session_settings_again(s);
    assert_string_equal(ask(s, "SHOW lock_timeout", out), "3s");
    session_close(s);
}

static void parameters_and_values(void **state)
{
    (void)state;
    struct rows *rows;
    struct error err;
    struct session *s = open_session();
    const struct param params[] = {{"it's"}, {NULL}, {"42"}};
    assert_int_equal(session_query(s, "SELECT $1::text, $2::text, $3::int8, true, false", params, 3, 0, &rows, &err),
                     ST_OK);
    assert_int_equal(rows_count(rows), 1);
    assert_int_equal(rows_columns(rows), 5);
    assert_true(str_eq(rows_value(rows, 0, 0), STR("it's")));
    assert_true(rows_null(rows, 0, 1));
    assert_int_equal(rows_value(rows, 0, 1).n, 0);
    assert_int_equal(rows_i64(rows, 0, 1), 0);
    assert_int_equal(rows_i64(rows, 0, 2), 42);
    assert_true(rows_bool(rows, 0, 3));
    assert_false(rows_bool(rows, 0, 4));
    rows_free(rows);
    run(s, "CREATE TEMP TABLE t (a int)");
    assert_int_equal(session_query(s, "INSERT INTO t SELECT generate_series(1, 7)", NULL, 0, 0, &rows, &err), ST_OK);
    assert_int_equal(rows_affected(rows), 7);
    rows_free(rows);
    session_close(s);
}

static void an_error_tells_all(void **state)
{
    (void)state;
    struct error err;
    struct session *s = open_session();
    assert_int_equal(session_simple(s, STR("SELECT 1 FROM nowhere"), 0, NULL, &err), ST_SERVER);
    assert_string_equal(err.sqlstate, "42P01");
    assert_int_equal(error_sql_class(&err), SQL_UNDEFINED);
    assert_int_equal(session_error_position(s), 15);
    run(s, "CREATE TEMP TABLE u (a int PRIMARY KEY)");
    run(s, "INSERT INTO u VALUES (1)");
    assert_int_equal(session_simple(s, STR("INSERT INTO u VALUES (1)"), 0, NULL, &err), ST_SERVER);
    assert_int_equal(error_sql_class(&err), SQL_DUPLICATE);
    assert_string_equal(err.detail, "Key (a)=(1) already exists.");
    assert_int_equal(session_error_position(s), 0);
    assert_true(session_usable(s));
    session_close(s);
}

static void a_nul_byte_is_refused(void **state)
{
    (void)state;
    struct error err;
    struct session *s = open_session();
    assert_int_equal(session_simple(s, STR("SELECT 1;\0DROP TABLE x"), 0, NULL, &err), ST_USAGE);
    assert_true(session_usable(s));
    session_close(s);
}

static void a_huge_result_does_not_stay_in_memory(void **state)
{
    (void)state;
    struct error err;
    struct rows *rows;
    struct session *s = open_session();
    assert_int_equal(session_simple(s, STR("SELECT repeat('x', 1000) FROM generate_series(1, 50000)"), 0, NULL, &err),
                     ST_OK);
    assert_int_equal(session_query(s, "SELECT repeat('y', 10000000)", NULL, 0, 0, &rows, &err), ST_OK);
    assert_int_equal(rows_value(rows, 0, 0).n, 10000000);
    rows_free(rows);
    session_close(s);
}

static void copy_out_is_skipped(void **state)
{
    (void)state;
    char out[256];
    struct session *s = open_session();
    run(s, "COPY (SELECT generate_series(1, 100000)) TO STDOUT");
    assert_string_equal(ask(s, "SELECT 1", out), "1");
    session_close(s);
}

/* ---- copy in ---- */

static void copy_in_takes_data(void **state)
{
    (void)state;
    char out[256];
    struct error err;
    struct rows *rows;
    struct strbuf data;
    struct session *s = open_session();
    strbuf_init(&data, 64 << 20);
    for (int i = 0; i < 200000; i++) {
        strbuf_addf(&data, "%d\tname %d\n", i, i);
    }
    run(s, "CREATE TEMP TABLE c (a int, b text)");
    assert_int_equal(session_copy_in(s, STR("COPY c FROM STDIN"), strbuf_str(&data), 0, &rows, &err), ST_OK);
    assert_int_equal(rows_affected(rows), 200000);
    rows_free(rows);
    assert_string_equal(ask(s, "SELECT count(*) FROM c", out), "200000");
    assert_int_equal(session_copy_in(s, STR("COPY c FROM STDIN"), STR(""), 0, NULL, &err), ST_OK);
    assert_int_equal(session_copy_in(s, STR("COPY c FROM STDIN"), STR("1\tx\nnot a number\ty\n"), 0, NULL, &err),
                     ST_SERVER);
    assert_string_equal(err.sqlstate, "22P02");
    assert_int_equal(session_copy_in(s, STR("COPY c FROM STDIN"), STR("1\t\0x\n"), 0, NULL, &err), ST_SERVER);
    /* data that nobody gave */
    assert_int_equal(session_simple(s, STR("COPY c FROM STDIN"), 0, NULL, &err), ST_SERVER);
    assert_string_equal(ask(s, "SELECT count(*) FROM c", out), "200000");
    strbuf_free(&data);
    session_close(s);
}

/* ---- pipelines ---- */

static void a_pipeline_stops_at_its_first_failure(void **state)
{
    (void)state;
    char out[256];
    struct error err;
    struct rows *rows[4];
    size_t failed;
    struct session *s = open_session();
    const struct param params[] = {{"7"}};
    const struct pipelined good[] = {
        {"CREATE TABLE p (a int)", NULL, 0}, {"INSERT INTO p VALUES ($1)", params, 1}, {"SELECT a FROM p", NULL, 0}};
    assert_int_equal(session_pipeline(s, good, 3, 0, rows, &failed, &err), ST_OK);
    assert_int_equal(failed, 3);
    assert_int_equal(rows_i64(rows[2], 0, 0), 7);
    for (size_t i = 0; i < 3; i++) {
        rows_free(rows[i]);
    }
    const struct pipelined bad[] = {{"INSERT INTO p VALUES (8)", NULL, 0},
                                    {"SELECT 1", NULL, 0},
                                    {"INSERT INTO p VALUES ('x')", NULL, 0},
                                    {"INSERT INTO p VALUES (9)", NULL, 0}};
    assert_int_equal(session_pipeline(s, bad, 4, 0, rows, &failed, &err), ST_SERVER);
    assert_int_equal(failed, 2);
    assert_string_equal(err.sqlstate, "22P02");
    assert_non_null(rows[0]);
    assert_non_null(rows[1]);
    assert_null(rows[2]);
    assert_null(rows[3]);
    rows_free(rows[0]);
    rows_free(rows[1]);
    assert_string_equal(ask(s, "SELECT count(*) FROM p", out), "1"); /* one transaction: all of it is undone */
    run(s, "DROP TABLE p");
    session_close(s);
}

static void a_pipeline_after_rows_that_nobody_wanted(void **state)
{
    (void)state;
    struct error err;
    struct rows *rows[2];
    size_t failed;
    struct session *s = open_session();
    const struct pipelined items[] = {{"SELECT generate_series(1, 3)", NULL, 0},
                                      {"SELECT generate_series(1, 4)", NULL, 0}};
    run(s, "SELECT 1");
    assert_int_equal(session_query(s, "SELECT pg_sleep(60)", NULL, 0, 20, NULL, &err), ST_GAVE_WAY);
    assert_int_equal(session_pipeline(s, items, 2, 0, rows, &failed, &err), ST_OK);
    assert_int_equal(rows_count(rows[0]), 3);
    assert_int_equal(rows_count(rows[1]), 4);
    rows_free(rows[0]);
    rows_free(rows[1]);
    session_close(s);
}

static void a_long_pipeline_does_not_lock_up(void **state)
{
    (void)state;
    enum { N = 3000 };
    struct error err;
    size_t failed;
    struct session *s = open_session();
    struct pipelined *items = mem_alloc(N * sizeof(*items));
    for (size_t i = 0; i < N; i++) {
        items[i] = (struct pipelined){.sql = "SELECT repeat('z', 10000)"}; /* 30 MB come back while we send */
    }
    assert_int_equal(session_pipeline(s, items, N, 60000, NULL, &failed, &err), ST_OK);
    assert_int_equal(failed, N);
    free(items);
    session_close(s);
}

static void copy_in_a_pipeline_is_an_error(void **state)
{
    (void)state;
    struct error err;
    size_t failed;
    struct session *s = open_session();
    const struct pipelined items[] = {
        {"SELECT 1", NULL, 0}, {"COPY pg_class TO STDOUT", NULL, 0}, {"SELECT 2", NULL, 0}};
    assert_int_equal(session_pipeline(s, items, 3, 10000, NULL, &failed, &err), ST_SERVER);
    assert_int_equal(failed, 1);
    session_close(s);
}

/* ---- deadlines, lost connections ---- */

static void a_deadline_cancels_and_the_session_lives(void **state)
{
    (void)state;
    char out[256];
    struct error err;
    struct session *s = open_session();
    const int64_t begun = clock_monotonic_ms();
    assert_int_equal(session_query(s, "SELECT pg_sleep(60)", NULL, 0, 50, NULL, &err), ST_GAVE_WAY);
    assert_int_equal(error_sql_class(&err), SQL_QUERY_CANCELED);
    assert_int_equal(session_simple(s, STR("SELECT pg_sleep(60)"), 50, NULL, &err), ST_GAVE_WAY);
    size_t failed;
    const struct pipelined items[] = {{"SELECT 1", NULL, 0}, {"SELECT pg_sleep(60)", NULL, 0}, {"SELECT 2", NULL, 0}};
    assert_int_equal(session_pipeline(s, items, 3, 50, NULL, &failed, &err), ST_GAVE_WAY);
    assert_int_equal(failed, 1);
    /* an answer that never pauses */
    assert_int_equal(session_simple(s, STR("SELECT generate_series(1, 100000000000)"), 50, NULL, &err), ST_GAVE_WAY);
    assert_true(clock_monotonic_ms() - begun < 20000);
    assert_string_equal(ask(s, "SELECT 5", out), "5");
    session_close(s);
}

static void a_copy_that_waits_for_a_lock_is_cancelled(void **state)
{
    (void)state;
    char out[256];
    struct error err;
    struct session *a = open_session(), *b = open_session();
    run(a, "CREATE TABLE l (a int)");
    run(a, "BEGIN");
    run(a, "LOCK TABLE l");
    assert_int_equal(session_copy_in(b, STR("COPY l FROM STDIN"), STR("1\n"), 50, NULL, &err), ST_GAVE_WAY);
    assert_string_equal(ask(b, "SELECT 1", out), "1");
    run(b, "SET lock_timeout = 20");
    assert_int_equal(session_simple(b, STR("ALTER TABLE l ADD b int"), 0, NULL, &err), ST_SERVER);
    assert_int_equal(error_sql_class(&err), SQL_LOCK_TIMEOUT);
    run(a, "DROP TABLE l");
    run(a, "COMMIT");
    session_close(a);
    session_close(b);
}

struct killer {
    struct session *session;
    int pid, timer, calls;
};

static void kill_backend(void *arg)
{
    struct killer *k = arg;
    char sql[64], out[256];
    loop_timer_remove(loop, k->timer);
    k->calls++;
    snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%d)", k->pid);
    ask(k->session, sql, out);
}

static void a_killed_backend_is_a_lost_connection(void **state)
{
    (void)state;
    struct error err;
    struct session *a = open_session(), *b = open_session();
    struct killer k = {.session = b, .pid = session_pid(a)};
    k.timer = loop_timer_add(loop, 20, kill_backend, &k);
    assert_int_equal(session_query(a, "SELECT pg_sleep(60)", NULL, 0, 30000, NULL, &err), ST_SERVER);
    assert_int_equal(k.calls, 1);
    assert_int_equal(error_sql_class(&err), SQL_CONNECTION_LOST);
    assert_string_equal(err.sqlstate, "57P01");
    assert_false(session_usable(a));
    assert_int_equal(session_query(a, "SELECT 1", NULL, 0, 0, NULL, &err), ST_SERVER);
    assert_int_equal(error_sql_class(&err), SQL_CONNECTION_LOST);
    session_close(a);
    /* idle when it dies: noticed at the next request */
    a = open_session();
    k.pid = session_pid(a);
    kill_backend(&k);
    assert_int_equal(session_query(a, "SELECT 1", NULL, 0, 0, NULL, &err), ST_SERVER);
    assert_int_equal(error_sql_class(&err), SQL_CONNECTION_LOST);
    assert_false(session_usable(a));
    session_close(a);
    /* in a pipeline */
    a = open_session();
    k.pid = session_pid(a);
    k.timer = loop_timer_add(loop, 20, kill_backend, &k);
    size_t failed;
    const struct pipelined items[] = {{"BEGIN", NULL, 0}, {"SELECT pg_sleep(60)", NULL, 0}, {"COMMIT", NULL, 0}};
    assert_int_equal(session_pipeline(a, items, 3, 30000, NULL, &failed, &err), ST_SERVER);
    assert_int_equal(failed, 1);
    assert_int_equal(error_sql_class(&err), SQL_CONNECTION_LOST);
    assert_false(session_usable(a));
    session_close(a);
    session_close(b);
}

/* ---- timers, notices ---- */

struct ticker {
    struct session *session;
    int calls, depth, deepest;
};

static void tick(void *arg)
{
    struct ticker *t = arg;
    struct error err;
    t->calls++;
    t->depth++;
    t->deepest = t->depth > t->deepest ? t->depth : t->deepest;
    /* slower than the interval: must neither nest nor starve the one that waits */
    assert_int_equal(session_query(t->session, "SELECT pg_sleep(0.02)", NULL, 0, 0, NULL, &err), ST_OK);
    t->depth--;
}

static void timers_fire_while_a_query_waits(void **state)
{
    (void)state;
    struct error err;
    struct session *a = open_session(), *b = open_session();
    struct ticker t = {.session = b};
    const int id = loop_timer_add(loop, 5, tick, &t);
    assert_int_equal(session_query(a, "SELECT pg_sleep(0.3)", NULL, 0, 0, NULL, &err), ST_OK);
    assert_true(t.calls >= 3);
    assert_int_equal(t.deepest, 1);
    const int calls = t.calls;
    assert_int_equal(loop_sleep(loop, 60, &err), ST_OK);
    assert_true(t.calls > calls);
    loop_timer_remove(loop, id);
    const int after = t.calls;
    assert_int_equal(loop_sleep(loop, 30, &err), ST_OK);
    assert_int_equal(t.calls, after);
    session_close(a);
    session_close(b);
}

static void stuck(void *arg)
{
    struct ticker *t = arg;
    struct error err;
    t->calls++;
    /* no deadline given: a callback may not keep the loop for ever */
    assert_int_equal(session_query(t->session, "SELECT pg_sleep(3600)", NULL, 0, 0, NULL, &err), ST_GAVE_WAY);
}

static void a_stuck_callback_gives_way(void **state)
{
    (void)state;
    struct error err;
    struct session *a = open_session(), *b = open_session();
    struct ticker t = {.session = b};
    const int id = loop_timer_add(loop, 5, stuck, &t);
    assert_int_equal(session_query(a, "SELECT pg_sleep(0.1)", NULL, 0, 0, NULL, &err), ST_OK);
    assert_int_equal(t.calls, 1);
    loop_timer_remove(loop, id);
    session_close(a);
    session_close(b);
}

static void keep_notice(void *arg, const char *severity, const char *message)
{
    strbuf_addf(arg, "[%s %s]", severity, message);
}

static void notices_are_passed_on(void **state)
{
    (void)state;
    struct strbuf said;
    struct session *s = open_session();
    strbuf_init(&said, 1000);
    session_on_notice(s, keep_notice, &said);
    run(s, "DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING E'two\\x1b[31m'; END $$");
    assert_string_equal(strbuf_cstr(&said), "[NOTICE one][WARNING two\\x1B[31m]");
    strbuf_free(&said);
    session_close(s);
}

static void quoting(void **state)
{
    (void)state;
    struct strbuf out;
    struct session *s = open_session();
    strbuf_init(&out, 1000);
    session_quote_identifier(s, STR("we\"ird"), &out);
    session_quote_literal(s, STR("it's"), &out);
    assert_string_equal(strbuf_cstr(&out), "\"we\"\"ird\"'it''s'");
    strbuf_free(&out);
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_come_with_the_first_query),
        cmocka_unit_test(settings_outlive_a_failing_first_request),
        cmocka_unit_test(settings_wait_for_the_end_of_a_transaction),
        cmocka_unit_test(parameters_and_values),
        cmocka_unit_test(an_error_tells_all),
        cmocka_unit_test(a_nul_byte_is_refused),
        cmocka_unit_test(a_huge_result_does_not_stay_in_memory),
        cmocka_unit_test(copy_out_is_skipped),
        cmocka_unit_test(copy_in_takes_data),
        cmocka_unit_test(a_pipeline_stops_at_its_first_failure),
        cmocka_unit_test(a_pipeline_after_rows_that_nobody_wanted),
        cmocka_unit_test(a_long_pipeline_does_not_lock_up),
        cmocka_unit_test(copy_in_a_pipeline_is_an_error),
        cmocka_unit_test(a_deadline_cancels_and_the_session_lives),
        cmocka_unit_test(a_copy_that_waits_for_a_lock_is_cancelled),
        cmocka_unit_test(a_killed_backend_is_a_lost_connection),
        cmocka_unit_test(timers_fire_while_a_query_waits),
        cmocka_unit_test(a_stuck_callback_gives_way),
        cmocka_unit_test(notices_are_passed_on),
        cmocka_unit_test(quoting),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}

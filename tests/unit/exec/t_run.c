/*
 * run_plans() through its own interface, on a throw-away server: the snapshot before the first change, a session that is lost meanwhile, nothing
 * to do, a caller without a target. Plans are made by hand.
 */
#include "db/ephemeral.h"
#include "exec/runner.h"
#include "migration/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct world {
    struct ephemeral *server;
    const char *url;
    struct loop *loop;
    struct session *s;
    struct target target;
    struct run_options options;
    struct run_result result;
    struct error err;
    /* the snapshot hook's */
    int taken;
    enum status answer;
    bool kill_backend;
    /* events */
    unsigned seen[EVENT_RUN_END + 1];
};

static void count(void *arg, const struct event *e)
{
    struct world *w = arg;
    w->seen[e->kind]++;
}

static enum status take(void *arg, const char *run_id, struct strbuf *id, struct error *err)
{
    struct world *w = arg;
    w->taken++;
    assert_int_equal(strlen(run_id), 32);
    if (w->kill_backend) {
        struct session *other = NULL;
        const struct param pid = {.text = "migrate/%"};
        assert_int_equal(session_open(w->loop, &w->target, &other, err), ST_OK);
        assert_int_equal(session_query(other,
                                       "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                       " WHERE application_name LIKE $1",
                                       &pid, 1, 0, NULL, err),
                         ST_OK);
        session_close(other);
    }
    strbuf_add_cstr(id, "snap-1");
    return w->answer ? error_set(err, w->answer, "no snapshot") : ST_OK;
}

static struct str ask(struct world *w, const char *sql)
{
    static char text[256];
    struct rows *rows = NULL;
    struct session *other = NULL;
    assert_int_equal(session_open(w->loop, &w->target, &other, &w->err), ST_OK);
    assert_int_equal(session_query(other, sql, NULL, 0, 0, &rows, &w->err), ST_OK);
    snprintf(text, sizeof(text), "%.*s", STR_ARG(rows_value(rows, 0, 0)));
    rows_free(rows);
    session_close(other);
    return str_of(text);
}

/* One migration of one statement in one transaction. */
struct small {
    struct migration m;
    struct planned_statement st;
    struct step step;
    struct migration_plan plan;
    struct run_item item;
};

static void small(struct small *x, const char *version, const char *sql)
{
    *x = (struct small){0};
    x->m = (struct migration){.version = str_of(version),
                              .name = STR("small"),
                              .file = STR("small.sql"),
                              .text = str_of(sql),
                              .layout = &layout_native};
    migration_checksum(&x->m);
    x->st = (struct planned_statement){.sql = str_of(sql), .line = 1};
    x->step = (struct step){.ordinal = 1, .kind = STEP_TRANSACTION, .lock_timeout_ms = 200};
    x->step.statements.at = &x->st;
    x->step.statements.n = 1;
    step_hash(&x->step);
    x->plan.migration = &x->m;
    x->plan.steps.at = &x->step;
    x->plan.steps.n = 1;
    x->item.plan = &x->plan;
}

static enum status run_one(struct world *w, struct small *x)
{
    memset(w->seen, 0, sizeof(w->seen));
    w->taken = 0;
    return run_plans(w->loop, w->s, &w->options, &x->item, 1, &w->result, &w->err);
}

static void a_failing_snapshot_stops_before_the_first_change(void **state)
{
    struct world *w = *state;
    struct small x;
    small(&x, "1", "CREATE TABLE one (id int)");
    w->answer = ST_REMOTE;
    assert_int_equal(run_one(w, &x), ST_REMOTE);
    assert_int_equal(w->taken, 1);
    assert_true(str_eq(ask(w, "SELECT count(*) FROM migrate.migrations"), STR("0")));
    assert_true(str_eq(ask(w, "SELECT to_regclass('one') IS NULL"), STR("t")));
    assert_int_equal(w->seen[EVENT_STEP_BEGIN], 0);
    w->answer = ST_OK;
}

static void a_snapshot_is_recorded_and_told(void **state)
{
    struct world *w = *state;
    struct small x;
    small(&x, "1", "CREATE TABLE one (id int)");
    assert_int_equal(run_one(w, &x), ST_OK);
    assert_int_equal(w->taken, 1);
    assert_int_equal(w->seen[EVENT_SNAPSHOT], 1);
    assert_int_equal(w->result.n_done, 1);
    assert_true(str_eq(ask(w, "SELECT snapshot FROM migrate.runs WHERE result = 'done'"), STR("snap-1")));
}

static void nothing_to_do_takes_no_snapshot(void **state)
{
    struct world *w = *state;
    struct small x;
    small(&x, "01", "CREATE TABLE one (id int)"); /* 01 is 1 */
    assert_int_equal(run_one(w, &x), ST_OK);
    assert_int_equal(w->taken, 0);
    assert_int_equal(w->result.n_done, 0);
    assert_int_equal(w->seen[EVENT_MIGRATION_BEGIN], 0);
}

static void another_content_meanwhile_is_a_conflict(void **state)
{
    struct world *w = *state;
    struct small x;
    small(&x, "1", "CREATE TABLE other (id int)");
    assert_int_equal(run_one(w, &x), ST_CONFLICT);
    assert_int_equal(w->taken, 0);
}

static void a_session_lost_during_the_snapshot_is_opened_again(void **state)
{
    struct world *w = *state;
    struct small x;
    small(&x, "2", "CREATE TABLE two (id int)");
    w->kill_backend = true;
    assert_int_equal(run_one(w, &x), ST_OK);
    w->kill_backend = false;
    assert_false(session_usable(w->s));
    assert_true(str_eq(ask(w, "SELECT to_regclass('two') IS NOT NULL"), STR("t")));
    assert_true(str_eq(ask(w, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), STR("0")));
    session_close(w->s);
    assert_int_equal(session_open(w->loop, &w->target, &w->s, &w->err), ST_OK);
}

static void without_a_target_a_lost_session_is_the_end(void **state)
{
    struct world *w = *state;
    struct small x;
    small(&x, "3", "SELECT pg_terminate_backend(pg_backend_pid())");
    w->options.target = NULL;
    assert_int_equal(run_one(w, &x), ST_SERVER);
    w->options.target = &w->target;
    session_close(w->s);
    assert_int_equal(session_open(w->loop, &w->target, &w->s, &w->err), ST_OK);
    assert_true(str_eq(ask(w, "SELECT count(*) FROM migrate.migrations WHERE version = '3'"), STR("0")));
}

static void marks(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct history h;
    struct small x;
    arena_init(&a, 1 << 20);
    small(&x, "7", "SELECT 1");
    assert_int_equal(history_mark(w->s, "marks", &x.m, true, NULL, &w->err), ST_OK); /* makes the schema */
    assert_int_equal(history_read(w->s, "marks", true, &a, &h, &w->err), ST_OK);
    const struct applied *one = history_find(&h, STR("007"));
    assert_non_null(one);
    assert_int_equal(one->state, APPLIED_YES);
    assert_true(str_eq(one->down_text, STR("SELECT 1")));
    x.m.version = STR("07");
    assert_int_equal(history_mark(w->s, "marks", &x.m, false, NULL, &w->err), ST_OK);
    assert_int_equal(history_read(w->s, "marks", false, &a, &h, &w->err), ST_OK);
    assert_true(h.exists);
    assert_int_equal(h.format, HISTORY_FORMAT);
    assert_null(history_find(&h, STR("7")));
    assert_int_equal(history_install(w->s, "marks", &w->err), ST_OK);
    assert_int_equal(history_read(w->s, "nowhere", false, &a, &h, &w->err), ST_OK);
    assert_false(h.exists);
    assert_true(session_usable(w->s) && !session_in_transaction(w->s));
    arena_free(&a);
}

static int setup(void **state)
{
    static struct world w;
    w.loop = loop_new();
    if (ephemeral_start(STR(""), &w.server, &w.url, &w.err)) {
        fprintf(stderr, "%s\n", w.err.primary);
        return -1;
    }
    w.target = (struct target){.url = w.url, .application_name = "t_run"};
    run_options_default(&w.options);
    w.options.target = &w.target;
    w.options.sink = (struct event_sink){count, &w};
    w.options.snapshot = (struct snapshot_source){.take = take, .arg = &w};
    *state = &w;
    return session_open(w.loop, &w.target, &w.s, &w.err) ? -1 : 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    session_close(w->s);
    loop_free(w->loop);
    ephemeral_stop(w->server);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failing_snapshot_stops_before_the_first_change),
        cmocka_unit_test(a_snapshot_is_recorded_and_told),
        cmocka_unit_test(nothing_to_do_takes_no_snapshot),
        cmocka_unit_test(another_content_meanwhile_is_a_conflict),
        cmocka_unit_test(a_session_lost_during_the_snapshot_is_opened_again),
        cmocka_unit_test(without_a_target_a_lost_session_is_the_end),
        cmocka_unit_test(marks),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

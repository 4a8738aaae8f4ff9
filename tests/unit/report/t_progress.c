/* What a run tells: plain lines, quiet, verbose, a terminal's lines, and JSON. */
#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "report/backfill.h"
#include "report/progress.h"
#include "report/status.h"

struct told {
    char *text;
    size_t n;
    FILE *stream;
    struct progress p;
};

static void begin(struct told *c)
{
    *c = (struct told){0};
    c->stream = open_memstream(&c->text, &c->n);
    progress_init(&c->p, c->stream);
}

static void end(struct told *c, const char *want)
{
    progress_free(&c->p);
    fclose(c->stream);
    assert_string_equal(c->text, want);
    free(c->text);
}

static struct planned_statement statements[] = {{.sql = STR_INIT("ALTER TABLE  t\n ADD a int")},
                                                {.sql = STR_INIT("SELECT 2")}};
static const struct step step = {.ordinal = 1, .kind = STEP_TRANSACTION, .statements = {.at = statements, .n = 2}};
static const struct migration migration = {.version = STR_INIT("7"), .name = STR_INIT("a\x1b[2Jb")};

static void emit_all(struct progress *p)
{
    const struct event events[] = {
        {.kind = EVENT_RUN_BEGIN, .n_migrations = 1},
        {.kind = EVENT_MIGRATION_BEGIN, .migration = &migration, .n_steps = 2},
        {.kind = EVENT_STEP_BEGIN, .migration = &migration, .step = &step, .n_steps = 2, .attempt = 1},
        {.kind = EVENT_BLOCKED,
         .pid = 42,
         .user = "app",
         .application = "web\n",
         .state = "idle in transaction",
         .age_ms = 120000,
         .query = "SELECT\n1"},
        {.kind = EVENT_BLOCKED, .pid = 42, .user = "app"},
        {.kind = EVENT_STEP_RETRY, .attempt = 1, .sqlstate = "55P03", .wait_ms = 500},
        {.kind = EVENT_PROGRESS, .done = 5, .total = 10, .rate = 1},
        {.kind = EVENT_NOTICE, .detail = "NOTICE hello"},
        {.kind = EVENT_STEP_END,
         .migration = &migration,
         .step = &step,
         .n_steps = 2,
         .attempt = 2,
         .ms = 12,
         .rows = 3},
        {.kind = EVENT_MIGRATION_END, .migration = &migration, .ms = 13},
        {.kind = EVENT_RUN_END, .n_migrations = 1, .ms = 14},
    };
    for (size_t i = 0; i < countof(events); i++) {
        progress_emit(p, &events[i]);
    }
}

#define BLOCKED "    waiting for pid 42, user app, web, idle in transaction for 2 min: SELECT 1\n"
#define DONE    "  step 1 of 2: ALTER TABLE t ADD a int and 1 more  done in 12 ms, 3 rows, at try 2\n"

/* The next blocker line of the same pid, and progress so soon behind the beginning of the step, are left out. */
static void plain(void **state)
{
    (void)state;
    struct told c;
    begin(&c);
    emit_all(&c.p);
    end(&c, "7 a\\x1B[2Jb\n" BLOCKED "    try 1 gave way (55P03); again in 500 ms\n" DONE);
}

static void quiet(void **state)
{
    (void)state;
    struct told c;
    begin(&c);
    c.p.quiet = true;
    emit_all(&c.p);
    end(&c, BLOCKED);
}

static void verbose(void **state)
{
    (void)state;
    struct told c;
    begin(&c);
    c.p.verbose = true;
    emit_all(&c.p);
    end(&c, "7 a\\x1B[2Jb\n  step 1 of 2: ALTER TABLE t ADD a int and 1 more\n" BLOCKED
            "    try 1 gave way (55P03); again in 500 ms\n    NOTICE hello\n" DONE);
}

static void terminal(void **state)
{
    (void)state;
    struct told c;
    const struct event at_it = {
        .kind = EVENT_STEP_BEGIN, .migration = &migration, .step = &step, .n_steps = 2, .attempt = 1};
    const struct event done = {.kind = EVENT_STEP_END, .migration = &migration, .step = &step, .n_steps = 2, .ms = 12};
    const struct event more = {.kind = EVENT_PROGRESS, .done = 5, .total = 10, .rate = 1, .batch_rows = 2, .lag_bytes = 4096};
    begin(&c);
    c.p.terminal = true;
    progress_emit(&c.p, &at_it);
    progress_emit(&c.p, &more);
    progress_emit(&c.p, &done);
    end(&c, "  step 1 of 2: ALTER TABLE t ADD a int and 1 more\r\x1b[K    [##########----------]  50 %, 5 of 10, 1/s,"
            " 5.0 s left, batches of 2, a rep\r\x1b[K"
            "  step 1 of 2: ALTER TABLE t ADD a int and 1 more  done in 12 ms\n");
}

static void json(void **state)
{
    (void)state;
    struct told c;
    const struct event e = {.kind = EVENT_STEP_END,
                            .migration = &migration,
                            .step = &step,
                            .n_steps = 2,
                            .attempt = 2,
                            .ms = 12,
                            .rows = 3};
    const struct event blocked = {.kind = EVENT_BLOCKED, .pid = 42, .user = "a\"b", .age_ms = 5};
    begin(&c);
    c.p.json = true;
    progress_emit(&c.p, &e);
    progress_emit(&c.p, &blocked);
    end(&c,
        "{\"event\":\"step-end\",\"version\":\"7\",\"direction\":\"up\",\"step\":1,\"kind\":\"transaction\",\"steps\":"
        "2,"
        "\"attempt\":2,\"ms\":12,\"rows\":3}\n{\"event\":\"blocked\",\"pid\":42,\"age_ms\":5,\"user\":\"a\\\"b\"}\n");
}

static void states(void **state)
{
    (void)state;
    struct status_row rows[] = {
        {.version = STR_INIT("9"),
         .name = STR_INIT("a"),
         .state = STATE_APPLIED,
         .applied_at = STR_INIT("2026-01-01T00:00:00Z")},
        {.version = STR_INIT("10"), .name = STR_INIT("b\x1b"), .state = STATE_PARTIAL, .steps_done = 1, .n_steps = 3},
        {.version = STR_INIT("11"), .name = STR_INIT("c"), .state = STATE_PENDING},
        {.version = STR_INIT("12"), .name = STR_INIT("d"), .state = STATE_PENDING},
    };
    const struct status_list list = {.at = rows, .n = countof(rows)}, none = {0};
    struct backfill_row at[] = {
        {.version = STR_INIT("10"),
         .relation = STR_INIT("public.t"),
         .key = STR_INIT("id"),
         .cursor = STR_INIT("77\x1b"),
         .reason = STR_INIT("a replica is behind: 50 of 64 MiB"),
         .updated_at = STR_INIT("2026-01-01T00:00:00Z"),
         .ordinal = 2,
         .parts = 4,
         .finished_parts = 1,
         .workers = 2,
         .rows = 20000,
         .keys = 25000,
         .batches = 9,
         .batch_rows = 3000,
         .pass = 1,
         .share = 0.255,
         .total = 100000,
         .left = 75000,
         .lag_bytes = 52428800,
         .lag_ms = -1,
         .rate = 1500},
        {.version = STR_INIT("10"), .ordinal = 1, .finished = true},
        {.version = STR_INIT("99"), .ordinal = 1},
    };
    const struct backfill_row_list backfills = {.at = at, .n = countof(at)};
    struct strbuf out;
    strbuf_init(&out, 1 << 16);
    status_text(&out, &list, &backfills, false, false);
    assert_string_equal(strbuf_cstr(&out), "applied       9   a  2026-01-01T00:00:00Z\n"
                                           "partial       10  b\\x1B  (step 1 of 3)\n"
                                           "  backfill running, step 2: public.t by id\n"
                                           "    [#####---------------]  25 %, 20 k rows changed, 25000 keys"
                                           " of about 100 k rows in 9 batches, 1 of 4 parts done\n"
                                           "    1500 rows/s in batches of 3000, about 50.0 s left, 2 workers, the slowest"
                                           " replica 50 MB behind\n"
                                           "    behind 77\\x1B, 2026-01-01T00:00:00Z\n"
                                           "    slowed down: a replica is behind: 50 of 64 MiB\n"
                                           "pending       11  c\n"
                                           "pending       12  d\n\n"
                                           "1 applied, 2 pending, 1 partial\n");
    at[0].rate = 0; /* it stands still: no time is left that could be told */
    at[0].share = -1;
    strbuf_reset(&out);
    backfill_list_text(&out, &backfills, false);
    assert_non_null(strstr(strbuf_cstr(&out), "waiting  10  step 2: public.t by id\n    20 k rows changed"));
    assert_non_null(strstr(strbuf_cstr(&out), "    0 rows/s in batches of 3000, 2 workers, the slowest replica"));
    assert_non_null(strstr(strbuf_cstr(&out), "\n    a replica is behind: 50 of 64 MiB\n"));
    strbuf_reset(&out);
    status_text(&out, &none, &backfills, false, true);
    assert_string_equal(strbuf_cstr(&out), "no migrations\n");
    strbuf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain),    cmocka_unit_test(quiet), cmocka_unit_test(verbose),
        cmocka_unit_test(terminal), cmocka_unit_test(json),  cmocka_unit_test(states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The journal: what is kept, what is not, and that nothing which befalls its file reaches the run. */
#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "exec/journal_file.h"

struct place {
    char folder[64];
    char path[128];
    struct arena a;
};

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    snprintf(p->folder, sizeof(p->folder), "/tmp/migrate-journal-XXXXXX");
    if (!p || !mkdtemp(p->folder)) {
        return 1;
    }
    snprintf(p->path, sizeof(p->path), "%s/deep/journal.sqlite", p->folder);
    arena_init(&p->a, SIZE_MAX);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    static const char *const names[] = {"deep/journal.sqlite", "deep/journal.sqlite-wal", "deep/journal.sqlite-shm",
                                        "deep/other"};
    char path[128];
    for (size_t i = 0; i < countof(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", p->folder, names[i]);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/deep", p->folder);
    rmdir(path);
    rmdir(p->folder);
    arena_free(&p->a);
    free(p);
    return 0;
}

static struct planned_statement statements[] = {{.sql = STR_INIT("CREATE ROLE a PASSWORD 'geheim'")},
                                                {.sql = STR_INIT("SELECT 'kept'")}};
static const struct step step = {
    .ordinal = 1, .kind = STEP_BACKFILL, .statements = {.at = statements, .n = 2}, .estimate_ms = -1};
static const struct migration migration = {
    .version = STR_INIT("7"), .name = STR_INIT("a"), .file = STR_INIT("7_a.sql")};

static unsigned troubles;
static void count_trouble(void *arg, const struct error *why)
{
    (void)arg;
    assert_true(why->primary[0] != '\0');
    troubles++;
}

static struct journal *open_journal(const struct place *p)
{
    const struct journal_about about = {
        .command = "up", .database = "postgres://app@db/prod", .server_version = 150018, .trouble = count_trouble};
    struct journal *j;
    struct error err;
    troubles = 0;
    assert_int_equal(journal_open(p->path, &about, &j, &err), ST_OK);
    return j;
}

static void begin(struct journal *j, const char *id)
{
    const struct event e = {.kind = EVENT_RUN_BEGIN, .n_migrations = 1, .run_id = id};
    journal_emit(j, &e);
}

static struct event step_event(enum event_kind kind)
{
    return (struct event){
        .kind = kind, .migration = &migration, .step = &step, .n_steps = 1, .attempt = 1, .done = -1, .total = -1};
}

static struct journal_story story_of(struct place *p, const char *id)
{
    struct journal_story story;
    struct error err;
    assert_int_equal(journal_read(p->path, str_of(id), &p->a, &story, &err), ST_OK);
    return story;
}

static void assert_str(struct str s, const char *want)
{
    assert_int_equal(s.n, strlen(want));
    assert_memory_equal(s.p, want, s.n);
}

static void keeps_and_hides(void **state)
{
    struct place *p = *state;
    struct journal *j = open_journal(p);
    struct error why;
    struct stat st;
    begin(j, "abcdef0123456789");
    struct event e = step_event(EVENT_STEP_BEGIN);
    journal_emit(j, &e);
    e = step_event(EVENT_BLOCKED);
    e.pid = 42;
    e.user = "app";
    e.query = "UPDATE people SET mail = 'me@example.com' WHERE id = 3";
    journal_emit(j, &e);
    e = step_event(EVENT_STEP_RETRY);
    e.wait_ms = 500;
    memcpy(e.sqlstate, "55P03", 6);
    journal_emit(j, &e);
    e = step_event(EVENT_PROGRESS);
    e.done = 5;
    e.rate = 2.5;
    e.batch_rows = 100;
    e.lag_ms = 70;
    e.lag_bytes = 4096;
    journal_emit(j, &e);
    error_set(&why, ST_SERVER, "duplicate key");
    error_detail(&why, "Key (mail)=(me@example.com) already exists.");
    error_place(&why, "7_a.sql", 3, 1);
    journal_end(j, ST_SERVER, 3, &why);
    journal_close(j);
    assert_int_equal(troubles, 0);

    const struct journal_story s = story_of(p, "abc");
    assert_str(s.run.id, "abcdef0123456789");
    assert_str(s.run.result, "failed");
    assert_str(s.run.error, "duplicate key");
    assert_str(s.run.place, "7_a.sql:3:1");
    assert_int_equal(s.run.exit_code, 3);
    assert_int_equal(s.run.life, JOURNAL_ENDED);
    assert_int_equal(s.steps.n, 1);
    assert_str(s.steps.at[0].sql, "CREATE ROLE a PASSWORD '***';\nSELECT 'kept'");
    assert_int_equal(s.steps.at[0].estimate_ms, -1);
    assert_int_equal(s.events.n, 5);
    assert_str(s.events.at[2].query, "UPDATE people SET mail = '***' WHERE id = 3");
    assert_int_equal(s.events.at[3].wait_ms, 500);
    assert_int_equal(s.events.at[4].done, 5);
    assert_int_equal(s.events.at[4].total, -1);
    assert_int_equal(s.events.at[4].batch, 100);
    assert_int_equal(s.events.at[4].lag_ms, 70);
    assert_int_equal(s.events.at[4].lag_bytes, 4096);
    assert_true(s.events.at[4].rate > 2.4 && s.events.at[4].rate < 2.6);

    assert_int_equal(stat(p->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct str bytes;
    assert_int_equal(file_read(p->path, 1 << 24, &p->a, &bytes, &why), ST_OK);
    assert_true(str_find(bytes, STR("geheim")) == SIZE_MAX);
    assert_true(str_find(bytes, STR("me@example.com")) == SIZE_MAX);
}

static void dies_with_all_it_said(void **state)
{
    struct place *p = *state;
    const pid_t child = fork();
    if (child == 0) {
        struct journal *j = open_journal(p);
        begin(j, "dead");
        const struct event e = step_event(EVENT_STEP_BEGIN);
        journal_emit(j, &e);
        kill(getpid(), SIGKILL);
        _exit(1);
    }
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFSIGNALED(ended));
    const struct journal_story s = story_of(p, "last");
    assert_int_equal(s.run.life, JOURNAL_DIED);
    assert_int_equal(s.events.n, 2);

    struct journal *j = open_journal(p);
    begin(j, "alive");
    assert_int_equal(story_of(p, "last").run.life, JOURNAL_RUNNING);
    journal_close(j);
}

static void is_bounded(void **state)
{
    struct place *p = *state;
    struct journal *j = open_journal(p);
    struct error why;
    size_t points = 0;
    begin(j, "long");
    struct event e = step_event(EVENT_PROGRESS);
    for (int i = 0; i < 5000; i++) {
        e.done = i;
        e.detail = i % 2 ? "odd" : "even"; /* a new reason is kept whenever it comes */
        journal_emit(j, &e);
    }
    for (int i = 0; i < JOURNAL_RUN_EVENTS; i++) {
        e = step_event(EVENT_NOTICE);
        e.detail = "NOTICE again";
        journal_emit(j, &e);
    }
    e = step_event(EVENT_STEP_END);
    journal_emit(j, &e);
    journal_end(j, ST_OK, 0, &why);
    journal_close(j);
    const struct journal_story s = story_of(p, "long");
    assert_true(s.events.n <= JOURNAL_RUN_EVENTS + 2);
    assert_true(s.run.left_out > 0);
    for (size_t i = 0; i < s.events.n; i++) {
        points += str_eq(s.events.at[i].kind, STR("progress"));
    }
    assert_true(points <= JOURNAL_POINTS && points >= JOURNAL_POINTS / 2 - 1);
    assert_str(s.events.at[s.events.n - 1].kind, "step-end");
}

static void drops_the_oldest(void **state)
{
    struct place *p = *state;
    struct journal_run_list runs;
    struct error err;
    for (int i = 0; i < JOURNAL_RUNS + 5; i++) {
        char id[16];
        struct journal *j = open_journal(p);
        snprintf(id, sizeof(id), "run-%d", i);
        begin(j, id);
        journal_end(j, ST_OK, 0, &err);
        journal_close(j);
    }
    assert_int_equal(journal_list(p->path, &p->a, &runs, &err), ST_OK);
    assert_int_equal(runs.n, JOURNAL_RUNS);
    assert_str(runs.at[0].id, "run-204");
    assert_str(runs.at[JOURNAL_RUNS - 1].id, "run-5");
    /* What hangs on a run goes with it. */
    struct journal_story s;
    assert_int_equal(journal_read(p->path, STR("run-4"), &p->a, &s, &err), ST_USAGE);
    assert_int_equal(journal_read(p->path, STR("run-"), &p->a, &s, &err), ST_USAGE);
}

static void a_full_disk_is_told_once(void **state)
{
    struct place *p = *state;
    struct journal *j = open_journal(p);
    struct error err;
    struct rlimit before, small;
    begin(j, "full");
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 256 * 1024;
    setrlimit(RLIMIT_FSIZE, &small);
    for (int i = 0; i < 2000; i++) {
        struct event e = step_event(EVENT_NOTICE);
        e.detail = "NOTICE a text of some length, so that the file grows over what it may have quite soon enough";
        journal_emit(j, &e);
    }
    journal_end(j, ST_OK, 0, &err);
    journal_close(j);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(troubles, 1);
    /* What came before is there, and the next run writes again. */
    assert_true(story_of(p, "full").events.n > 1);
    j = open_journal(p);
    begin(j, "next");
    journal_close(j);
    assert_int_equal(troubles, 0);
}

static void refuses_what_is_not_one(void **state)
{
    struct place *p = *state;
    const struct journal_about about = {.command = "up"};
    struct journal *j = open_journal(p);
    struct error err;
    struct journal_run_list runs;
    begin(j, "x");
    journal_close(j);
    char other[128];
    snprintf(other, sizeof(other), "%s/deep/other", p->folder);
    assert_int_equal(
        file_write_atomic(other, STR("this is no database, though it is long enough to be taken for one"), &err),
        ST_OK);
    assert_int_equal(journal_open(other, &about, &j, &err), ST_USAGE);
    assert_int_equal(journal_list(other, &p->a, &runs, &err), ST_USAGE);
    struct str bytes;
    assert_int_equal(file_read(other, 1 << 20, &p->a, &bytes, &err), ST_OK);
    assert_true(str_starts(bytes, STR("this is no database"))); /* and it is left alone */

    struct journal_file f = {0};
    bool exists;
    assert_int_equal(journal_file_open(&f, p->path, true, &exists, &err), ST_OK);
    assert_int_equal(f.lib->exec(f.db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    journal_file_close(&f);
    assert_int_equal(journal_open(p->path, &about, &j, &err), ST_USAGE);
    assert_non_null(strstr(err.primary, "newer"));

    snprintf(other, sizeof(other), "%s/deep/other/below/a/file", p->folder);
    assert_int_equal(journal_open(other, &about, &j, &err), ST_SYSTEM);
    snprintf(other, sizeof(other), "%s/nothing/here", p->folder);
    assert_int_equal(journal_list(other, &p->a, &runs, &err), ST_OK);
    assert_int_equal(runs.n, 0);
}

static void two_write_at_once(void **state)
{
    struct place *p = *state;
    struct journal *a = open_journal(p), *b = open_journal(p);
    begin(a, "first");
    begin(b, "second");
    for (int i = 0; i < 50; i++) {
        struct event e = step_event(EVENT_NOTICE);
        e.detail = "x";
        journal_emit(i % 2 ? a : b, &e);
    }
    journal_close(a);
    journal_close(b);
    assert_int_equal(troubles, 0);
    assert_int_equal(story_of(p, "first").events.n, 26);
    assert_int_equal(story_of(p, "second").events.n, 26);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_and_hides, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dies_with_all_it_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(drops_the_oldest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_is_told_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_not_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_write_at_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

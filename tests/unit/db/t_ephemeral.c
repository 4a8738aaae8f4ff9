/* The throw-away server: that it starts, that it says why it does not, and that nothing of it is left. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "db/ephemeral.h"
#include "db/loop.h"
#include "db/session.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

/* The folder of the server with that URL. */
static void folder_of(const char *url, char folder[200])
{
    snprintf(folder, 200, "%s", strstr(url, "host=") + 5);
}

/* Wait for a child that writes its URL, or its death. */
static void read_url(int fd, char url[300])
{
    size_t n = 0;
    ssize_t got;
    while (n < 299 && (got = read(fd, url + n, 299 - n)) > 0) {
        n += (size_t)got;
        if (url[n - 1] == '\n') {
            n--;
            break;
        }
    }
    url[n] = '\0';
    assert_true(n > 0);
}

static bool gone_within(const char *path, int64_t ms)
{
    const int64_t until = clock_monotonic_ms() + ms;
    while (file_kind(path) != FILE_MISSING) {
        if (clock_monotonic_ms() >= until) {
            return false;
        }
        poll(NULL, 0, 5);
    }
    return true;
}

/* Is any process of that server left? Each of them has the folder in its command line or as its working directory. */
static bool any_process(const char *folder)
{
    struct arena a;
    struct file_list list = {0};
    struct error err;
    bool found = false;
    arena_init(&a, 64 << 20);
    assert_int_equal(file_list("/proc", &a, &list, &err), ST_OK);
    for (size_t i = 0; i < list.n && !found; i++) {
        char path[64], cwd[512] = "";
        snprintf(path, sizeof(path), "/proc/%.20s/cwd", list.at[i].name.p);
        const ssize_t n = readlink(path, cwd, sizeof(cwd) - 1);
        found = n > 0 && strncmp(cwd, folder, strlen(folder)) == 0;
    }
    arena_free(&a);
    return found;
}

static void it_starts_and_leaves_nothing(void **state)
{
    (void)state;
    struct ephemeral *e;
    struct session *s;
    struct rows *rows;
    struct error err;
    struct stat st;
    const char *url;
    char folder[200];
    struct loop *loop = loop_new();
    if (ephemeral_start(STR_NONE, &e, &url, &err) != ST_OK) {
        fail_msg("%s: %s", err.primary, err.detail);
    }
    folder_of(url, folder);
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    const struct target target = {.url = url};
    assert_int_equal(session_open(loop, &target, &s, &err), ST_OK);
    assert_int_equal(session_query(s,
                                   "SELECT current_setting('is_superuser'), current_setting('listen_addresses'), "
                                   "current_setting('server_encoding')",
                                   NULL, 0, 0, &rows, &err),
                     ST_OK);
    assert_true(str_eq(rows_value(rows, 0, 0), STR("on")));
    assert_true(str_eq(rows_value(rows, 0, 1), STR("")));
    assert_true(str_eq(rows_value(rows, 0, 2), STR("UTF8")));
    rows_free(rows);
    assert_true(any_process(folder));
    ephemeral_stop(e); /* with a connection open */
    assert_int_equal(file_kind(folder), FILE_MISSING);
    assert_false(any_process(folder));
    assert_int_equal(session_query(s, "SELECT 1", NULL, 0, 0, NULL, &err), ST_SERVER);
    assert_int_equal(error_sql_class(&err), SQL_CONNECTION_LOST);
    session_close(s);
    loop_free(loop);
}

/* Run it in a child, which dies of that signal (0: exits by itself) once the server runs. */
static void dies_with_its_owner(int number)
{
    int fds[2];
    char url[300], folder[200];
    assert_int_equal(pipe(fds), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct ephemeral *e;
        struct error err;
        const char *own;
        close(fds[0]);
        if (ephemeral_start(STR_NONE, &e, &own, &err) != ST_OK) {
            _exit(1);
        }
        dprintf(fds[1], "%s\n", own);
        if (number == 0) {
            _exit(0);
        }
        for (;;) {
            pause();
        }
    }
    close(fds[1]);
    read_url(fds[0], url);
    close(fds[0]);
    folder_of(url, folder);
    if (number != 0) {
        kill(child, number);
    }
    waitpid(child, NULL, 0);
    assert_true(gone_within(folder, 10000));
    assert_false(any_process(folder));
}

static void it_dies_with_its_owner(void **state)
{
    (void)state;
    dies_with_its_owner(SIGKILL);
    dies_with_its_owner(SIGTERM);
    dies_with_its_owner(0);
}

/* A folder with scripts called initdb and postgres. */
static void make_programs(char folder[64], const char *initdb, const char *postgres)
{
    struct error err;
    char path[128];
    snprintf(folder, 64, "/tmp/t-ephemeral-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0755), 0);
    const char *const names[] = {"initdb", "postgres"}, *const texts[] = {initdb, postgres};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        assert_int_equal(file_write_atomic(path, str_of(texts[i]), &err), ST_OK);
        assert_int_equal(chmod(path, 0755), 0);
    }
}

static void remove_programs(const char *folder)
{
    char path[128];
    const char *const names[] = {"initdb", "postgres"};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static void it_says_why_it_does_not_start(void **state)
{
    (void)state;
    struct ephemeral *e;
    struct error err;
    const char *url;
    char folder[64];
    make_programs(folder, "#!/bin/sh\necho no room on the disk >&2\nexit 1\n", "#!/bin/sh\n");
    assert_int_equal(ephemeral_start(str_of(folder), &e, &url, &err), ST_SYSTEM);
    assert_non_null(strstr(err.detail, "no room on the disk"));
    remove_programs(folder);
    make_programs(folder, "#!/bin/sh\n", "#!/bin/sh\necho FATAL: not today\nexit 1\n");
    assert_int_equal(ephemeral_start(str_of(folder), &e, &url, &err), ST_SYSTEM);
    assert_string_equal(err.detail, "FATAL: not today");
    remove_programs(folder);
}

static void it_says_what_to_install(void **state)
{
    (void)state;
    struct ephemeral *e;
    struct error err;
    const char *url;
    assert_int_equal(ephemeral_start(STR("77"), &e, &url, &err), ST_USAGE);
    assert_non_null(strstr(err.hint, "postgresql-77"));
    assert_int_equal(ephemeral_start(STR("/nowhere"), &e, &url, &err), ST_USAGE);
    assert_non_null(strstr(err.primary, "/nowhere does not hold initdb"));
    setenv("MIGRATE_PG_BIN", "/also/nowhere", 1);
    assert_int_equal(ephemeral_start(STR_NONE, &e, &url, &err), ST_USAGE);
    assert_non_null(strstr(err.primary, "/also/nowhere"));
    unsetenv("MIGRATE_PG_BIN");
}

static void a_long_or_forbidden_tmpdir_is_avoided(void **state)
{
    (void)state;
    struct ephemeral *e;
    struct error err;
    const char *url;
    char folder[200], odd[] = "/tmp/t ephemeral 100%&+-XXXXXX";
    setenv("TMPDIR",
           "/tmp/this/is/a/folder/whose/path/is/far/too/long/for/a/socket/that/can/only/be/a/hundred/bytes/or/so", 1);
    assert_int_equal(ephemeral_start(STR_NONE, &e, &url, &err), ST_OK);
    folder_of(url, folder);
    assert_int_equal(strncmp(folder, "/tmp/migrate-", 13), 0);
    ephemeral_stop(e);
    assert_non_null(mkdtemp(odd));
    assert_int_equal(chmod(odd, 01777), 0);
    setenv("TMPDIR", odd, 1);
    if (ephemeral_start(STR_NONE, &e, &url, &err) != ST_OK) {
        fail_msg("%s: %s", err.primary, err.detail);
    }
    assert_non_null(strstr(url, "%20ephemeral%20100%25%26%2B-"));
    ephemeral_stop(e);
    unsetenv("TMPDIR");
    assert_int_equal(rmdir(odd), 0); /* so it was empty */
}

/* Whose working directory is closed to the server's user; only root's can be. */
static void the_working_directory_does_not_matter(void **state)
{
    (void)state;
    struct ephemeral *e;
    struct error err;
    const char *url;
    char here[PATH_MAX], closed[] = "/tmp/t-ephemeral-XXXXXX";
    assert_non_null(getcwd(here, sizeof(here)));
    assert_non_null(mkdtemp(closed));
    assert_int_equal(chdir(closed), 0);
    const enum status status = ephemeral_start(STR_NONE, &e, &url, &err);
    assert_int_equal(chdir(here), 0);
    assert_int_equal(rmdir(closed), 0);
    if (status) {
        fail_msg("%s: %s", err.primary, err.detail);
    }
    ephemeral_stop(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_starts_and_leaves_nothing),          cmocka_unit_test(it_dies_with_its_owner),
        cmocka_unit_test(it_says_why_it_does_not_start),         cmocka_unit_test(it_says_what_to_install),
        cmocka_unit_test(a_long_or_forbidden_tmpdir_is_avoided),
        cmocka_unit_test(the_working_directory_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

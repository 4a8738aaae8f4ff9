/* Other programs: their output, exit code, input, time-out, user. */
#include "base/process.h"

#include "base/clock.h"

#include <fcntl.h>
#include <setjmp.h>
#include <sys/stat.h>

#include <cmocka.h>

static void run_ok(const struct process *p, struct process_result *r)
{
    struct error err;
    if (process_run(p, r, &err) != ST_OK) {
        fail_msg("%s", err.primary);
    }
}

static void output_and_exit_code(void **state)
{
    (void)state;
    struct process_result r;
    const char *const argv[] = {"sh", "-c", "echo out; echo err >&2; exit 7", NULL};
    run_ok(&(struct process){.argv = argv}, &r);
    assert_int_equal(r.exit_code, 7);
    assert_string_equal(strbuf_cstr(&r.out), "out\n");
    assert_string_equal(strbuf_cstr(&r.err), "err\n");
    process_result_free(&r);
    const char *const killed[] = {"sh", "-c", "kill -9 $$", NULL};
    run_ok(&(struct process){.argv = killed}, &r);
    assert_int_equal(r.exit_code, 137);
    process_result_free(&r);
}

static void arguments_meet_no_shell(void **state)
{
    (void)state;
    struct process_result r;
    const char *const argv[] = {"printf", "%s|", "$HOME", "a  b", "`id`", "*", NULL};
    run_ok(&(struct process){.argv = argv}, &r);
    assert_string_equal(strbuf_cstr(&r.out), "$HOME|a  b|`id`|*|");
    process_result_free(&r);
}

static void input_is_fed_while_output_is_read(void **state)
{
    (void)state;
    struct process_result r;
    struct strbuf input;
    const char *const argv[] = {"cat", NULL};
    strbuf_init(&input, 4 << 20);
    strbuf_add_repeat(&input, 'x', 3 << 20); /* more than two pipes hold */
    run_ok(&(struct process){.argv = argv, .input = strbuf_str(&input), .max_output = 4 << 20}, &r);
    assert_int_equal(r.out.n, 3 << 20);
    assert_false(r.out.overflow);
    process_result_free(&r);
    /* one that does not read it */
    const char *const deaf[] = {"true", NULL};
    run_ok(&(struct process){.argv = deaf, .input = strbuf_str(&input)}, &r);
    assert_int_equal(r.exit_code, 0);
    process_result_free(&r);
    strbuf_free(&input);
}

static void output_is_bounded(void **state)
{
    (void)state;
    struct process_result r;
    const char *const argv[] = {"sh", "-c", "yes | head -c 1000000; exit 3", NULL};
    run_ok(&(struct process){.argv = argv, .max_output = 1001}, &r);
    assert_int_equal(r.exit_code, 3);
    assert_int_equal(r.out.n, 1001);
    assert_true(r.out.overflow);
    process_result_free(&r);
}

static void a_timeout_ends_all_of_it(void **state)
{
    (void)state;
    struct process_result r;
    struct error err;
    const int64_t begun = clock_monotonic_ms();
    /* a grandchild that keeps the stream open, and a shell that does not want to end */
    const char *const argv[] = {"sh", "-c", "trap '' TERM; echo begun; sleep 1000 & while :; do wait; done", NULL};
    assert_int_equal(process_run(&(struct process){.argv = argv, .timeout_ms = 100}, &r, &err), ST_GAVE_WAY);
    assert_string_equal(strbuf_cstr(&r.out), "begun\n");
    assert_int_equal(r.exit_code, 137);
    assert_true(clock_monotonic_ms() - begun < 20000);
    process_result_free(&r);
    /* one that has closed its streams */
    const char *const silent[] = {"sh", "-c", "exec sleep 1000 >&- 2>&-", NULL};
    assert_int_equal(process_run(&(struct process){.argv = silent, .timeout_ms = 100}, &r, &err), ST_GAVE_WAY);
    process_result_free(&r);
}

static void what_cannot_run_says_so(void **state)
{
    (void)state;
    struct process_result r;
    struct error err;
    const char *const missing[] = {"/nowhere/program", NULL};
    assert_int_equal(process_run(&(struct process){.argv = missing}, &r, &err), ST_USAGE);
    assert_string_equal(err.primary, "cannot run /nowhere/program: No such file or directory");
    process_result_free(&r);
    const char *const argv[] = {"pwd", NULL};
    assert_int_equal(process_run(&(struct process){.argv = argv, .folder = "/nowhere"}, &r, &err), ST_SYSTEM);
    process_result_free(&r);
}

static void environment_and_folder(void **state)
{
    (void)state;
    struct process_result r;
    const char *const argv[] = {"/bin/sh", "-c", "echo $A-$HOME; pwd", NULL};
    const char *const env[] = {"A=1", NULL};
    run_ok(&(struct process){.argv = argv, .env = env, .folder = "/"}, &r);
    assert_string_equal(strbuf_cstr(&r.out), "1-\n/\n");
    process_result_free(&r);
}

static void no_descriptor_leaks(void **state)
{
    (void)state;
    struct process_result r;
    const char *const argv[] = {"sh", "-c", "ls /proc/self/fd | sort -n | tr '\\n' ' '", NULL};
    const int fd = open("/dev/null", O_RDONLY); /* without close-on-exec */
    run_ok(&(struct process){.argv = argv}, &r);
    assert_string_equal(strbuf_cstr(&r.out), "0 1 2 3 "); /* 3 is of ls itself */
    process_result_free(&r);
    close(fd);
}

static void another_user(void **state)
{
    (void)state;
    static const char *const names[] = {"no-such-user", "nobody", NULL};
    struct process_user user;
    struct process_result r;
    struct error err;
    const char *const argv[] = {"sh", "-c", "id -un; id -G", NULL};
    assert_true(process_find_user(names, &user));
    assert_string_equal(user.name, "nobody");
    if (geteuid() != 0) {
        assert_int_equal(process_run(&(struct process){.argv = argv, .user = &user}, &r, &err), ST_SYSTEM);
        process_result_free(&r);
        return;
    }
    char expected[64];
    run_ok(&(struct process){.argv = argv, .user = &user}, &r);
    snprintf(expected, sizeof(expected), "nobody\n%u\n", user.gid);
    assert_string_equal(strbuf_cstr(&r.out), expected);
    process_result_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_and_exit_code),
        cmocka_unit_test(arguments_meet_no_shell),
        cmocka_unit_test(input_is_fed_while_output_is_read),
        cmocka_unit_test(output_is_bounded),
        cmocka_unit_test(a_timeout_ends_all_of_it),
        cmocka_unit_test(what_cannot_run_says_so),
        cmocka_unit_test(environment_and_folder),
        cmocka_unit_test(no_descriptor_leaks),
        cmocka_unit_test(another_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

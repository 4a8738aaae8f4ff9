/* Command lines: every spelling, every refusal, and the environment. */
#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "cmd/options.h"
#include "cmd/rows.h"

static enum status run_nothing(struct context *c, struct error *err)
{
    (void)c, (void)err;
    return ST_OK;
}

static const struct option up_rows[] = {
    {"to", 't', OPTION_TEXT, "VERSION", offsetof(struct settings, to), "", 0, 0},
    {"all", 'a', OPTION_FLAG, NULL, offsetof(struct settings, all), "", 0, 0},
};

static const struct command up = {
    .name = "up",
    .aliases = "apply migrate",
    .summary = "",
    .usage = "[N]",
    .about = "",
    .examples = "",
    .exits = "0",
    .options = up_rows,
    .n_options = countof(up_rows),
    .groups = GROUP_RUN | GROUP_JUDGE | GROUP_FILES | GROUP_DATABASE | GROUP_COMMON,
    .max_args = 1,
    .run = run_nothing,
};
static const struct command new = {
    .name = "new",
    .summary = "",
    .usage = "NAME",
    .about = "",
    .examples = "",
    .exits = "0",
    .groups = GROUP_FILES | GROUP_COMMON,
    .min_args = 1,
    .max_args = 2,
    .run = run_nothing,
};
static const struct command *const commands[] = {&up, &new};

struct fixture {
    struct arena arena;
    struct settings s;
    struct command_line line;
    struct error err;
};

static int setup(void **state)
{
    struct fixture *f = mem_alloc(sizeof(*f));
    *f = (struct fixture){0};
    arena_init(&f->arena, 1 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    arena_free(&f->arena);
    free(f);
    return 0;
}

/* Parse words split at blanks. */
static enum status parse(struct fixture *f, const char *words)
{
    char *argv[32] = {arena_cstr(&f->arena, STR("migrate"))};
    int argc = 1;
    struct str rest = str_of(words), word;
    while (str_next(&rest, ' ', &word)) {
        argv[argc++] = arena_cstr(&f->arena, word);
    }
    return options_parse(commands, countof(commands), argc, argv, &f->arena, &f->s, &f->line, &f->err);
}

static void assert_refused(struct fixture *f, const char *words, const char *primary, const char *hint)
{
    assert_int_equal(parse(f, words), ST_USAGE);
    if (!strstr(f->err.primary, primary) || !strstr(f->err.hint, hint)) {
        fail_msg("%s: \"%s\" / \"%s\"", words, f->err.primary, f->err.hint);
    }
}

static void spellings(void **state)
{
    static const char *const same[] = {
        "up --url URL 3",     "up --url=URL 3",      "up -u URL 3",    "up -uURL 3",         "up 3 --url URL",
        "--url URL up 3",     "-u URL up 3",         "--url=URL up 3", "up -database URL 3", "-database URL up 3",
        "up -database=URL 3", "up --database URL 3", "apply -u URL 3", "up -u URL -- 3",     "migrate 3 -u URL",
    };
    for (size_t i = 0; i < countof(same); i++) {
        struct fixture *f = *state;
        assert_int_equal(parse(f, same[i]), ST_OK);
        assert_ptr_equal(f->line.command, &up);
        assert_string_equal(f->s.url, "URL");
        assert_int_equal(f->line.args.n, 1);
        assert_string_equal(f->line.args.at[0], "3");
    }
}

static void values(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        parse(f, "up --dir a -d b -path c -source file://d --lock-budget 5min --server-version 17 --gate note"), ST_OK);
    assert_int_equal(f->s.dirs.n, 4);
    assert_string_equal(f->s.dirs.at[3], "d");
    assert_int_equal(f->s.lock_budget_ms, 300000);
    assert_int_equal(f->s.server_version, 17);
    assert_int_equal(f->s.gate, GATE_NOTE);
}

static void clusters_and_no(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(parse(f, "up -yqt5"), ST_OK);
    assert_true(f->s.yes && f->s.quiet);
    assert_string_equal(f->s.to, "5");
    assert_int_equal(parse(f, "up --yes --no-yes --no-env-file --no-color --no-gate"), ST_OK);
    assert_false(f->s.yes);
    assert_string_equal(f->s.env_file, "");
    assert_int_equal(f->s.colour, COLOUR_NEVER);
    assert_int_equal(f->s.gate, GATE_OFF);
}

static void dashes(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(parse(f, "new -- --url"), ST_OK);
    assert_string_equal(f->line.args.at[0], "--url");
    assert_int_equal(parse(f, "new -"), ST_OK);
    assert_string_equal(f->line.args.at[0], "-");
    assert_int_equal(parse(f, "--help"), ST_OK);
    assert_null(f->line.command);
    assert_true(f->s.help);
    assert_int_equal(parse(f, "new --help"), ST_OK); /* though its operand is missing */
}

static void refusals(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, "upp", "\"upp\" is not a command", "did you mean migrate up?");
    assert_refused(f, "aply", "\"aply\" is not a command", "did you mean migrate apply?");
    assert_refused(f, "zzzzzz", "not a command", "migrate help lists");
    assert_refused(f, "force 3", "\"force\" is not a command", "mark VERSION --applied");
    assert_refused(f, "up --urk x", "--urk is not an option of migrate up", "did you mean --url?");
    assert_refused(f, "new --url x a", "--url is not an option of migrate new", "it is an option of: up");
    assert_refused(f, "up -x", "-x is not an option", "");
    assert_refused(f, "up --lock-timeout 3", "--lock-timeout is not", "--run-lock-wait");
    assert_refused(f, "up --url", "--url needs a value", "");
    assert_refused(f, "up --yes=1", "--yes takes no value", "");
    assert_refused(f, "up --no-dir", "--no-dir is not an option", "");
    assert_refused(f, "up --server-version 12", "\"12\" is not a number from 13 to 18", "");
    assert_refused(f, "up --lock-budget soon", "\"soon\" is not a duration", "200ms");
    assert_refused(f, "up --gate fatal", "\"fatal\" is not one of error|warning|note|off", "");
    assert_refused(f, "up 1 2", "does not take \"2\"", "");
    assert_refused(f, "new", "needs more", "migrate help new");
}

static void environment(void **state)
{
    struct fixture *f = *state;
    setenv("MIGRATE_URL", "from-env", 1);
    setenv("MIGRATE_DIR", "a:b", 1);
    setenv("MIGRATE_YES", "true", 1);
    setenv("MIGRATE_RUN_LOCK_WAIT", "2s", 1);
    assert_int_equal(parse(f, "up --url given"), ST_OK);
    assert_int_equal(options_environment(&f->line, &f->arena, &f->s, &f->err), ST_OK);
    assert_string_equal(f->s.url, "given");
    assert_int_equal(f->s.dirs.n, 2);
    assert_true(f->s.yes);
    assert_int_equal(f->s.run_lock_wait_ms, 2000);
    setenv("MIGRATE_YES", "perhaps", 1);
    assert_int_equal(options_environment(&f->line, &f->arena, &f->s, &f->err), ST_USAGE);
    assert_non_null(strstr(f->err.primary, "MIGRATE_YES"));
    unsetenv("MIGRATE_URL");
    unsetenv("MIGRATE_DIR");
    unsetenv("MIGRATE_YES");
    unsetenv("MIGRATE_RUN_LOCK_WAIT");
}

/* Rows of one name must agree on kind and target in every group, because options are found before the command is known. */
static void rows_agree(void **state)
{
    (void)state;
    const struct option_rows *g, *h;
    for (size_t i = 0; (g = option_group_rows(i)) != NULL; i++) {
        for (size_t k = 0; (h = option_group_rows(k)) != NULL; k++) {
            for (size_t a = 0; a < g->n; a++) {
                for (size_t b = 0; b < h->n; b++) {
                    const bool same_row = i == k && a == b;
                    assert_false(!same_row && strcmp(g->rows[a].name, h->rows[b].name) == 0);
                    assert_false(!same_row && g->rows[a].letter && g->rows[a].letter == h->rows[b].letter);
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(spellings, setup, teardown),
        cmocka_unit_test_setup_teardown(values, setup, teardown),
        cmocka_unit_test_setup_teardown(clusters_and_no, setup, teardown),
        cmocka_unit_test_setup_teardown(dashes, setup, teardown),
        cmocka_unit_test_setup_teardown(refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(environment, setup, teardown),
        cmocka_unit_test(rows_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

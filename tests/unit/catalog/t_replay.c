/*
 * The model after a replay, from tests/cases/catalog/NAME.case.
 *
 * A case is: a line `# title`, further lines `#: word …` with options, SQL, a line `==>`, the expected dump with
 * all details, an empty line. Options:
 *     server N    the major version to assume (15 unless said)
 *     base        nothing is known of the base: the catalog is not complete
 *     apart       a server does not print the same, for a reason given in the title: not compared by tests/pg/catalog.bats
 *
 * t_replay --facts FILE MAJOR prints, for each case that a server of that version can be asked about, its title, its SQL and the
 * dump of facts, for tests/pg/catalog.bats.  t_replay --rewrite FILE prints the file with what the model says now.  t_replay --sql FILE… replays whole
 * files, as one history on an unknown base, and prints the model; with --quiet only how much of it is incomplete, with --facts (on
 * an empty server 15) what such a server would print.
 */
#include <setjmp.h>

#include <cmocka.h>

#include "base/file.h"
#include "catalog/dump.h"
#include "catalog/replay.h"

struct test_case {
    struct str title, options, sql, expected;
};

static bool option(const struct test_case *t, const char *word)
{
    return str_find(t->options, str_of(word)) != SIZE_MAX;
}

/* The next case of *rest; false: no more. */
static bool next_case(struct str *rest, struct test_case *t)
{
    *t = (struct test_case){0};
    while (rest->n > 0 && !str_starts(*rest, STR("# "))) {
        const size_t line = str_find_char(*rest, '\n');
        *rest = str_slice(*rest, line == SIZE_MAX ? rest->n : line + 1, rest->n);
    }
    if (rest->n == 0) {
        return false;
    }
    size_t end = str_find_char(*rest, '\n');
    t->title = str_slice(*rest, 2, end);
    *rest = str_slice(*rest, end + 1, rest->n);
    const char *options = rest->p;
    while (str_starts(*rest, STR("#:"))) {
        *rest = str_slice(*rest, str_find_char(*rest, '\n') + 1, rest->n);
    }
    t->options = (struct str){options, (size_t)(rest->p - options)};
    end = str_find(*rest, STR("==>\n"));
    if (end == SIZE_MAX) {
        return false;
    }
    t->sql = str_slice(*rest, 0, end);
    *rest = str_slice(*rest, end + 4, rest->n);
    end = str_starts(*rest, STR("\n")) ? SIZE_MAX - 1 : str_find(*rest, STR("\n\n"));
    t->expected = end == SIZE_MAX - 1 ? STR("") : str_slice(*rest, 0, end == SIZE_MAX ? rest->n : end + 1);
    *rest = str_slice(*rest, t->expected.n, rest->n);
    return true;
}

/* With autocommit each statement is a transaction of its own. */
static void replay_text(struct catalog *c, struct str sql, struct origin *at, bool autocommit)
{
    struct splitter sp;
    struct statement st;
    splitter_init(&sp, sql, 0, (uint32_t)sql.n);
    while (splitter_next(&sp, &st)) {
        at->statement++;
        at->transaction += autocommit;
        catalog_replay(c, sql, &st, *at);
    }
    splitter_free(&sp);
}

/* The version to assume: what the case says, else `usual`. */
static int server_of(const struct test_case *t, int usual)
{
    return option(t, "server 18") ? 18 : option(t, "server 0") ? 0 : usual;
}

static void run(const struct test_case *t, int server, struct arena *a, enum dump_detail detail, struct strbuf *out)
{
    struct catalog c;
    struct origin at = {.file = 1};
    catalog_init(&c, a);
    c.complete = !option(t, "base");
    c.server_version = server;
    replay_text(&c, t->sql, &at, true);
    catalog_dump(&c, detail, out);
}

static struct str read_cases(const char *path, struct arena *a)
{
    struct error err;
    struct str text;
    if (file_read(path, 1 << 24, a, &text, &err) != ST_OK) {
        fprintf(stderr, "%s: %s\n", path, err.primary);
        exit(2);
    }
    return text;
}

static void check_file(void **state)
{
    struct arena a;
    struct strbuf out;
    struct test_case t;
    unsigned cases = 0, failed = 0;
    arena_init(&a, 1 << 28);
    strbuf_init(&out, 1 << 24);
    struct str rest = read_cases(*state, &a);
    while (next_case(&rest, &t)) {
        strbuf_reset(&out);
        run(&t, server_of(&t, 15), &a, DUMP_ALL, &out);
        cases++;
        if (!str_eq(strbuf_str(&out), t.expected)) {
            failed++;
            print_error("%s: %.*s\nexpected:\n%.*s\ngot:\n%s\n", (const char *)*state, STR_ARG(t.title),
                        STR_ARG(t.expected), strbuf_cstr(&out));
        }
    }
    strbuf_free(&out);
    arena_free(&a);
    assert_int_not_equal(cases, 0);
    assert_int_equal(failed, 0);
}

static int print_cases(const char *path, enum dump_detail detail, int major)
{
    struct arena a;
    struct strbuf out;
    struct test_case t;
    arena_init(&a, 1 << 28);
    strbuf_init(&out, 1 << 24);
    struct str rest = read_cases(path, &a);
    while (next_case(&rest, &t)) {
        const bool server = !option(&t, "apart") && !option(&t, "base") && server_of(&t, major) == major;
        if (detail == DUMP_FACTS && !server) {
            continue;
        }
        strbuf_reset(&out);
        run(&t, server_of(&t, major), &a, detail, &out);
        printf("# %.*s\n%.*s%.*s==>\n%s\n", STR_ARG(t.title), STR_ARG(t.options), STR_ARG(t.sql), strbuf_cstr(&out));
    }
    strbuf_free(&out);
    arena_free(&a);
    return 0;
}

/* What --sql prints. */
enum report { WHOLE, QUIET, FACTS };

static int replay_files(int n, char **paths, enum report report)
{
    const bool quiet = report == QUIET;
    struct arena a;
    struct strbuf out;
    struct catalog c;
    struct origin at = {0};
    arena_init(&a, SIZE_MAX);
    strbuf_init(&out, 1 << 28);
    catalog_init(&c, &a);
    c.complete = report == FACTS;
    c.server_version = report == FACTS ? 15 : 0;
    for (int i = 0; i < n; i++) {
        at.file++;
        at.transaction++;
        catalog_reset_session(&c);
        replay_text(&c, read_cases(paths[i], &a), &at, false);
    }
    if (report == FACTS) {
        catalog_reset_session(&c); /* another session looks */
    }
    size_t tables = 0, incomplete = 0, mentioned = 0;
    for (size_t i = 0; i < c.all.n; i++) {
        const struct relation *r = c.all.at[i];
        if (r->kind != REL_TABLE && r->kind != REL_PARTITIONED && r->kind != REL_UNKNOWN) {
            continue;
        }
        tables += r->exists == TRI_YES;
        mentioned += r->exists == TRI_UNKNOWN;
        incomplete += r->exists == TRI_YES && !r->complete;
        if (quiet && r->exists != TRI_NO && !r->complete) {
            printf("  %.*s.%.*s %s\n", STR_ARG(r->schema), STR_ARG(r->name),
                   r->exists == TRI_YES ? "incomplete" : "mentioned");
        }
    }
    if (!quiet) {
        catalog_dump(&c, report == FACTS ? DUMP_FACTS : DUMP_ALL, &out);
        printf("%s", strbuf_cstr(&out));
    }
    fprintf(report == FACTS ? stderr : stdout,
            "statements %" PRIu32 " tables %zu incomplete %zu mentioned %zu memory %zu\n", at.statement, tables,
            incomplete, mentioned, a.used);
    strbuf_free(&out);
    arena_free(&a);
    return 0;
}

int main(int argc, char **argv)
{
    int64_t major;
    if (argc > 3 && strcmp(argv[1], "--facts") == 0 && str_to_i64(str_of(argv[3]), 13, 99, &major)) {
        return print_cases(argv[2], DUMP_FACTS, (int)major);
    }
    if (argc > 2 && strcmp(argv[1], "--rewrite") == 0) {
        return print_cases(argv[2], DUMP_ALL, 15);
    }
    if (argc > 2 && strcmp(argv[1], "--sql") == 0) {
        const enum report report = strcmp(argv[2], "--quiet") == 0   ? QUIET
                                   : strcmp(argv[2], "--facts") == 0 ? FACTS
                                                                     : WHOLE;
        const int skip = report == WHOLE ? 2 : 3;
        return replay_files(argc - skip, argv + skip, report);
    }
    static char folder[] = "tests/cases/catalog";
    struct arena a;
    struct file_list list = {0};
    struct error err;
    struct CMUnitTest tests[64];
    size_t n = 0;
    arena_init(&a, 1 << 20);
    if (file_list(folder, &a, &list, &err) != ST_OK) {
        fprintf(stderr, "%s\n", err.primary);
        return 2;
    }
    for (size_t i = 0; i < list.n && n < countof(tests); i++) {
        if (str_ends(list.at[i].name, STR(".case"))) {
            const struct str path = path_join(&a, str_of(folder), list.at[i].name);
            char *file = arena_cstr(&a, path);
            tests[n++] = (struct CMUnitTest){arena_cstr(&a, list.at[i].name), check_file, NULL, NULL, file};
        }
    }
    const int failed = _cmocka_run_group_tests("replay", tests, n, NULL, NULL);
    arena_free(&a);
    return failed;
}

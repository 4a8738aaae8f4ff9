/*
 * What stands in the body of a DO block, and how other tools send a file: tests/cases/rules/{bodies,runners}.case, in the format
 * of tests/unit/sql/cases.h.
 *
 * A body's pieces are shown one a line: place, kind, and of SQL the text that is judged. A runner's case begins with a line
 * "runner NAME", and "side" below it when a file beside says "no transaction"; shown are the statements with
 * "LINE transaction [alone]", then errors and notes about transactions with what their remark says of the runner.
 */
#include "rules/judge.h"

#include "rules/body.h"
#include "rules/runner.h"

#include "../sql/cases.h"

/* ---- bodies ----------------------------------------------------------------------------------------------------- */

static void show_body(struct str input, struct arena *a, struct strbuf *out)
{
    static const char *const kinds[] = {"sql", "commits", "execute", "language", "broken"};
    struct splitter sp;
    struct statement st;
    struct line_map lines;
    struct str copy = STR_NONE;
    const char *before = arena_cstr(a, input);
    line_map_init(&lines, input);
    splitter_init(&sp, input, 0, (uint32_t)input.n);
    while (splitter_next(&sp, &st)) {
        struct body body;
        assert_true(body_is_in(&st));
        body_read(input, &st, a, &copy, &body);
        assert_int_equal(body.text.n, input.n);
        for (size_t i = 0; i < body.pieces.n; i++) {
            const struct body_piece *p = &body.pieces.at[i];
            const bool sql = p->kind == BODY_SQL;
            unsigned line, column;
            line_map_find(&lines, p->start, &line, &column);
            assert_true(p->start <= p->end && p->end <= input.n);
            strbuf_addf(out, "%u:%u %s%s", line, column, kinds[p->kind], sql ? " " : "");
            strbuf_add(out, sql ? str_trim(str_slice(body.text, p->start, p->end)) : STR(""));
            strbuf_add_cstr(out, "\n");
        }
    }
    assert_memory_equal(before, input.p, input.n); /* the text itself stays */
    splitter_free(&sp);
    line_map_free(&lines);
}

static void bodies(void **state)
{
    (void)state;
    check_cases("tests/cases/rules/bodies.case", show_body);
}

/* ---- runners ---------------------------------------------------------------------------------------------------- */

static const struct runner *runner_of(struct str name)
{
    const struct runner *r;
    for (size_t i = 1; (r = runner_at(i)) != NULL; i++) {
        if (str_eq(name, str_of(r->name))) {
            return r;
        }
    }
    fail_msg("no runner is called %.*s", STR_ARG(name));
    return NULL;
}

static void show_finding(const struct finding *f, struct str runner, struct strbuf *out)
{
    if (f->severity != SEVERITY_ERROR && !str_eq(f->rule, STR("transaction-nesting"))) {
        return;
    }
    strbuf_addf(out, "%u %.*s", f->line, STR_ARG(f->rule));
    struct str rest = f->remark, part;
    while (str_next(&rest, ';', &part)) {
        part = str_trim(part);
        if (str_starts(part, runner) || str_find(part, STR(" is held since ")) != SIZE_MAX) {
            strbuf_addf(out, "; %.*s", STR_ARG(part));
        }
    }
    strbuf_add_cstr(out, "\n");
}

static void show_runner(struct str input, struct arena *a, struct strbuf *out)
{
    struct rulebook book;
    struct catalog catalog;
    struct judge judge;
    struct migration m;
    struct judged_part part;
    struct error err;
    struct str line;
    assert_true(str_next(&input, '\n', &line) && str_starts(line, STR("runner ")));
    const struct str name = str_slice(line, 7, line.n);
    const struct judge_options options = {.runner = runner_of(name)};
    const bool side = str_starts(input, STR("side\n"));
    input = side ? str_slice(input, 5, input.n) : input;
    assert_int_equal(rulebook_open(&book, &err), ST_OK);
    catalog_init(&catalog, a);
    judge_init(&judge, &book, &options, &catalog);
    const struct migration_options read = {.lenient = true};
    assert_int_equal(migration_parse(STR("1_case.sql"), input, &read, a, &m, &err), ST_OK);
    m.up.tx = side ? TX_FALSE : m.up.tx;
    assert_int_equal(judge_part(&judge, &m, false, a, &part, &err), ST_OK);
    for (size_t i = 0; i < part.statements.n; i++) {
        const struct judged_statement *s = &part.statements.at[i];
        strbuf_addf(out, "%u in %u%s\n", s->line, s->transaction, s->alone ? " alone" : "");
    }
    for (size_t i = 0; i < part.findings.n; i++) {
        show_finding(&part.findings.at[i], name, out);
    }
    judge_free(&judge);
    rulebook_free(&book);
}

static void runners(void **state)
{
    (void)state;
    check_cases("tests/cases/rules/runners.case", show_runner);
}

/* Every row has its word in --runner, in the same order. */
static void words(void **state)
{
    struct str rest = STR(RUNNER_WORDS), word;
    (void)state;
    assert_true(str_next(&rest, '|', &word) && !runner_at(0));
    size_t i = 1;
    for (; str_next(&rest, '|', &word); i++) {
        assert_non_null(runner_at(i));
        assert_true(str_eq(word, str_of(runner_at(i)->name)));
    }
    assert_null(runner_at(i));
}

static void side_files(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a, 1 << 16);
    const struct runner *flyway = runner_of(STR("flyway")), *diesel = runner_of(STR("diesel"));
    assert_string_equal(runner_side_path(flyway, STR("m/V1__a.sql"), &a), "m/V1__a.sql.conf");
    assert_string_equal(runner_side_path(diesel, STR("m/1_a/up.sql"), &a), "m/1_a/metadata.toml");
    assert_null(runner_side_path(runner_of(STR("psql")), STR("a.sql"), &a));
    assert_true(runner_side_says_none(flyway, STR("executeInTransaction=false\n")));
    assert_true(runner_side_says_none(diesel, STR("# x\r\n  run_in_transaction = false\r\n")));
    assert_false(runner_side_says_none(diesel, STR("# run_in_transaction = false\nrun_in_transaction = true\n")));
    assert_false(runner_side_says_none(diesel, STR("run_in_transaction_not = false\n")));
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bodies), cmocka_unit_test(runners), cmocka_unit_test(words),
                                       cmocka_unit_test(side_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

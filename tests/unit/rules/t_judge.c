/*
 * The walk over a migration: tests/cases/rules/{transactions,effects,findings}.case, in the format of tests/unit/sql/cases.h. Input is the text
 * of a file; what stands before a line "----" is replayed first, as an earlier file. Findings are those of tests/cases/rules/book.yaml, added
 * to the built-in rules, and of the program itself.
 */
#include "rules/judge.h"

#include "base/file.h"
#include "rules/facts.h"
#include "rules/problem.h"

#include "../sql/cases.h"

struct judged {
    struct rulebook book;
    struct catalog catalog;
    struct judge judge;
    struct migration setup, migration;
    struct judged_part part;
    struct arena *a;
    enum status status;
    struct error err;
};

static void parse(struct judged *j, const char *file, struct str text, struct migration *m)
{
    const struct migration_options options = {.lenient = true};
    if (migration_parse(str_of(file), text, &options, j->a, m, &j->err)) {
        fail_msg("%s", j->err.primary);
    }
}

/* "version N" on the first line judges for that server. */
static int version_of(struct str *input)
{
    int64_t n = 0;
    struct str rest = *input, line;
    if (str_starts(rest, STR("version ")) && str_next(&rest, '\n', &line) &&
        str_to_i64(str_slice(line, 8, line.n), 13, 18, &n)) {
        *input = rest;
    }
    return (int)n;
}

static struct judged judge_text_as(struct str input, struct arena *a, bool own_rules, struct judge_options options)
{
    static struct judged j; /* its parts point to each other */
    options.server_version = version_of(&input);
    memset(&j, 0, sizeof j);
    j.a = a;
    assert_int_equal(rulebook_open(&j.book, &j.err), ST_OK);
    if (own_rules && rulebook_add_file(&j.book, "tests/cases/rules/book.yaml", &j.err)) {
        fail_msg("%s:%u:%u: %s", j.err.file, j.err.line, j.err.column, j.err.primary);
    }
    catalog_init(&j.catalog, a);
    judge_init(&j.judge, &j.book, &options, &j.catalog);
    const size_t line = str_find(input, STR("----\n"));
    if (line != SIZE_MAX) {
        parse(&j, "1_setup.sql", str_slice(input, 0, line), &j.setup);
        judge_replay(&j.judge, &j.setup);
        input = str_slice(input, line + 5, input.n);
    }
    parse(&j, "2_case.sql", input, &j.migration);
    j.status = judge_part(&j.judge, &j.migration, false, a, &j.part, &j.err);
    return j;
}

static struct judged judge_text(struct str input, struct arena *a, bool own_rules)
{
    return judge_text_as(input, a, own_rules, (struct judge_options){0});
}

static void finish(struct judged *j)
{
    judge_free(&j->judge);
    rulebook_free(&j->book);
}

/* ---- transactions: "number [alone] forms" ----------------------------------------------------------------------- */

static void show_transactions(struct str input, struct arena *a, struct strbuf *out)
{
    struct judged j = judge_text(input, a, false);
    for (size_t i = 0; i < j.part.statements.n; i++) {
        const struct judged_statement *s = &j.part.statements.at[i];
        strbuf_addf(out, "%u%s", s->transaction, s->alone ? " alone" : "");
        for (size_t k = 0; k < s->n_actions; k++) {
            const struct form *form = s->actions[k].what.form;
            strbuf_addf(out, " %.*s", STR_ARG(form ? form->id : STR("?")));
        }
        strbuf_add_cstr(out, s->kind == STATEMENT_PSQL ? " psql\n" : "\n");
    }
    finish(&j);
}

static void transactions(void **state)
{
    (void)state;
    check_cases("tests/cases/rules/transactions.case", show_transactions);
}

/* ---- effects of the last statement ------------------------------------------------------------------------------ */

static void show_list(const char *what, const struct relation_effect_list *list, struct arena *a, struct strbuf *out)
{
    for (size_t i = 0; i < list->n; i++) {
        strbuf_addf(out, "%s %.*s%s\n", what, STR_ARG(relation_display(list->at[i].relation, a)),
                    list->at[i].certain ? "" : " perhaps");
    }
}

static void show_effects(struct str input, struct arena *a, struct strbuf *out)
{
    static const char *const known[] = {"no", "partly", "yes"}, *const tri[] = {"no", "yes", "unknown"};
    struct judged j = judge_text(input, a, false);
    const struct effects *e = &j.part.statements.at[j.part.statements.n - 1].effects;
    strbuf_addf(out, "%s, known %s, supported %s, in a transaction %s\n", form_class_name(e->class), known[e->known],
                tri[e->supported], tri[e->in_transaction]);
    for (size_t i = 0; i < e->locks.n; i++) {
        strbuf_addf(out, "%s %.*s%s\n", lock_mode_name(e->locks.at[i].mode),
                    STR_ARG(relation_display(e->locks.at[i].relation, a)), e->locks.at[i].certain ? "" : " perhaps");
    }
    show_list("rewrite", &e->rewrite, a, out);
    show_list("scan", &e->scan, a, out);
    show_list("build", &e->build, a, out);
    finish(&j);
}

static void effects(void **state)
{
    (void)state;
    check_cases("tests/cases/rules/effects.case", show_effects);
}

/* ---- findings --------------------------------------------------------------------------------------------------- */

static bool is_ours(const struct finding *f)
{
    return problem_find(f->rule) || str_starts(f->rule, STR("test-"));
}

static void show_findings(struct str input, struct arena *a, struct strbuf *out)
{
    struct judged j = judge_text(input, a, true);
    if (j.status) {
        strbuf_addf(out, "%s:%u:%u: %s\n", j.err.file, j.err.line, j.err.column, j.err.primary);
    }
    for (size_t i = 0; i < j.part.findings.n; i++) {
        const struct finding *f = &j.part.findings.at[i];
        if (!is_ours(f)) {
            continue;
        }
        strbuf_addf(out, "%u:%u-%u:%u %s %.*s: %.*s", f->line, f->column, f->end_line, f->end_column,
                    severity_name(f->severity), STR_ARG(f->rule), STR_ARG(f->message));
        if (f->suppressed) {
            strbuf_addf(out, " (%.*s: %.*s)", STR_ARG(f->suppressed_by), STR_ARG(f->reason));
        }
        strbuf_add_char(out, '\n');
        if (f->note.n > 0) {
            strbuf_addf(out, "  %.*s\n", STR_ARG(f->note));
        }
        if (f->instead.n > 0) {
            strbuf_addf(out, "  %.*s\n", STR_ARG(f->instead));
        }
    }
    finish(&j);
}

static void findings(void **state)
{
    (void)state;
    check_cases("tests/cases/rules/findings.case", show_findings);
}

/* Fingerprints stay when lines move, differ between twins, and between rules. */
static void fingerprints(void **state)
{
    struct arena a;
    char first[2][33];
    (void)state;
    arena_init(&a, 64 << 20);
    for (int round = 0; round < 2; round++) {
        const struct str text = round ? STR("-- a line more\n\nDROP  TABLE t; -- x\nSELECT 1;\nDROP TABLE t;\n")
                                      : STR("DROP TABLE t;\nSELECT 1;\nDROP TABLE t;\n");
        struct judged j = judge_text(text, &a, true);
        unsigned n = 0;
        for (size_t i = 0; i < j.part.findings.n; i++) {
            const struct finding *f = &j.part.findings.at[i];
            assert_int_equal(strlen(f->fingerprint), 32);
            if (str_eq(f->rule, STR("test-drop-table"))) {
                if (round) {
                    assert_string_equal(first[n], f->fingerprint);
                } else {
                    memcpy(first[n], f->fingerprint, 33);
                }
                n++;
            }
        }
        assert_int_equal(n, 2);
        finish(&j);
    }
    assert_string_not_equal(first[0], first[1]);
    arena_free(&a);
}

/* What a project says of rules: another severity, off, on; also of the program's own, and among rules of one remedy. */
static void severities(void **state)
{
    static const struct {
        struct rule_severity said[3];
        size_t n;
        const char *sql, *want;
    } cases[] = {
        {{{STR_INIT("test-drop-table"), false, SEVERITY_ERROR}}, 1, "DROP TABLE t;", "error test-drop-table\n"},
        {{{STR_INIT("test-drop-table"), true, SEVERITY_NOTE}}, 1, "DROP TABLE t;", ""},
        {{{STR_INIT("test-drop-tablet"), true, SEVERITY_NOTE}}, 1, "DROP TABLE t;", "warning test-drop-table\n"},
        /* an allow of what is not looked for may stay */
        {{{STR_INIT("test-drop-table"), true, SEVERITY_NOTE}},
         1,
         "-- migrate:allow test-drop-table because it is done\nDROP TABLE t;",
         ""},
        {{{STR_INIT("test-drop-table"), true, SEVERITY_NOTE}, {STR_INIT("unknown-allow"), false, SEVERITY_NOTE}},
         2,
         "-- migrate:allow nosuch because it is done\nDROP TABLE t;",
         "note unknown-allow\n"},
        {{{STR_INIT("unreadable-statement"), true, SEVERITY_NOTE}}, 1, "SELECT 'x", ""},
        /* of one remedy the gravest is told: when that is off, or turned down, another is */
        {{{STR_INIT("test-same-remedy-grave"), true, SEVERITY_NOTE}},
         1,
         "ALTER TABLE t DROP a;",
         "note test-same-remedy-mild\n"},
        {{{STR_INIT("test-same-remedy-grave"), false, SEVERITY_NOTE},
          {STR_INIT("test-same-remedy-mild"), false, SEVERITY_ERROR}},
         2,
         "ALTER TABLE t DROP a;",
         "error test-same-remedy-mild\n"},
    };
    struct arena a;
    struct strbuf out;
    (void)state;
    arena_init(&a, 64 << 20);
    strbuf_init(&out, 10000);
    for (size_t i = 0; i < countof(cases); i++) {
        const struct judge_options options = {.severities = cases[i].said, .n_severities = cases[i].n};
        struct judged j = judge_text_as(str_of(cases[i].sql), &a, true, options);
        strbuf_reset(&out);
        for (size_t k = 0; k < j.part.findings.n; k++) {
            const struct finding *f = &j.part.findings.at[k];
            if (is_ours(f)) {
                strbuf_addf(&out, "%s %.*s\n", severity_name(f->severity), STR_ARG(f->rule));
            }
        }
        finish(&j);
        assert_string_equal(strbuf_cstr(&out), cases[i].want);
    }
    strbuf_free(&out);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(transactions), cmocka_unit_test(effects),
                                       cmocka_unit_test(findings), cmocka_unit_test(fingerprints),
                                       cmocka_unit_test(severities)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Drafts and edits: tests/cases/fix/, in the format of tests/unit/sql/cases.h. Input is the text of a file; what stands before a line
 * "----" is replayed first, as an earlier file. First lines "version N", "runner NAME", "all rules" and "a catalog tells of the setup"
 * set what is judged for. Expected is the text with
 * one round of edits, and what is left, as "left LINE RULE: WHY". A \r is shown as <0d>.
 */
#include "rules/fix.h"

#include "rules/runner.h"

#include "../sql/cases.h"

static bool take_line(struct str *input, struct str prefix, struct str *rest)
{
    struct str line, text = *input;
    if (!str_starts(text, prefix) || !str_next(&text, '\n', &line)) {
        return false;
    }
    *rest = str_slice(line, prefix.n, line.n);
    *input = text;
    return true;
}

static void parse(struct str text, const char *file, struct arena *a, struct migration *m)
{
    const struct migration_options options = {.lenient = true};
    struct error err;
    if (migration_parse(str_of(file), text, &options, a, m, &err)) {
        fail_msg("%s", err.primary);
    }
}

static void read_options(struct str *input, struct judge_options *options)
{
    struct str word;
    int64_t n;
    if (take_line(input, STR("version "), &word) && str_to_i64(word, 13, 18, &n)) {
        options->server_version = (int)n;
    }
    if (take_line(input, STR("runner "), &word)) {
        for (size_t i = 1; runner_at(i); i++) {
            options->runner = str_eq(word, str_of(runner_at(i)->name)) ? runner_at(i) : options->runner;
        }
        assert_non_null(options->runner);
    }
    options->all_rules = take_line(input, STR("all rules"), &word);
}

/* "a catalog tells of the setup": there is nothing else. */
static bool is_complete(struct str *input)
{
    struct str word;
    return take_line(input, STR("a catalog tells of the setup"), &word);
}

static void show(struct str input, struct arena *a, struct strbuf *out)
{
    struct judge_options options = {.fixes = true};
    struct migration setup, m;
    struct rulebook book;
    struct catalog catalog;
    struct judge judge;
    struct judged_part part;
    struct error err;
    struct fix_edit_list edits;
    VEC(struct fix_choice) choices = {0};
    read_options(&input, &options);
    const bool complete = is_complete(&input);
    assert_int_equal(rulebook_open(&book, &err), ST_OK);
    catalog_init(&catalog, a);
    judge_init(&judge, &book, &options, &catalog);
    const size_t line = str_find(input, STR("----\n"));
    if (line != SIZE_MAX) {
        parse(str_slice(input, 0, line), "1_setup.sql", a, &setup);
        judge_replay(&judge, &setup);
        catalog.complete = complete;
        input = str_slice(input, line + 5, input.n);
    }
    parse(input, "2_case.sql", a, &m);
    assert_int_equal(judge_part(&judge, &m, false, a, &part, &err), ST_OK);
    for (size_t i = 0; i < part.findings.n; i++) {
        if (part.findings.at[i].fix && !part.findings.at[i].suppressed) {
            *vec_push(a, &choices) = (struct fix_choice){.finding = &part.findings.at[i]};
        }
    }
    fix_edits(&part, &judge.options, choices.at, choices.n, a, &edits);
    for (size_t i = 1; i < edits.n; i++) {
        assert_true(edits.at[i - 1].end <= edits.at[i].start);
    }
    const struct str text = fix_apply(m.text, &edits, a);
    for (size_t i = 0; i < text.n; i++) {
        strbuf_add(out, text.p[i] == '\r' ? STR("<0d>") : str_slice(text, i, i + 1));
    }
    strbuf_add_cstr(out, text.n > 0 && text.p[text.n - 1] == '\n' ? "" : "\n");
    for (size_t i = 0; i < choices.n; i++) {
        const struct fix_choice *c = &choices.at[i];
        if (!c->taken) {
            strbuf_addf(out, "left %u %.*s: %.*s\n", c->finding->line, STR_ARG(c->finding->rule),
                        STR_ARG(c->left.n > 0 ? c->left : STR("the next round")));
        }
    }
    judge_free(&judge);
    rulebook_free(&book);
}

#define CASES(name)                                            \
    static void of_##name(void **state)                          \
    {                                                          \
        (void)state;                                           \
        check_cases("tests/cases/fix/" #name ".case", show);   \
    }

CASES(index)
CASES(constraint)
CASES(column)
CASES(data)
CASES(partition)
CASES(transaction)
CASES(text)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_index),     cmocka_unit_test(of_constraint),  cmocka_unit_test(of_column), cmocka_unit_test(of_data),
        cmocka_unit_test(of_partition), cmocka_unit_test(of_transaction), cmocka_unit_test(of_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Findings in all formats, from the files of tests/cases/report. The input is the file; settings make one finding of it:
 *
 *     % underline TEXT     the first place of TEXT is what the finding is about (default: nothing, the end of the file)
 *     % severity NAME      error (default), warning or note
 *     % message | remark | note | instead TEXT ("\n" is a line end, "\e" an escape character, "\t" a tab)
 *     % suppressed REASON  allowed by a comment
 *     % format NAME        of LINT_FORMAT_WORDS; text is the default
 *     % verbose            as --verbose
 */
#include "../migration/cases.h"

#include "report/lint.h"

static struct str value(const struct test_case *c, struct arena *a, const char *key, struct str otherwise)
{
    struct str rest = c->settings, line;
    const struct str want = str_of(key);
    while (rest.n > 0 && str_next(&rest, '\n', &line)) {
        if (str_starts(line, want)) {
            struct strbuf out;
            const struct str text = str_trim(str_slice(line, want.n, line.n));
            strbuf_init(&out, 1 << 16);
            for (size_t i = 0; i < text.n; i++) {
                const bool escape = text.p[i] == '\\' && i + 1 < text.n;
                if (escape && text.p[i + 1] == 'n') {
                    strbuf_add_char(&out, '\n');
                    i++;
                } else if (escape && text.p[i + 1] == 't') {
                    strbuf_add_char(&out, '\t');
                    i++;
                } else if (escape && text.p[i + 1] == 'e') {
                    strbuf_add_char(&out, '\x1b');
                    i++;
                } else {
                    strbuf_add_char(&out, text.p[i]);
                }
            }
            const struct str copy = arena_str(a, strbuf_str(&out));
            strbuf_free(&out);
            return copy;
        }
    }
    return otherwise;
}

static struct finding finding_of(const struct test_case *c, struct arena *a)
{
    static const struct hazard hazard = {.id = STR_INIT("some-rule"),
                                         .group = STR_INIT("index"),
                                         .severity = SEVERITY_ERROR,
                                         .title = STR_INIT("{what|some} blocks {table:name}, {{so}}"),
                                         .why = STR_INIT("It holds a lock.\n"),
                                         .source = STR_INIT("https://example.org/a#b and https://example.org/c")};
    const struct str text = c->input, underline = value(c, a, "underline", STR(""));
    const struct str severity = value(c, a, "severity", STR("error"));
    struct line_map map;
    struct finding f = {
        .hazard = &hazard,
        .rule = STR("some-rule"),
        .severity = str_eq(severity, STR("error"))  ? SEVERITY_ERROR
                    : str_eq(severity, STR("note")) ? SEVERITY_NOTE
                                                    : SEVERITY_WARNING,
        .file = value(c, a, "file", STR("m/1_a.sql")),
        .message = value(c, a, "message", STR("something blocks app.orders")),
        .remark = value(c, a, "remark", STR_NONE),
        .instead = value(c, a, "instead", STR_NONE),
        .note = value(c, a, "note", STR_NONE),
        .statement = str_trim(text),
        .fingerprint = "0123456789abcdef0123456789abcdef",
    };
    const size_t at = underline.n ? str_find(text, underline) : text.n;
    assert_true(at != SIZE_MAX);
    f.start = (uint32_t)at;
    f.end = (uint32_t)(at + underline.n);
    line_map_init(&map, text);
    line_map_find(&map, f.start, &f.line, &f.column);
    line_map_find(&map, f.end, &f.end_line, &f.end_column);
    line_map_free(&map);
    if (has_setting(c, STR("suppressed"))) {
        f.suppressed = true;
        f.suppressed_by = STR("migrate");
        f.reason = value(c, a, "suppressed", STR_NONE);
    }
    return f;
}

static const struct lint_format *format_of(struct str name)
{
    for (int i = 0; lint_format_at(i); i++) {
        if (str_eq(str_of(lint_format_at(i)->name), name)) {
            return lint_format_at(i);
        }
    }
    fail_msg("no such format");
    return NULL;
}

/* SARIF names the version of the program, which the cases must not. */
static void add_without_version(struct strbuf *out, struct str text)
{
    const struct str version = STR("\"" MIGRATE_VERSION "\"");
    for (size_t at; (at = str_find(text, version)) != SIZE_MAX; text = str_slice(text, at + version.n, text.n)) {
        strbuf_add(out, str_slice(text, 0, at));
        strbuf_add_cstr(out, "\"VERSION\"");
    }
    strbuf_add(out, text);
}

static void report(const struct test_case *c, struct arena *a, struct strbuf *out)
{
    char *written = NULL;
    size_t n = 0;
    FILE *stream = open_memstream(&written, &n);
    struct finding f = finding_of(c, a);
    const struct migration m = {.text = c->input, .file = f.file};
    struct judged_part part = {.migration = &m, .n_statements = 1};
    struct lint_report r;
    *vec_push(a, &part.findings) = f;
    lint_report_begin(&r, format_of(value(c, a, "format", STR("text"))), stream);
    r.verbose = has_setting(c, STR("verbose"));
    lint_report_part(&r, &part);
    lint_report_end(&r);
    fclose(stream);
    add_without_version(out, (struct str){written, n});
    free(written);
}

static void cases(void **state UNUSED)
{
    run_cases("tests/cases/report/lint.case", report);
    run_cases("tests/cases/report/formats.case", report);
}

static void counts(void **state UNUSED)
{
    const struct lint_counts c = {.errors = 1, .warnings = 2, .notes = 4};
    assert_int_equal(lint_counts_from(&c, SEVERITY_ERROR), 1);
    assert_int_equal(lint_counts_from(&c, SEVERITY_WARNING), 3);
    assert_int_equal(lint_counts_from(&c, SEVERITY_NOTE), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases), cmocka_unit_test(counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Findings as JUnit XML: one test case per file. It fails when the file has findings that make the command fail; the others stand
 * in its output. One <failure> per case, because most readers show only the first.
 * Source: the structure that Jenkins' JUnit plugin and GitLab's unit test reports read.
 */
#include "report/by_file.h"
#include "report/escape.h"
#include "report/style.h"

static void file(struct lint_report *r, struct str path)
{
    (void)by_file(r, path);
}

static void finding(struct lint_report *r, const struct finding *f, struct str source)
{
    struct strbuf plain;
    if (f->suppressed) {
        return;
    }
    strbuf_init(&plain, r->text.max);
    finding_text(&plain, f, source, false);
    by_file_keep(r, f, plain.n > 0 ? strbuf_str(&plain) : STR(""));
    strbuf_free(&plain);
}

/* XML text keeps its line ends as they are. */
static void add_body(struct lint_report *r, const struct kept_file *f, bool failing)
{
    bool any = false;
    for (size_t i = 0; i < f->findings.n; i++) {
        struct str rest = f->findings.at[i].text, line;
        if (f->findings.at[i].fails != failing) {
            continue;
        }
        strbuf_add_cstr(&r->text, any ? "\n" : "");
        while (str_next(&rest, '\n', &line)) {
            add_xml(&r->text, line);
            strbuf_add_cstr(&r->text, rest.p ? "\n" : "");
        }
        any = true;
        lint_report_flush(r);
    }
}

/* "2 errors, 1 warning": those that fail the case, or those that do not. */
static void add_kinds(struct strbuf *out, const struct kept_file *f, enum severity gate)
{
    const char *before = "";
    for (int s = SEVERITY_ERROR; s >= (int)gate; s--) {
        if (f->count[s] > 0) {
            strbuf_add_cstr(out, before);
            add_count(out, f->count[s], severity_name((enum severity)s));
            before = ", ";
        }
    }
}

static enum severity worst(const struct kept_file *f)
{
    return f->count[SEVERITY_ERROR] > 0     ? SEVERITY_ERROR
           : f->count[SEVERITY_WARNING] > 0 ? SEVERITY_WARNING
                                            : SEVERITY_NOTE;
}

static void add_case(struct lint_report *r, const struct kept_file *f)
{
    struct strbuf *out = &r->text;
    uint64_t all = f->count[0] + f->count[1] + f->count[2];
    strbuf_add_cstr(out, "    <testcase classname=\"migrate.lint\" name=\"");
    add_xml(out, f->path);
    strbuf_add_cstr(out, "\" file=\"");
    add_xml(out, f->path);
    strbuf_add_cstr(out, "\" time=\"0\">\n");
    if (f->failure.n > 0) {
        strbuf_add_cstr(out, "      <error type=\"not-judged\" message=\"");
        add_xml(out, f->failure);
        strbuf_add_cstr(out, "\"/>\n");
    }
    if (f->failing > 0) {
        strbuf_add_cstr(out, "      <failure message=\"");
        add_kinds(out, f, r->gate);
        strbuf_addf(out, "\" type=\"%s\">", severity_name(worst(f)));
        add_body(r, f, true);
        strbuf_add_cstr(out, "</failure>\n");
    }
    if (f->failing < all) {
        strbuf_add_cstr(out, "      <system-out>");
        add_body(r, f, false);
        strbuf_add_cstr(out, "</system-out>\n");
    }
    strbuf_add_cstr(out, "    </testcase>\n");
    lint_report_flush(r);
}

static void end(struct lint_report *r)
{
    const struct by_file *b = r->state;
    uint64_t failures = 0, errors = 0;
    for (size_t i = 0; i < b->files.n; i++) {
        failures += b->files.at[i].failing > 0;
        errors += b->files.at[i].failure.n > 0;
    }
    strbuf_addf(&r->text,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<testsuites name=\"migrate lint\" tests=\"%zu\" failures=\"%" PRIu64 "\" errors=\"%" PRIu64
                "\" time=\"0\">\n"
                "  <testsuite name=\"migrate lint\" tests=\"%zu\" failures=\"%" PRIu64 "\" errors=\"%" PRIu64
                "\" skipped=\"0\" time=\"0\">\n",
                b->files.n, failures, errors, b->files.n, failures, errors);
    for (size_t i = 0; i < b->files.n; i++) {
        add_case(r, &b->files.at[i]);
    }
    strbuf_add_cstr(&r->text, "  </testsuite>\n</testsuites>\n");
}

const struct lint_format lint_format_junit = {
    .name = "junit", .begin = by_file_begin, .file = file, .finding = finding, .failed = by_file_failed, .end = end};

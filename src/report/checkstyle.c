/*
 * Findings as a Checkstyle report, which Jenkins, reviewdog and many editors read.
 * Source: checkstyle's XMLLogger; severities are error, warning and info.
 */
#include "report/by_file.h"
#include "report/escape.h"

static const char *level(enum severity s)
{
    return s == SEVERITY_NOTE ? "info" : severity_name(s);
}

static void file(struct lint_report *r, struct str path)
{
    (void)by_file(r, path);
}

static void finding(struct lint_report *r, const struct finding *f, struct str source)
{
    (void)source;
    struct strbuf *out = &r->text;
    if (f->suppressed) {
        return;
    }
    strbuf_addf(out, "    <error line=\"%u\" column=\"%u\" severity=\"%s\" message=\"", f->line, f->column,
                level(f->severity));
    add_xml(out, f->message);
    if (f->remark.n > 0) {
        strbuf_add_cstr(out, "; ");
        add_xml(out, f->remark);
    }
    strbuf_add_cstr(out, "\" source=\"migrate.");
    add_xml(out, f->rule);
    strbuf_add_cstr(out, "\"/>\n");
    by_file_keep(r, f, strbuf_str(out));
    strbuf_reset(out);
}

static void end(struct lint_report *r)
{
    const struct by_file *b = r->state;
    struct strbuf *out = &r->text;
    strbuf_add_cstr(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"8.0\">\n");
    for (size_t i = 0; i < b->files.n; i++) {
        const struct kept_file *f = &b->files.at[i];
        strbuf_add_cstr(out, "  <file name=\"");
        add_xml(out, f->path);
        strbuf_add_cstr(out, "\">\n");
        if (f->failure.n > 0) {
            strbuf_add_cstr(out, "    <error line=\"1\" severity=\"error\" message=\"");
            add_xml(out, f->failure);
            strbuf_add_cstr(out, "\" source=\"migrate.not-judged\"/>\n");
        }
        for (size_t k = 0; k < f->findings.n; k++) {
            strbuf_add(out, f->findings.at[k].text);
            lint_report_flush(r);
        }
        strbuf_add_cstr(out, "  </file>\n");
        lint_report_flush(r);
    }
    strbuf_add_cstr(out, "</checkstyle>\n");
}

const struct lint_format lint_format_checkstyle = {.name = "checkstyle",
                                                   .begin = by_file_begin,
                                                   .file = file,
                                                   .finding = finding,
                                                   .failed = by_file_failed,
                                                   .end = end};

/*
 * Findings as GitHub workflow commands, which become annotations on a pull request.
 * Source: GitHub documentation, "Workflow commands for GitHub Actions".
 */
#include "base/term.h"
#include "report/lint.h"

/* Property values also escape ':' and ','. */
static void add_escaped(struct strbuf *out, struct str text, bool property)
{
    struct strbuf clean;
    struct str rest = text, line;
    strbuf_init(&clean, 1 << 20);
    for (bool first = true; str_next(&rest, '\n', &line); first = false) {
        strbuf_add_cstr(&clean, first ? "" : "\n");
        term_escape(&clean, line);
    }
    for (size_t i = 0; i < clean.n; i++) {
        const char c = clean.p[i];
        if (c == '%' || c == '\n' || (property && (c == ':' || c == ','))) {
            strbuf_addf(out, "%%%02X", (unsigned)c);
        } else {
            strbuf_add_char(out, c);
        }
    }
    strbuf_free(&clean);
}

static void finding(struct lint_report *r, const struct finding *f, struct str source)
{
    (void)source;
    struct strbuf *out = &r->text;
    if (f->suppressed) {
        return;
    }
    strbuf_addf(out, "::%s file=", f->severity == SEVERITY_NOTE ? "notice" : severity_name(f->severity));
    add_escaped(out, f->file, true);
    strbuf_addf(out, ",line=%u,col=%u,endLine=%u,endColumn=%u,title=", f->line, f->column, f->end_line, f->end_column);
    add_escaped(out, f->rule, true);
    strbuf_add_cstr(out, "::");
    add_escaped(out, f->message, false);
    if (f->remark.n > 0) {
        strbuf_add_cstr(out, "%0A");
        add_escaped(out, f->remark, false);
    }
    if (f->instead.n > 0) {
        strbuf_add_cstr(out, "%0Ado instead:%0A");
        add_escaped(out, str_trim(f->instead), false);
    }
    strbuf_add_char(out, '\n');
}

static void end(struct lint_report *r)
{
    (void)r;
}

const struct lint_format lint_format_github = {"github", NULL, finding, end};

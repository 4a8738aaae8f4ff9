/*
 * Findings as GitHub workflow commands, which become annotations on a pull request.
 * Source: GitHub documentation, "Workflow commands for GitHub Actions"; actions/toolkit's escaping (data: % CR LF, properties also
 * ':' and ','); the runner drops columns of what spans lines.
 */
#include "report/escape.h"
#include "report/lint.h"

static void add_percent(struct strbuf *out, struct str text, const char *escaped)
{
    for (size_t i = 0; i < text.n; i++) {
        const char c = text.p[i];
        if (c != '\0' && strchr(escaped, c)) {
            strbuf_addf(out, "%%%02X", (unsigned)c);
        } else {
            strbuf_add_char(out, c);
        }
    }
}

/* A path byte for byte: a name that is not the file's would annotate nothing. */
static void add_path(struct strbuf *out, struct str path)
{
    struct strbuf plain;
    strbuf_init(&plain, path.n + 1);
    add_plain_path(&plain, path);
    add_percent(out, strbuf_str(&plain), "%\r\n:,");
    strbuf_free(&plain);
}

static void add_message(struct strbuf *out, struct str text)
{
    struct strbuf clean;
    strbuf_init(&clean, SIZE_MAX / 4);
    add_lines_escaped(&clean, text);
    add_percent(out, strbuf_str(&clean), "%\r\n");
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
    add_path(out, f->file);
    strbuf_addf(out, ",line=%u", f->line);
    if (f->line == f->end_line) {
        strbuf_addf(out, ",col=%u,endLine=%u,endColumn=%u", f->column, f->end_line, f->end_column);
    } else {
        strbuf_addf(out, ",endLine=%u", f->end_line);
    }
    strbuf_add_cstr(out, ",title=");
    add_percent(out, f->rule, "%\r\n:,");
    strbuf_add_cstr(out, "::");
    add_message(out, f->message);
    if (f->remark.n > 0) {
        strbuf_add_cstr(out, "%0A");
        add_message(out, f->remark);
    }
    if (f->instead.n > 0) {
        strbuf_add_cstr(out, "%0Ado instead:%0A");
        add_message(out, str_trim(f->instead));
    }
    strbuf_add_char(out, '\n');
}

static void failed(struct lint_report *r, struct str file, const struct error *err)
{
    strbuf_add_cstr(&r->text, "::error file=");
    add_path(&r->text, file);
    strbuf_addf(&r->text, ",line=%u,title=not-judged::", err->line > 0 ? err->line : 1);
    add_message(&r->text, str_of(err->primary));
    strbuf_add_char(&r->text, '\n');
}

static void end(struct lint_report *r)
{
    (void)r;
}

const struct lint_format lint_format_github = {.name = "github", .finding = finding, .failed = failed, .end = end};

#include "report/lint.h"

enum { FINDING_MAX = 1 << 24 };

const struct lint_format *lint_format_at(int i)
{
    static const struct lint_format *const formats[] = {&lint_format_text, &lint_format_json, &lint_format_github};
    return formats[i];
}

static void flush(struct lint_report *r)
{
    fwrite(r->text.n ? r->text.p : "", 1, r->text.n, r->stream);
    strbuf_reset(&r->text);
}

void lint_report_begin(struct lint_report *r, const struct lint_format *format, FILE *stream)
{
    *r = (struct lint_report){.format = format, .stream = stream};
    strbuf_init(&r->text, FINDING_MAX);
    if (format->begin) {
        format->begin(r);
        flush(r);
    }
}

void lint_report_part(struct lint_report *r, const struct judged_part *part)
{
    struct lint_counts *c = &r->counts;
    c->files++;
    c->statements += part->statements.n;
    c->unreadable += part->unreadable;
    for (size_t i = 0; i < part->findings.n; i++) {
        const struct finding *f = &part->findings.at[i];
        if (f->suppressed) {
            c->allowed++;
        } else if (f->severity == SEVERITY_ERROR) {
            c->errors++;
        } else if (f->severity == SEVERITY_WARNING) {
            c->warnings++;
        } else {
            c->notes++;
        }
        r->format->finding(r, f, part->migration->text);
        flush(r);
    }
}

void lint_report_end(struct lint_report *r)
{
    r->format->end(r);
    flush(r);
    strbuf_free(&r->text);
}

uint64_t lint_counts_from(const struct lint_counts *c, enum severity severity)
{
    return c->errors + (severity <= SEVERITY_WARNING ? c->warnings : 0) + (severity <= SEVERITY_NOTE ? c->notes : 0);
}

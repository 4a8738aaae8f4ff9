#include "report/lint.h"

#include "report/style.h"

/* Text goes to the stream by so much. What one finding takes, and what a format keeps: bounds that end a run gone wrong. */
enum { FINDING_MAX = 1 << 24, FLUSH_AT = 1 << 16 };
#define MEMORY_MAX ((size_t)4 << 30)

const struct lint_format *lint_format_at(int i)
{
    static const struct lint_format *const formats[] = {
        &lint_format_text,   &lint_format_json,  &lint_format_github,     &lint_format_sarif,
        &lint_format_gitlab, &lint_format_junit, &lint_format_checkstyle, &lint_format_markdown};
    return (size_t)i < countof(formats) ? formats[i] : NULL;
}

static void no_finding(struct lint_report *r, const struct finding *f, struct str source)
{
    (void)r, (void)f, (void)source;
}

static void no_end(struct lint_report *r)
{
    (void)r;
}

const struct lint_format lint_format_none = {.name = "none", .finding = no_finding, .end = no_end};

bool lint_format_fingerprints(const struct lint_format *format)
{
    return format == &lint_format_json || format == &lint_format_sarif || format == &lint_format_gitlab;
}

bool lint_format_fixes(const struct lint_format *format)
{
    return format == &lint_format_json || format == &lint_format_sarif;
}

void lint_report_flush(struct lint_report *r)
{
    fwrite(r->text.n ? r->text.p : "", 1, r->text.n, r->stream);
    strbuf_reset(&r->text);
}

void lint_report_begin(struct lint_report *r, const struct lint_format *format, FILE *stream)
{
    *r = (struct lint_report){.format = format, .stream = stream, .gated = true, .gate = SEVERITY_ERROR};
    strbuf_init(&r->text, FINDING_MAX);
    arena_init(&r->memory, MEMORY_MAX);
    if (format->begin) {
        format->begin(r);
        lint_report_flush(r);
    }
}

/* A statement of so many actions is written anew for each finding: thousands would take minutes. */
enum { FIX_ACTIONS_MAX = 256 };

static bool has_few_actions(const struct judged_part *part, const struct finding *f)
{
    for (size_t i = part->statements.n; i > 0; i--) {
        if (part->statements.at[i - 1].st.start <= f->start) {
            return part->statements.at[i - 1].n_actions <= FIX_ACTIONS_MAX;
        }
    }
    return true;
}

/* The fix of this finding alone. */
static void work_out_fix(struct lint_report *r, const struct judged_part *part, const struct finding *f,
                         struct arena *a)
{
    struct fix_choice choice = {.finding = f};
    r->edits = (struct fix_edit_list){0};
    if (r->fixes && f->fix && !f->suppressed && has_few_actions(part, f)) {
        fix_edits(part, r->fixes, &choice, 1, a, &r->edits);
        r->edits_title = f->fix->title;
    }
}

void lint_report_part(struct lint_report *r, const struct judged_part *part)
{
    struct lint_counts *c = &r->counts;
    struct line_map lines;
    struct arena work;
    arena_init(&work, MEMORY_MAX);
    line_map_init(&lines, r->fixes ? part->migration->text : STR(""));
    r->lines = &lines;
    c->files += part->finished ? 0 : 1;
    c->statements += part->n_statements;
    c->unreadable += part->unreadable;
    if (r->format->file) {
        r->format->file(r, part->migration->file);
    }
    for (size_t i = 0; i < part->findings.n; i++) {
        const struct finding *f = &part->findings.at[i];
        if (f->baselined) {
            c->baselined++;
        } else if (f->suppressed) {
            c->allowed++;
        } else if (f->severity == SEVERITY_ERROR) {
            c->errors++;
        } else if (f->severity == SEVERITY_WARNING) {
            c->warnings++;
        } else {
            c->notes++;
        }
        const struct arena_mark mark = arena_mark(&work);
        work_out_fix(r, part, f, &work);
        r->format->finding(r, f, part->migration->text);
        arena_rewind(&work, mark);
        if (r->text.n >= FLUSH_AT) {
            lint_report_flush(r);
        }
    }
    r->edits = (struct fix_edit_list){0};
    line_map_free(&lines);
    arena_free(&work);
}

void lint_report_failed(struct lint_report *r, struct str file, const struct error *err)
{
    r->counts.failed++;
    if (r->format->failed) {
        r->format->failed(r, file, err);
        lint_report_flush(r);
    }
}

void lint_report_end(struct lint_report *r)
{
    r->format->end(r);
    lint_report_flush(r);
    strbuf_free(&r->text);
    arena_free(&r->memory);
}

bool lint_report_fails(const struct lint_report *r, const struct finding *f)
{
    return r->gated && !f->suppressed && f->severity >= r->gate;
}

void lint_counts_findings(struct strbuf *out, const struct lint_counts *c)
{
    add_count(out, c->errors, "error");
    strbuf_add_cstr(out, ", ");
    add_count(out, c->warnings, "warning");
    strbuf_add_cstr(out, ", ");
    add_count(out, c->notes, "note");
    if (c->allowed > 0) {
        strbuf_addf(out, ", %" PRIu64 " allowed", c->allowed);
    }
    if (c->baselined > 0) {
        strbuf_addf(out, ", %" PRIu64 " in the baseline", c->baselined);
    }
}

void lint_counts_input(struct strbuf *out, const struct lint_counts *c)
{
    add_count(out, c->statements, "statement");
    strbuf_add_cstr(out, " in ");
    add_count(out, c->files, "file");
    strbuf_add_cstr(out, "; ");
    if (c->failed > 0) {
        add_count(out, c->failed, "file");
        strbuf_add_cstr(out, " and ");
        add_count(out, c->unreadable, "statement");
        strbuf_add_cstr(out, " could not be read");
    } else {
        strbuf_addf(out, "%" PRIu64 " could not be read", c->unreadable);
    }
}

uint64_t lint_counts_from(const struct lint_counts *c, enum severity severity)
{
    return c->errors + (severity <= SEVERITY_WARNING ? c->warnings : 0) + (severity <= SEVERITY_NOTE ? c->notes : 0);
}

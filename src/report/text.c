/* Findings as text: the place and the message, the line with what is meant underlined, what to do instead, the rule. */
#include "base/term.h"
#include "report/escape.h"
#include "report/lint.h"
#include "report/style.h"

/* Of very long lines only the neighbourhood of the finding is shown. */
enum { BEFORE_MAX = 120, LINE_MAX_BYTES = 400 };

static enum paint paint_of(enum severity s)
{
    return s == SEVERITY_ERROR ? PAINT_RED : s == SEVERITY_WARNING ? PAINT_YELLOW : PAINT_BLUE;
}

static bool ends_line(char c)
{
    return c == '\n' || c == '\r';
}

/* The part of the finding's first line that is shown: bytes [*start, *end) of source. */
static void shown_line(struct str source, uint32_t at, size_t *start, size_t *end)
{
    *start = at < source.n ? at : source.n;
    while (*start > 0 && !ends_line(source.p[*start - 1]) && at - *start < BEFORE_MAX) {
        (*start)--;
    }
    while (*start < at && ((unsigned char)source.p[*start] & 0xC0) == 0x80) {
        (*start)++;
    }
    *end = at < source.n ? at : source.n;
    while (*end < source.n && !ends_line(source.p[*end]) && *end - *start < LINE_MAX_BYTES) {
        (*end)++;
    }
    while (*end > at && *end < source.n && ((unsigned char)source.p[*end] & 0xC0) == 0x80) {
        (*end)--;
    }
}

/* The columns of a character as it is shown; not of a tab. */
static unsigned shown_width(struct str c, uint32_t codepoint)
{
    struct strbuf escaped;
    if (codepoint >= ' ' && codepoint < 0x7F) {
        return 1;
    }
    strbuf_init(&escaped, 64);
    term_escape(&escaped, c);
    const unsigned width = str_eq(strbuf_str(&escaped), c) ? term_char_width(codepoint) : (unsigned)escaped.n;
    strbuf_free(&escaped);
    return width;
}

/*
 * The line under the source line: tabs stay tabs, so that what follows them stands right, other characters become as many spaces
 * as they take, or carets. No tab ends the line.
 */
static void caret_line(struct strbuf *carets, struct str line, size_t from, size_t to)
{
    size_t tabs = 0;
    bool any = false;
    for (size_t i = 0; i < line.n && i < to;) {
        uint32_t c;
        size_t plain = i; /* as most are: a column each */
        const size_t last = i < from ? from : to;
        while (plain < line.n && plain < last && line.p[plain] >= ' ' && line.p[plain] < 0x7F) {
            plain++;
        }
        if (plain > i) {
            strbuf_add_repeat(carets, '\t', tabs);
            strbuf_add_repeat(carets, i < from ? ' ' : '^', plain - i);
            any = any || i >= from;
            tabs = 0;
            i = plain;
            continue;
        }
        const size_t n = utf8_decode(line, i, &c);
        const unsigned width = c == '\t' ? 1 : shown_width(str_slice(line, i, i + n), c);
        if (i < from) {
            strbuf_add_repeat(carets, c == '\t' ? '\t' : ' ', width);
        } else if (c == '\t') {
            tabs++;
        } else if (width > 0) {
            strbuf_add_repeat(carets, '\t', tabs);
            strbuf_add_repeat(carets, '^', width);
            tabs = 0;
            any = true;
        }
        i += n;
    }
    if (!any) {
        strbuf_add_char(carets, '^');
    }
}

static struct str without_end_blanks(struct str s)
{
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) {
        s.n--;
    }
    return s;
}

static void add_source(struct strbuf *out, const struct finding *f, struct str source, bool colour)
{
    struct strbuf carets;
    size_t start, end;
    shown_line(source, f->start, &start, &end);
    const struct str line = str_slice(source, start, end), shown = without_end_blanks(line);
    const size_t until = f->end > end ? end : f->end;
    strbuf_init(&carets, 8 * LINE_MAX_BYTES);
    caret_line(&carets, line, f->start - start, until - start);
    paint_begin(out, PAINT_DIM, colour);
    strbuf_add_cstr(out, "  ");
    const size_t before = out->n;
    add_number(out, f->line);
    const size_t width = out->n - before;
    strbuf_add_cstr(out, shown.n > 0 ? " | " : " |");
    paint_end(out, PAINT_DIM, colour);
    term_escape(out, shown);
    strbuf_add_char(out, '\n');
    paint_begin(out, PAINT_DIM, colour);
    strbuf_add_repeat(out, ' ', 2 + width);
    strbuf_add_cstr(out, " | ");
    paint_end(out, PAINT_DIM, colour);
    paint_begin(out, paint_of(f->severity), colour);
    strbuf_add(out, strbuf_str(&carets));
    if (f->remark.n > 0) {
        strbuf_add_char(out, ' ');
        add_line_escaped(out, f->remark);
    }
    paint_end(out, paint_of(f->severity), colour);
    strbuf_add_char(out, '\n');
    strbuf_free(&carets);
}

static void add_instead(struct strbuf *out, struct str instead)
{
    struct str rest = instead, line;
    const bool outside = str_find(instead, STR("CONCURRENTLY")) != SIZE_MAX;
    strbuf_add_cstr(out, outside ? "  do instead, outside a transaction:\n" : "  do instead:\n");
    while (str_next(&rest, '\n', &line)) {
        line.n -= str_ends(line, STR("\r")) ? 1 : 0;
        line = without_end_blanks(line);
        if (line.n > 0) {
            strbuf_add_cstr(out, "      ");
            term_escape(out, line);
        }
        if (line.n > 0 || rest.p) {
            strbuf_add_char(out, '\n');
        }
    }
}

void finding_text(struct strbuf *out, const struct finding *f, struct str source, bool colour)
{
    paint_begin(out, PAINT_BOLD, colour);
    term_escape(out, f->file);
    strbuf_add_char(out, ':');
    add_number(out, f->line);
    strbuf_add_char(out, ':');
    add_number(out, f->column);
    strbuf_add_cstr(out, ": ");
    paint_end(out, PAINT_BOLD, colour);
    paint(out, paint_of(f->severity), colour, str_of(severity_name(f->severity)));
    strbuf_add_cstr(out, f->baselined ? " (in the baseline): " : f->suppressed ? " (allowed): " : ": ");
    paint_begin(out, PAINT_BOLD, colour);
    add_line_escaped(out, f->message);
    paint_end(out, PAINT_BOLD, colour);
    strbuf_add_char(out, '\n');
    add_source(out, f, source, colour);
    if (f->note.n > 0) {
        strbuf_add_cstr(out, "  ");
        add_one_line(out, f->note, 400);
        strbuf_add_char(out, '\n');
    }
    if (f->suppressed && f->reason.n > 0) {
        strbuf_add_cstr(out, "  allowed because ");
        add_one_line(out, f->reason, 400);
        strbuf_add_char(out, '\n');
    } else if (f->instead.n > 0) {
        add_instead(out, f->instead);
    }
    paint_begin(out, PAINT_DIM, colour);
    strbuf_add_cstr(out, "  rule ");
    term_escape(out, f->rule);
    if (f->hazard) {
        strbuf_add_cstr(out, " · more: migrate rules show ");
        term_escape(out, f->rule);
    }
    paint_end(out, PAINT_DIM, colour);
    strbuf_add_char(out, '\n');
}

static void finding(struct lint_report *r, const struct finding *f, struct str source)
{
    if (f->suppressed && !r->verbose) {
        return;
    }
    if (r->any) {
        strbuf_add_char(&r->text, '\n');
    }
    finding_text(&r->text, f, source, r->colour);
    r->any = true;
}

static void end(struct lint_report *r)
{
    struct strbuf *out = &r->text;
    if (r->quiet) {
        return;
    }
    if (r->any) {
        strbuf_add_char(out, '\n');
    }
    lint_counts_findings(out, &r->counts);
    strbuf_add_cstr(out, "; ");
    lint_counts_input(out, &r->counts);
    strbuf_add_char(out, '\n');
}

const struct lint_format lint_format_text = {.name = "text", .finding = finding, .end = end};

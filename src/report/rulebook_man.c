/*
 * The rulebook as a page of the manual in mdoc. A line of text is at most LINE_MAX_BYTES long and ends with its sentence,
 * as mandoc wants it.
 */
#include "report/rulebook_doc.h"
#include "rules/facts.h"
#include "rules/fix.h"
#include "rules/selftest.h"

enum { LINE_MAX_BYTES = 76, WORK_MAX = 1 << 26, WORD_MAX = 4096 };

/* One character of UTF-8 at text.p[i], and how many bytes it has; 0 and one byte where it is none. */
static uint32_t character(struct str text, size_t i, size_t *n)
{
    const unsigned char c = (unsigned char)text.p[i];
    const size_t more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
    uint32_t code = c & (0x3FU >> more);
    *n = 1;
    if (more == 0 || i + more >= text.n) {
        return 0;
    }
    for (size_t k = 1; k <= more; k++) {
        code = code << 6 | ((unsigned char)text.p[i + k] & 0x3FU);
    }
    *n = more + 1;
    return code;
}

/* Text as roff takes it for itself; {place} in italics where the text is a template. */
static void add_escaped(struct strbuf *out, struct str text, bool template)
{
    for (size_t i = 0, n; i < text.n; i += n) {
        n = 1;
        const char c = text.p[i];
        const uint32_t code = (unsigned char)c >= 0x80 ? character(text, i, &n) : 0;
        if (code) {
            strbuf_addf(out, "\\[u%04X]", code);
        } else if (template && (c == '{' || c == '}')) {
            strbuf_add_cstr(out, c == '{' ? "\\fI" : "\\fP");
        } else if (c == '\\') {
            strbuf_add_cstr(out, "\\e");
        } else if (c == '(' && i > 0 && i + 1 < text.n && text.p[i + 1] == ')') {
            strbuf_add_cstr(out, "\\&("); /* mandoc wants mark-up for a C function, which this is not */
        } else {
            strbuf_add_char(out, c);
        }
    }
}

static bool ends_sentence(struct str word)
{
    while (word.n > 1 && strchr(")\"'", word.p[word.n - 1])) {
        word.n--;
    }
    return word.n > 0 && strchr(".!?", word.p[word.n - 1]) != NULL;
}

/* Prose, filled; an empty line is a new paragraph. */
static void add_prose(struct strbuf *out, struct str text, bool template)
{
    struct str lines = str_trim(text), line, word;
    size_t column = 0;
    while (str_next(&lines, '\n', &line)) {
        line = str_trim(line);
        if (line.n == 0) {
            strbuf_addf(out, "%s.Pp\n", column ? "\n" : "");
            column = 0;
        }
        while (str_next(&line, ' ', &word)) {
            struct strbuf shown;
            if (word.n == 0) {
                continue;
            }
            strbuf_init(&shown, WORD_MAX);
            add_escaped(&shown, word, template);
            if (column > 0 && column + 1 + shown.n > LINE_MAX_BYTES) {
                strbuf_add_char(out, '\n');
                column = 0;
            }
            strbuf_add_cstr(out, column ? " " : strchr(".'", shown.p[0]) ? "\\&" : "");
            strbuf_add(out, strbuf_str(&shown));
            column += shown.n + 1;
            strbuf_free(&shown);
            if (ends_sentence(word)) {
                strbuf_add_char(out, '\n');
                column = 0;
            }
        }
    }
    strbuf_add_cstr(out, column ? "\n" : "");
}

static void add_literal(struct strbuf *out, struct str text)
{
    struct str rest = str_trim(text), line;
    strbuf_add_cstr(out, ".Bd -literal -offset indent\n");
    while (str_next(&rest, '\n', &line)) {
        while (line.n > 0 && strchr(" \t\r", line.p[line.n - 1])) {
            line.n--;
        }
        strbuf_add_cstr(out, line.n > 0 && strchr(".'", line.p[0]) ? "\\&" : "");
        add_escaped(out, line, false);
        strbuf_add_char(out, '\n');
    }
    strbuf_add_cstr(out, ".Ed\n");
}

static void add_hazard(const struct rulebook *book, const struct hazard *h, struct arena *a, struct strbuf *out)
{
    const struct str instead = hazard_instead(book, h, a);
    strbuf_addf(out, ".It Ic %.*s Pq %s%s\n", STR_ARG(h->id), severity_name(h->severity),
                h->off ? ", off by default" : "");
    add_prose(out, h->title, true);
    strbuf_add_cstr(out, ".Pp\n");
    add_prose(out, h->why, false);
    if (instead.n > 0) {
        strbuf_add_cstr(out, ".Pp\nInstead:\n");
        add_literal(out, instead);
    }
    if (hazard_fixable(h)) {
        strbuf_add_cstr(out, ".Pp\n.Ic migrate lint --fix\nwrites\n");
        const struct str words = hazard_fix_text(h, a);
        add_prose(out, arena_printf(a, "%.*s.", STR_ARG(words)), false);
    }
    strbuf_addf(out, ".Pp\n.Lk %.*s\n", STR_ARG(h->source));
}

static void add_hazards(const struct rulebook *book, struct strbuf *out)
{
    struct arena work;
    struct str group = STR_NONE;
    arena_init(&work, WORK_MAX);
    strbuf_add_cstr(out, ".Sh HAZARDS\n"
                         "Names in italics are what the statement has there.\n");
    for (size_t i = 0; i < book->n_hazards; i++) {
        const struct hazard *h = book->hazards[i];
        if (!str_eq(h->group, group)) {
            strbuf_addf(out, "%s.Ss Group %.*s\n.Bl -tag -width Ds\n", i > 0 ? ".El\n" : "", STR_ARG(h->group));
            group = h->group;
        }
        const struct arena_mark mark = arena_mark(&work);
        add_hazard(book, h, &work, out);
        arena_rewind(&work, mark);
    }
    strbuf_add_cstr(out, book->n_hazards > 0 ? ".El\n" : "");
    arena_free(&work);
}

void add_rule_call(struct strbuf *out, const char *name, const char *arguments)
{
    const char *const from = arguments ? strchr(arguments, '?') : NULL; /* what is behind may be left out */
    bool first = true;
    strbuf_add_cstr(out, name);
    if (!arguments || !*arguments) {
        return;
    }
    strbuf_add_cstr(out, from == arguments ? "[(" : "(");
    for (const char *a = arguments; *a; a++) {
        const bool bracket = from && a > from && from > arguments;
        if (*a == '?') {
            continue;
        }
        strbuf_addf(out, "%s%s%s%s", bracket ? "[" : "", first ? "" : ", ",
                    *a == 'r'   ? "$table"
                    : *a == 'c' ? "$name"
                                : "word",
                    bracket ? "]" : "");
        first = false;
    }
    strbuf_add_cstr(out, from == arguments ? ")]" : ")");
}

static void add_call(struct strbuf *out, const char *name, const char *arguments, const char *doc)
{
    strbuf_add_cstr(out, ".It Li \"");
    add_rule_call(out, name, arguments);
    strbuf_add_cstr(out, "\"\n");
    add_prose(out, str_of(doc), false);
}

void rulebook_man(const struct rulebook *book, struct strbuf *out)
{
    const struct predicate *p;
    const struct selector *s;
    for (size_t i = 0; rulebook_man_opening[i]; i++) {
        strbuf_addf(out, "%s\n", rulebook_man_opening[i]);
    }
    strbuf_add_cstr(out, ".Ss Predicates\n.Bl -tag -width Ds -compact\n");
    for (size_t i = 0; (p = predicate_at(i)) != NULL; i++) {
        add_call(out, p->name, p->arguments, p->doc);
    }
    strbuf_add_cstr(out, ".El\n.Ss Selectors\n"
                         "They stand for relations, in effects and as arguments.\n"
                         ".Pp\n.Bl -tag -width Ds -compact\n");
    for (size_t i = 0; (s = selector_at(i)) != NULL; i++) {
        add_call(out, s->name, s->arguments, s->doc);
    }
    strbuf_add_cstr(out, ".El\n");
    add_hazards(book, out);
    strbuf_add_cstr(out, ".Sh SEE ALSO\n.Xr migrate 1 ,\n.Xr migrate-json 7\n");
}

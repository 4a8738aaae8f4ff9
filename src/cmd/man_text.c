#include "cmd/man_text.h"

#include "cmd/usage.h"

enum { MAN_WIDTH = 76, LITERAL_INDENT = 4 };

/* How long it is when it is written, and other characters than ASCII as mandoc counts them: \[u2026]. */
static size_t plain_width(struct str word)
{
    size_t n = word.n;
    for (size_t i = 0; i < word.n; i++) {
        n += (unsigned char)word.p[i] >= 0xc0 ? 7u
                                              : word.p[i] == '\\' || (word.p[i] == '-' && str_starts(word, STR("--")));
    }
    return n;
}

/* Nothing in it is a macro or an escape. */
static void add_plain(struct strbuf *out, struct str word, bool first)
{
    const bool dashes = str_starts(word, STR("--")); /* two dashes are two dashes, not one long one */
    strbuf_add_cstr(out, first && word.n > 0 && strchr(".'", word.p[0]) ? "\\&" : "");
    for (size_t i = 0; i < word.n; i++) {
        strbuf_add_cstr(out, word.p[i] == '\\' ? "\\e" : word.p[i] == '-' && dashes ? "\\-" : "");
        if (word.p[i] != '\\' && !(word.p[i] == '-' && dashes)) {
            strbuf_add_char(out, word.p[i]);
        }
    }
}

void man_prose(struct strbuf *out, const char *text)
{
    struct str rest = str_of(text), word;
    size_t at = 0;
    while (str_next(&rest, ' ', &word)) {
        if (word.n == 0) {
            continue;
        }
        if (at > 0 && at + 1 + plain_width(word) > MAN_WIDTH) {
            strbuf_add_char(out, '\n');
            at = 0;
        }
        strbuf_add_cstr(out, at ? " " : "");
        add_plain(out, word, at == 0);
        at += plain_width(word) + (at > 0);
        if (word.p[word.n - 1] == '.') {
            strbuf_add_char(out, '\n');
            at = 0;
        }
    }
    if (at > 0) {
        strbuf_add_char(out, '\n');
    }
}

static void add_line(struct strbuf *out, struct str line)
{
    add_plain(out, line, true);
    strbuf_add_char(out, '\n');
}

void man_literal(struct strbuf *out, const char *lines)
{
    struct str rest = str_of(lines), line;
    strbuf_add_cstr(out, ".Bd -literal -offset indent\n");
    while (str_next(&rest, '\n', &line)) {
        add_line(out, line);
    }
    strbuf_add_cstr(out, ".Ed\n");
}

/* ---- paragraphs ---- */

enum block { BLOCK_NONE, BLOCK_PROSE, BLOCK_LIST, BLOCK_POINTS, BLOCK_LITERAL };

struct paragraphs {
    struct strbuf *out;
    struct strbuf prose; /* gathered, not yet filled */
    enum block block;
    size_t indent; /* of the entry or point */
    bool begun;    /* something stands before: a paragraph needs its macro */
};

static void flush(struct paragraphs *p)
{
    man_prose(p->out, strbuf_cstr(&p->prose));
    strbuf_reset(&p->prose);
}

static void change(struct paragraphs *p, enum block to)
{
    flush(p);
    if (p->block == to) {
        return;
    }
    if (p->block == BLOCK_LIST || p->block == BLOCK_POINTS) {
        strbuf_add_cstr(p->out, ".El\n");
    } else if (p->block == BLOCK_LITERAL) {
        strbuf_add_cstr(p->out, ".Ed\n");
    }
    p->block = to;
    if (to == BLOCK_LIST) {
        strbuf_add_cstr(p->out, ".Bl -tag -width \"restore-help\"\n");
    } else if (to == BLOCK_POINTS) {
        strbuf_add_cstr(p->out, ".Bl -bullet\n");
    } else if (to == BLOCK_LITERAL) {
        strbuf_add_cstr(p->out, ".Bd -literal -offset indent\n");
    } else if (to == BLOCK_PROSE && p->begun) {
        strbuf_add_cstr(p->out, ".Pp\n");
    }
    p->begun = true;
}

static void gather(struct paragraphs *p, struct str text)
{
    strbuf_addf(&p->prose, "%s%.*s", p->prose.n ? " " : "", STR_ARG(text));
}

static void take_line(struct paragraphs *p, struct str line)
{
    const struct str text = str_trim(line);
    const size_t indent = (size_t)(text.p - line.p), gap = str_find(text, STR("  "));
    const bool inside = (p->block == BLOCK_LIST || p->block == BLOCK_POINTS) && indent > p->indent;
    if (str_starts(text, STR("- ")) && !inside) {
        change(p, BLOCK_POINTS);
        p->indent = indent;
        strbuf_add_cstr(p->out, ".It\n");
        gather(p, str_slice(text, 2, text.n));
    } else if (gap != SIZE_MAX && !inside) {
        change(p, BLOCK_LIST);
        p->indent = indent;
        strbuf_add_cstr(p->out, ".It Sy ");
        add_line(p->out, str_slice(text, 0, gap));
        gather(p, str_trim(str_slice(text, gap, text.n)));
    } else if (inside) {
        gather(p, text);
    } else if (indent >= LITERAL_INDENT) {
        change(p, BLOCK_LITERAL);
        add_line(p->out, text);
    } else {
        if (p->block != BLOCK_PROSE) {
            change(p, BLOCK_PROSE);
        }
        gather(p, text);
    }
}

void man_paragraphs(struct strbuf *out, const char *text)
{
    struct paragraphs p = {.out = out};
    struct str rest = str_of(text), line;
    strbuf_init(&p.prose, 1 << 16);
    while (str_next(&rest, '\n', &line)) {
        if (str_trim(line).n > 0) {
            take_line(&p, line);
        } else {
            change(&p, BLOCK_NONE);
        }
    }
    change(&p, BLOCK_NONE);
    strbuf_free(&p.prose);
}

/* ---- usage ---- */

/* One word of it, without brackets: an option, a value, a word to be typed. *macro is what the words before are in. */
static void add_word(struct strbuf *out, struct str word, char *macro)
{
    const struct str bare = str_without_end(str_without_end(word, STR("…")), STR("..."));
    const bool option = bare.n > 1 && bare.p[0] == '-';
    const char kind = option ? 'F' : usage_is_value(bare) || bare.p[0] == '\'' ? 'A' : 'C';
    if (*macro != kind || option) {
        strbuf_add_cstr(out, kind == 'F' ? " Fl" : kind == 'A' ? " Ar" : " Cm");
        *macro = kind;
    }
    strbuf_add_char(out, ' ');
    for (size_t i = option ? 1 : 0; i < bare.n; i++) {
        const char c = bare.p[i];
        strbuf_add(out, c == '-' ? STR("\\-") : c == '\'' ? STR("\\(aq") : (struct str){&bare.p[i], 1});
    }
    strbuf_add_cstr(out, bare.n < word.n ? " ..." : "");
}

static void add_way(struct strbuf *out, struct str way)
{
    char macro = 0;
    for (size_t i = 0; i < way.n;) {
        const char c = way.p[i];
        size_t end = i;
        if (c == ' ' || c == '(' || c == ')') {
            i++;
        } else if (c == '[' || c == ']') {
            strbuf_add_cstr(out, c == '[' ? " Oo" : " Oc");
            macro = 0;
            i++;
        } else if (c == '|') {
            strbuf_add_cstr(out, macro ? " |" : " No |");
            i++;
        } else if (str_starts(str_slice(way, i, way.n), STR("...")) || str_starts(str_slice(way, i, way.n), STR("…"))) {
            strbuf_add_cstr(out, " Ar ...");
            i += 3;
        } else {
            while (end < way.n && !strchr(" ()[]|", way.p[end])) {
                end++;
            }
            add_word(out, str_slice(way, i, end), &macro);
            i = end;
        }
    }
    strbuf_add_char(out, '\n');
}

void man_usage(struct strbuf *out, const char *head, const char *usage)
{
    struct str rest = str_of(usage), way;
    if (rest.n == 0) {
        rest = STR("");
    }
    while (usage_way(&rest, &way)) {
        strbuf_addf(out, "%s", head);
        add_way(out, way);
    }
}

/* What migration files have beside SQL: psql commands, placeholders, COPY data. lex.h says what counts. */
#include "sql/lex_class.h"

bool lex_psql_command(struct str text, uint32_t at)
{
    const char c = lex_peek(text, at + 1);
    return lex_is((char)(c | 0x20), PART_START) || c == '!' || c == '?';
}

struct token lex_copy_data(struct lexer *lx)
{
    const struct str text = lx->text;
    uint32_t at = lx->at;
    struct token t = {.kind = TOK_COPY_DATA};
    for (bool data = false;; data = true) {
        const char *lf = at < text.n ? memchr(text.p + at, '\n', text.n - at) : NULL;
        const uint32_t end = lf ? (uint32_t)(lf - text.p) + 1 : (uint32_t)text.n;
        if (!data) {
            t.start = end;
        }
        const struct str line = {text.p + at, end - at};
        at = end;
        if (!lf || (data && (str_eq(line, STR("\\.\n")) || str_eq(line, STR("\\.\r\n"))))) {
            break;
        }
    }
    t.end = at;
    lx->at = at;
    return t;
}

/* The name inside a placeholder: letters, digits, underscores and what the tools allow between them. */
static bool name_byte(char c)
{
    return (lex_is(c, PART_WORD) && c != '$') || c == '.' || c == '-' || c == ':';
}

/* Behind a name of at least one byte that starts at `at`; 0 when there is none, or a too long one. */
static uint32_t name_end(struct str text, uint32_t at, bool (*fits)(char c))
{
    const uint32_t first = at;
    while (at < text.n && at - first <= LEX_MAX_PLACEHOLDER && fits(text.p[at])) {
        at++;
    }
    return at > first && at - first <= LEX_MAX_PLACEHOLDER ? at : 0;
}

static bool word_byte(char c)
{
    return lex_is(c, PART_WORD) && c != '$';
}

/* Behind the two bytes `close`, searched from `at` on within the longest placeholder; 0 when they are not there. */
static uint32_t until_pair(struct str text, uint32_t at, const char close[2])
{
    const uint32_t limit = text.n - at < LEX_MAX_PLACEHOLDER ? (uint32_t)text.n : at + LEX_MAX_PLACEHOLDER;
    for (; at + 1 < limit; at++) {
        if (text.p[at] == close[0] && text.p[at + 1] == close[1]) {
            return at + 2;
        }
    }
    return 0;
}

/* Behind `close` on the same line, without quotes, semicolons or braces before it: an expression such as x:-default. */
static uint32_t until_on_line(struct str text, uint32_t at, char close)
{
    const uint32_t first = at;
    for (; at < text.n && at - first < LEX_MAX_PLACEHOLDER; at++) {
        const char c = text.p[at];
        if (c == close) {
            return at > first ? at + 1 : 0;
        }
        if (c == '\n' || c == '\r' || c == ';' || c == '\'' || c == '"' || c == '{' || c == '}') {
            return 0;
        }
    }
    return 0;
}

/* ${x} {{x}} {%x%} {x} $%x%$ */
static uint32_t bracketed(struct str text, uint32_t at)
{
    const char c = text.p[at], next = lex_peek(text, at + 1);
    if (c == '$') {
        if (next == '{') {
            return until_on_line(text, at + 2, '}');
        }
        const uint32_t end = next == '%' ? name_end(text, at + 2, name_byte) : 0;
        return end > 0 && lex_peek(text, end) == '%' && lex_peek(text, end + 1) == '$' ? end + 2 : 0;
    }
    if (c != '{') {
        return 0;
    }
    if (next == '{' || next == '%') {
        return until_pair(text, at + 2, next == '{' ? "}}" : "%}");
    }
    const uint32_t end = name_end(text, at + 1, name_byte);
    return end > 0 && lex_peek(text, end) == '}' ? end + 1 : 0;
}

/* :x :'x' :"x" :{?x} */
static uint32_t colon(struct str text, uint32_t at)
{
    const char next = lex_peek(text, at + 1);
    if (next == '\'' || next == '"') {
        const uint32_t end = name_end(text, at + 2, word_byte);
        return end > 0 && lex_peek(text, end) == next ? end + 1 : 0;
    }
    if (next == '{') {
        const uint32_t end = lex_peek(text, at + 2) == '?' ? name_end(text, at + 3, word_byte) : 0;
        return end > 0 && lex_peek(text, end) == '}' ? end + 1 : 0;
    }
    return name_end(text, at + 1, word_byte);
}

/* %(x)s %(x)d */
static uint32_t percent(struct str text, uint32_t at)
{
    const uint32_t end = lex_peek(text, at + 1) == '(' ? name_end(text, at + 2, word_byte) : 0;
    if (end == 0 || lex_peek(text, end) != ')' || (lex_peek(text, end + 1) != 's' && lex_peek(text, end + 1) != 'd')) {
        return 0;
    }
    return end + 2 < text.n && lex_is(text.p[end + 2], PART_WORD) ? 0 : end + 2;
}

static uint32_t at_signs(struct str text, uint32_t at)
{
    const uint32_t end = name_end(text, at + 1, word_byte);
    return end > 0 && lex_peek(text, end) == '@' && !(end + 1 < text.n && lex_is(text.p[end + 1], PART_OPERATOR))
               ? end + 1
               : 0;
}

uint32_t lex_placeholder(struct str text, uint32_t at, bool touches)
{
    switch (lex_peek(text, at)) {
    case ':':
        return touches ? 0 : colon(text, at);
    case '%':
        return percent(text, at);
    case '@':
        return at_signs(text, at);
    default:
        break;
    }
    uint32_t end = 0;
    for (const uint32_t first = at; at < text.n && at - first < LEX_MAX_PLACEHOLDER;) {
        const uint32_t next = bracketed(text, at);
        if (next > 0) {
            end = at = next;
        } else if (end > 0 && word_byte(text.p[at])) {
            end = ++at;
        } else {
            break;
        }
    }
    return end;
}

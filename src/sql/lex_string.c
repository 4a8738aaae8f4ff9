/* Tokens that run to a closing mark: comments, strings, quoted names, dollar quotes; parameters begin like those. */
#include "sql/lex_class.h"

/* ---- comments -------------------------------------------------------------------------------------------------- */

uint32_t lex_line_end(struct str text, uint32_t at)
{
    /* In windows: a text with only one of the two line ends must not be searched to its end for the other each time. */
    size_t window = 128;
    while (at < text.n) {
        size_t n = text.n - at < window ? text.n - at : window;
        const char *lf = memchr(text.p + at, '\n', n);
        n = lf ? (size_t)(lf - (text.p + at)) : n;
        const char *cr = memchr(text.p + at, '\r', n);
        if (cr) {
            return (uint32_t)(cr - text.p);
        }
        at += (uint32_t)n;
        if (lf) {
            return at;
        }
        window *= 2;
    }
    return at;
}

/* From behind the opening slash and star. Comments nest. */
struct token lex_block_comment(struct str text, uint32_t start)
{
    uint32_t at = start + 2, depth = 1;
    for (;;) {
        const char *star = at < text.n ? memchr(text.p + at, '*', text.n - at) : NULL;
        if (!star) {
            return lex_broken(LEX_UNTERMINATED_COMMENT, start, (uint32_t)text.n);
        }
        const uint32_t found = (uint32_t)(star - text.p);
        if (found > at && star[-1] == '/') {
            depth++;
            at = found + 1;
        } else if (lex_peek(text, found + 1) == '/') {
            at = found + 2;
            if (--depth == 0) {
                return lex_make(TOK_COMMENT, start, at, KW_NONE);
            }
        } else {
            at = found + 1;
        }
    }
}

/* ---- strings --------------------------------------------------------------------------------------------------- */

uint32_t lex_continuation(struct str text, uint32_t at)
{
    bool newline = false;
    for (;;) {
        const char c = lex_peek(text, at);
        if (c == '\n' || c == '\r') {
            newline = true;
            at++;
        } else if (at < text.n && lex_class[(uint8_t)c] == CLASS_SPACE) {
            at++;
        } else if (c == '-' && lex_peek(text, at + 1) == '-') {
            at = lex_line_end(text, at);
        } else {
            return newline && c == '\'' ? at + 1 : 0;
        }
    }
}

/* `at` is behind an opening quote. */
struct token lex_plain_string(struct str text, enum token_kind kind, uint32_t start, uint32_t at)
{
    for (;;) {
        const char *quote = at < text.n ? memchr(text.p + at, '\'', text.n - at) : NULL;
        if (!quote) {
            return lex_broken(LEX_UNTERMINATED_STRING, start, (uint32_t)text.n);
        }
        at = (uint32_t)(quote - text.p) + 1;
        if (lex_peek(text, at) == '\'') {
            at++;
            continue;
        }
        const uint32_t next = lex_continuation(text, at);
        if (next == 0) {
            return lex_make(kind, start, at, KW_NONE);
        }
        at = next;
    }
}

/* Behind \u or \U: are there as many hexadecimal digits as it needs? */
static bool unicode_escape(struct str text, uint32_t at, unsigned digits)
{
    while (digits > 0 && at < text.n && lex_is(text.p[at], PART_HEX)) {
        at++;
        digits--;
    }
    return digits == 0;
}

struct token lex_escape_string(struct str text, uint32_t start, uint32_t at)
{
    bool escapes_fine = true;
    while (at < text.n) {
        const char c = text.p[at++];
        if (c == '\\') {
            const char e = lex_peek(text, at);
            if ((e == 'u' && !unicode_escape(text, at + 1, 4)) || (e == 'U' && !unicode_escape(text, at + 1, 8))) {
                escapes_fine = false;
            }
            at += at < text.n;
        } else if (c == '\'') {
            if (lex_peek(text, at) == '\'') {
                at++;
                continue;
            }
            const uint32_t next = lex_continuation(text, at);
            if (next == 0) {
                return escapes_fine ? lex_make(TOK_ESTRING, start, at, KW_NONE) : lex_broken(LEX_BAD_ESCAPE, start, at);
            }
            at = next;
        }
    }
    return lex_broken(LEX_UNTERMINATED_STRING, start, (uint32_t)text.n);
}

/* `at` is behind the opening quote. */
struct token lex_quoted_name(struct str text, enum token_kind kind, uint32_t start, uint32_t at)
{
    const uint32_t inside = at;
    for (;;) {
        const char *quote = at < text.n ? memchr(text.p + at, '"', text.n - at) : NULL;
        if (!quote) {
            return lex_broken(LEX_UNTERMINATED_QUOTED, start, (uint32_t)text.n);
        }
        at = (uint32_t)(quote - text.p) + 1;
        if (lex_peek(text, at) != '"') {
            break;
        }
        at++;
    }
    return at == inside + 1 ? lex_broken(LEX_EMPTY_IDENTIFIER, start, at) : lex_make(kind, start, at, KW_NONE);
}

/* The text between two equal delimiters; `behind` is the offset behind the first one. */
static struct token dollar_string(struct str text, uint32_t start, uint32_t behind)
{
    const size_t tag = behind - start;
    const char *at = text.p + behind, *const end = text.p + text.n;
    while ((size_t)(end - at) >= tag) {
        at = memchr(at, '$', (size_t)(end - at) - tag + 1);
        if (!at) {
            break;
        }
        if (memcmp(at, text.p + start, tag) == 0) {
            return lex_make(TOK_DOLLAR, start, (uint32_t)(at - text.p + tag), KW_NONE);
        }
        at++;
    }
    return lex_broken(LEX_UNTERMINATED_DOLLAR, start, (uint32_t)text.n);
}

/* A parameter, a dollar quote, or a dollar that is neither. */
struct token lex_dollar(struct str text, uint32_t start)
{
    uint32_t at = lex_skip(text, start + 1, PART_DECIMAL);
    if (at > start + 1) {
        if (at < text.n && lex_is(text.p[at], PART_START)) {
            return lex_broken(LEX_JUNK_AFTER_PARAM, start, lex_skip(text, at, PART_WORD));
        }
        return lex_make(TOK_PARAM, start, at, KW_NONE);
    }
    if (at < text.n && lex_is(text.p[at], PART_START)) {
        at = lex_skip(text, at, PART_TAG);
    }
    return lex_peek(text, at) == '$' ? dollar_string(text, start, at + 1)
                                     : lex_broken(LEX_STRAY_BYTE, start, start + 1);
}

/* What a token says: its text, its name, its value. */
#include "base/arena.h"
#include "sql/lex_class.h"

enum { MAX_NAME = 63 }; /* NAMEDATALEN - 1 */

struct str token_text(struct str text, struct token t)
{
    return str_slice(text, t.start, t.end);
}

const char *token_kind_name(enum token_kind kind)
{
    static const char *const names[] = {
        [TOK_END] = "end",
        [TOK_WORD] = "word",
        [TOK_QUOTED] = "quoted",
        [TOK_UQUOTED] = "uquoted",
        [TOK_STRING] = "string",
        [TOK_ESTRING] = "estring",
        [TOK_USTRING] = "ustring",
        [TOK_NSTRING] = "nstring",
        [TOK_BITSTRING] = "bitstring",
        [TOK_HEXSTRING] = "hexstring",
        [TOK_DOLLAR] = "dollar",
        [TOK_INTEGER] = "integer",
        [TOK_NUMERIC] = "numeric",
        [TOK_PARAM] = "param",
        [TOK_OP] = "op",
        [TOK_SELF] = "self",
        [TOK_TYPECAST] = "typecast",
        [TOK_DOT_DOT] = "dot_dot",
        [TOK_COLON_EQUALS] = "colon_equals",
        [TOK_EQUALS_GREATER] = "equals_greater",
        [TOK_LESS_EQUALS] = "less_equals",
        [TOK_GREATER_EQUALS] = "greater_equals",
        [TOK_NOT_EQUALS] = "not_equals",
        [TOK_PSQL] = "psql",
        [TOK_COPY_DATA] = "copy_data",
        [TOK_PLACEHOLDER] = "placeholder",
        [TOK_BAD] = "bad",
        [TOK_COMMENT] = "comment",
    };
    return (unsigned)kind < countof(names) ? names[kind] : "?";
}

const char *lex_bad_reason(enum lex_bad bad)
{
    static const char *const reasons[] = {
        [LEX_FINE] = "nothing wrong",
        [LEX_UNTERMINATED_STRING] = "unterminated string",
        [LEX_UNTERMINATED_QUOTED] = "unterminated quoted identifier",
        [LEX_UNTERMINATED_DOLLAR] = "unterminated dollar-quoted string",
        [LEX_UNTERMINATED_COMMENT] = "unterminated /* comment",
        [LEX_EMPTY_IDENTIFIER] = "quoted identifier with nothing in it",
        [LEX_JUNK_AFTER_NUMBER] = "letters right behind a number",
        [LEX_JUNK_AFTER_PARAM] = "letters right behind a parameter",
        [LEX_STRAY_BYTE] = "a character that begins no token",
        [LEX_BAD_ESCAPE] = "Unicode escape without its digits",
        [LEX_LONG_OPERATOR] = "operator of 64 bytes or more",
        [LEX_UNCLOSED] = "parenthesis or BEGIN ATOMIC that is never closed",
    };
    return (unsigned)bad < countof(reasons) ? reasons[bad] : "?";
}

/* ---- Unicode --------------------------------------------------------------------------------------------------- */

/* At most 4 bytes; 0 for what is not a character (a surrogate, 0, or beyond U+10FFFF). */
static size_t utf8_encode(uint32_t c, char out[4])
{
    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        return 0;
    }
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    const size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6) {
        out[i] = (char)(0x80 | (c & 0x3f));
    }
    out[0] = (char)(lead[n] | c);
    return n;
}

/* n hexadecimal digits at s.p[at]; UINT32_MAX when they are not there. */
static uint32_t hex_value(struct str s, size_t at, unsigned n)
{
    uint32_t v = 0;
    for (unsigned i = 0; i < n; i++, at++) {
        if (at >= s.n || !lex_is(s.p[at], PART_HEX)) {
            return UINT32_MAX;
        }
        const char c = s.p[at];
        v = v << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return v;
}

struct escape {
    uint32_t value; /* UINT32_MAX: none */
    size_t end;     /* behind its digits */
};

/* Two surrogates make one character; false: half a pair. */
static bool unicode_pair(struct escape first, struct escape second, struct escape *out)
{
    const bool high = first.value >= 0xd800 && first.value <= 0xdbff;
    const bool low = second.value >= 0xdc00 && second.value <= 0xdfff;
    if (high && low) {
        *out = (struct escape){0x10000 + ((first.value & 0x3ff) << 10) + (second.value & 0x3ff), second.end};
        return true;
    }
    *out = first;
    return !high;
}

/* \XXXX or \+XXXXXX with the escape character at `at`. */
static struct escape u_escape(struct str s, size_t at, char esc)
{
    struct escape e = {UINT32_MAX, at};
    if (at < s.n && s.p[at] == esc) {
        const bool plus = at + 1 < s.n && s.p[at + 1] == '+';
        e.value = plus ? hex_value(s, at + 2, 6) : hex_value(s, at + 1, 4);
        e.end = at + (plus ? 8 : 5);
    }
    return e;
}

/* \uXXXX or \UXXXXXXXX with the backslash at `at`. */
static struct escape e_escape(struct str s, size_t at)
{
    struct escape e = {UINT32_MAX, at};
    if (at + 1 < s.n && s.p[at] == '\\' && (s.p[at + 1] == 'u' || s.p[at + 1] == 'U')) {
        const unsigned n = s.p[at + 1] == 'u' ? 4 : 8;
        e.value = hex_value(s, at + 2, n);
        e.end = at + 2 + n;
    }
    return e;
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

/* At most `max` bytes, no part of a character left over; in text that is not UTF-8 just `max`. */
size_t lex_cut(struct str s, size_t max)
{
    if (s.n <= max) {
        return s.n;
    }
    for (size_t n = max; n + 4 > max && n > 0; n--) {
        if (((uint8_t)s.p[n] & 0xc0) != 0x80) {
            return n;
        }
    }
    return max;
}

/* The escape character of a U& token: that of a UESCAPE 'c' behind it, else the backslash. */
static char escape_character(struct str text, uint32_t behind)
{
    struct lexer lx;
    lex_init(&lx, text, false);
    lx.at = behind;
    if (lex_next(&lx).keyword != KW_UESCAPE) {
        return '\\';
    }
    const struct token t = lex_next(&lx);
    return t.kind == TOK_STRING && t.end - t.start == 3 ? text.p[t.start + 1] : '\\';
}

/* Undouble `quote` and, with an escape character, decode \XXXX; what is no valid escape stays as it stands. */
static struct str unquote(struct arena *a, struct str in, char quote, char esc)
{
    char *out = arena_alloc(a, in.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < in.n;) {
        const char c = in.p[i];
        if (c == quote && i + 1 < in.n && in.p[i + 1] == quote) {
            out[n++] = quote;
            i += 2;
            continue;
        }
        if (esc && c == esc && i + 1 < in.n && in.p[i + 1] == esc) {
            out[n++] = esc;
            i += 2;
            continue;
        }
        if (esc && c == esc) {
            const struct escape first = u_escape(in, i, esc);
            struct escape e;
            char utf8[4];
            const bool fine = first.value != UINT32_MAX && unicode_pair(first, u_escape(in, first.end, esc), &e);
            const size_t bytes = fine ? utf8_encode(e.value, utf8) : 0;
            if (bytes > 0) {
                memcpy(out + n, utf8, bytes);
                n += bytes;
                i = e.end;
                continue;
            }
        }
        out[n++] = c;
        i++;
    }
    return (struct str){out, n};
}

NOINLINE static struct str fold(struct arena *a, struct str s)
{
    char *out = arena_alloc_raw(a, s.n + 1);
    lex_fold(out, s.p, s.n, 'A');
    out[s.n] = '\0';
    return (struct str){out, s.n};
}

NOINLINE static struct str rare_name(struct arena *a, struct str text, struct token t)
{
    struct str s = token_text(text, t);
    switch ((enum token_kind)t.kind) {
    case TOK_WORD:
        s.n = lex_cut(s, MAX_NAME);
        return lex_has_capital(s) ? fold(a, s) : s;
    case TOK_PLACEHOLDER:
        return s;
    case TOK_QUOTED:
        s = str_slice(s, 1, s.n - 1);
        if (str_find_char(s, '"') != SIZE_MAX) {
            s = unquote(a, s, '"', '\0');
        }
        break;
    case TOK_UQUOTED:
        s = unquote(a, str_slice(s, 3, s.n - 1), '"', escape_character(text, t.end));
        break;
    default:
        return STR_NONE;
    }
    s.n = lex_cut(s, MAX_NAME);
    return s;
}

/* Nearly every name is a short word in lower case: that costs no more than a look at its bytes. */
struct str token_name(struct arena *a, struct str text, struct token t)
{
    if (t.kind != TOK_WORD || t.end - t.start > MAX_NAME) {
        return rare_name(a, text, t);
    }
    const struct str s = {text.p + t.start, t.end - t.start};
    return lex_has_capital(s) ? fold(a, s) : s;
}

/* ---- strings --------------------------------------------------------------------------------------------------- */

/* A backslash escape of E'' at in.p[i]: its bytes go to out, the offset behind it comes back. */
static size_t unescape(struct str in, size_t i, char *out, size_t *n)
{
    const char e = i + 1 < in.n ? in.p[i + 1] : '\\';
    if (e == 'u' || e == 'U') {
        const struct escape first = e_escape(in, i);
        struct escape joined;
        char utf8[4];
        const bool fine = first.value != UINT32_MAX && unicode_pair(first, e_escape(in, first.end), &joined);
        const size_t bytes = fine ? utf8_encode(joined.value, utf8) : 0;
        if (bytes > 0) {
            memcpy(out + *n, utf8, bytes);
            *n += bytes;
            return joined.end;
        }
    }
    if (e == 'x' && i + 2 < in.n && lex_is(in.p[i + 2], PART_HEX)) {
        const unsigned two = i + 3 < in.n && lex_is(in.p[i + 3], PART_HEX) ? 2 : 1;
        out[(*n)++] = (char)hex_value(in, i + 2, two);
        return i + 2 + two;
    }
    if (e >= '0' && e <= '7') {
        unsigned v = 0;
        size_t at = i + 1;
        while (at < in.n && at < i + 4 && in.p[at] >= '0' && in.p[at] <= '7') {
            v = v * 8 + (unsigned)(in.p[at++] - '0');
        }
        out[(*n)++] = (char)(v & 0xff);
        return at;
    }
    static const char from[] = "bfnrtv", to[] = "\b\f\n\r\t\v";
    const char *known = memchr(from, e, sizeof from - 1);
    out[(*n)++] = known ? to[known - from] : e;
    return i + 2 < in.n ? i + 2 : in.n;
}

/*
 * The parts of a constant joined: `in` runs from behind the first quote to before the last. A quote in it is doubled
 * or ends a part, whose continuation lex_continuation() finds again.
 */
static struct str join_parts(struct arena *a, struct str in, bool escapes, bool keep_doubled)
{
    char *out = arena_alloc(a, in.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < in.n;) {
        const char c = in.p[i];
        if (escapes && c == '\\') {
            i = unescape(in, i, out, &n);
        } else if (c != '\'') {
            out[n++] = c;
            i++;
        } else if (i + 1 < in.n && in.p[i + 1] == '\'') {
            out[n++] = '\'';
            if (keep_doubled) { /* unquote() will undouble them */
                out[n++] = '\'';
            }
            i += 2;
        } else {
            const uint32_t next = lex_continuation(in, (uint32_t)i + 1);
            i = next > 0 ? next : in.n;
        }
    }
    return (struct str){out, n};
}

struct str token_string(struct arena *a, struct str text, struct token t)
{
    const struct str s = token_text(text, t);
    switch ((enum token_kind)t.kind) {
    case TOK_DOLLAR: {
        const size_t tag = str_find_char(str_slice(s, 1, s.n), '$') + 2;
        return str_slice(s, tag, s.n - tag);
    }
    case TOK_STRING:
    case TOK_NSTRING:
    case TOK_BITSTRING:
    case TOK_HEXSTRING: {
        const struct str in = str_slice(s, t.kind == TOK_STRING ? 1 : 2, s.n - 1);
        return str_find_char(in, '\'') == SIZE_MAX ? in : join_parts(a, in, false, false);
    }
    case TOK_ESTRING:
        return join_parts(a, str_slice(s, 2, s.n - 1), true, false);
    case TOK_USTRING:
        return unquote(a, join_parts(a, str_slice(s, 3, s.n - 1), false, true), '\'', escape_character(text, t.end));
    default:
        return STR_NONE;
    }
}

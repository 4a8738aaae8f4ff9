#include "sql/lex.h"

#include "sql/lex_class.h"

enum { NAME_BYTES = 64 }; /* NAMEDATALEN: an operator must be shorter */

void lex_init(struct lexer *lx, struct str text, bool extras)
{
    text.n = text.n > LEX_MAX_TEXT ? LEX_MAX_TEXT : text.n;
    *lx = (struct lexer){.text = text, .extras = extras};
    if (str_starts(text, STR("\xef\xbb\xbf"))) {
        lx->at = 3;
    }
}

/* ---- numbers --------------------------------------------------------------------------------------------------- */

static bool digit_of(char c, unsigned radix)
{
    return radix == 16 ? lex_is(c, PART_HEX) : c >= '0' && c < (char)('0' + radix);
}

/* Digits with single underscores between them; before the first one too when `lead`. */
static uint32_t digits(struct str text, uint32_t at, unsigned radix, bool lead)
{
    for (const uint32_t first = at;;) {
        const uint32_t digit = at + (lex_peek(text, at) == '_' && (lead || at > first));
        if (digit >= text.n || !digit_of(text.p[digit], radix)) {
            return at;
        }
        at = digit + 1;
    }
}

static struct token number(struct str text, uint32_t start)
{
    enum token_kind kind = TOK_INTEGER;
    uint32_t at;
    const char letter = text.p[start] == '0' ? (char)(lex_peek(text, start + 1) | 0x20) : '\0';
    const unsigned radix = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
    if (radix != 10) {
        at = digits(text, start + 2, radix, true);
        if (at == start + 2 || (at < text.n && lex_is(text.p[at], PART_START | PART_DECIMAL))) {
            return lex_broken(LEX_JUNK_AFTER_NUMBER, start, lex_skip(text, at, PART_WORD));
        }
        return lex_make(TOK_INTEGER, start, at, KW_NONE);
    }
    at = digits(text, start, 10, false);
    if (lex_peek(text, at) == '.' && lex_peek(text, at + 1) != '.') { /* 1..10 is two numbers, as in FOR i IN 1..10 */
        kind = TOK_NUMERIC;
        at = digits(text, at + 1, 10, false);
    }
    if ((lex_peek(text, at) | 0x20) == 'e') {
        const char sign = lex_peek(text, at + 1);
        const uint32_t exponent = at + 1 + (sign == '+' || sign == '-');
        const uint32_t end = digits(text, exponent, 10, false);
        if (end == exponent) {
            return lex_broken(LEX_JUNK_AFTER_NUMBER, start, lex_skip(text, exponent, PART_WORD));
        }
        kind = TOK_NUMERIC;
        at = end;
    }
    if (at < text.n && lex_is(text.p[at], PART_START)) {
        return lex_broken(LEX_JUNK_AFTER_NUMBER, start, lex_skip(text, at, PART_WORD));
    }
    return lex_make(kind, start, at, KW_NONE);
}

/* ---- operators ------------------------------------------------------------------------------------------------- */

static enum token_kind operator_kind(const char *p, uint32_t n)
{
    if (n == 1) {
        return lex_is(*p, PART_QUALIFIES) && *p != '^' && *p != '%' ? TOK_OP : TOK_SELF;
    }
    if (n == 2 && p[1] == '=') {
        return *p == '<' ? TOK_LESS_EQUALS : *p == '>' ? TOK_GREATER_EQUALS : *p == '!' ? TOK_NOT_EQUALS : TOK_OP;
    }
    if (n == 2 && p[1] == '>') {
        return *p == '=' ? TOK_EQUALS_GREATER : *p == '<' ? TOK_NOT_EQUALS : TOK_OP;
    }
    return TOK_OP;
}

/*
 * The longest run of operator characters, ended by a comment that starts inside it. It may end in + or - only when it
 * also has a character that SQL's own operators do not have. The signs cut off are single tokens each: signs_end
 * remembers how far they go, as searching the run again for each of them would take quadratic time.
 */
static struct token operator_token(struct lexer *lx, uint32_t start)
{
    const struct str text = lx->text;
    if (start < lx->signs_end) {
        return lex_make(TOK_SELF, start, start + 1, (uint8_t)text.p[start]);
    }
    unsigned parts = 0;
    uint32_t end = start;
    while (end < text.n && lex_is(text.p[end], PART_OPERATOR)) {
        const char c = text.p[end], next = lex_peek(text, end + 1);
        if ((c == '-' && next == '-') || (c == '/' && next == '*')) {
            break;
        }
        parts |= lex_part[(uint8_t)c];
        end++;
    }
    if (!(parts & PART_QUALIFIES)) {
        const uint32_t run_end = end;
        while (end > start + 1 && (text.p[end - 1] == '+' || text.p[end - 1] == '-')) {
            end--;
        }
        lx->signs_end = run_end > end ? run_end : 0;
    }
    if (end - start >= NAME_BYTES) {
        return lex_broken(LEX_LONG_OPERATOR, start, end);
    }
    const enum token_kind kind = operator_kind(text.p + start, end - start);
    return lex_make(kind, start, end, kind == TOK_SELF ? (uint8_t)text.p[start] : KW_NONE);
}

/* ---- words ----------------------------------------------------------------------------------------------------- */

static inline struct token word(struct str text, uint32_t start)
{
    const char *p = text.p + start + 1, *const end = text.p + text.n;
    while (p < end && lex_is(*p, PART_WORD)) {
        p++;
    }
    const struct str w = {text.p + start, (size_t)(p - (text.p + start))};
    return lex_make(TOK_WORD, start, (uint32_t)(p - text.p), keyword_find(w));
}

/* A word that begins with b, n, e, x or u, unless it is the prefix of a quote. */
static struct token prefixed(struct str text, uint32_t start)
{
    const char letter = (char)(text.p[start] | 0x20), next = lex_peek(text, start + 1);
    if (next == '\'') {
        switch (letter) {
        case 'b':
            return lex_plain_string(text, TOK_BITSTRING, start, start + 2);
        case 'x':
            return lex_plain_string(text, TOK_HEXSTRING, start, start + 2);
        case 'n':
            return lex_plain_string(text, TOK_NSTRING, start, start + 2);
        case 'e':
            return lex_escape_string(text, start, start + 2);
        default:
            break;
        }
    } else if (letter == 'u' && next == '&') {
        const char quote = lex_peek(text, start + 2);
        if (quote == '\'') {
            return lex_plain_string(text, TOK_USTRING, start, start + 3);
        }
        if (quote == '"') {
            return lex_quoted_name(text, TOK_UQUOTED, start, start + 3);
        }
    }
    return word(text, start);
}

/* ---- all together ---------------------------------------------------------------------------------------------- */

/* The token at `start`, which is not white space and not the end, as the server's scanner sees it. */
static inline struct token scan(struct lexer *lx, uint32_t start)
{
    const struct str text = lx->text;
    const char c = text.p[start], next = lex_peek(text, start + 1);
    switch (lex_class[(uint8_t)c]) {
    case CLASS_WORD:
        return word(text, start);
    case CLASS_PREFIX:
        return prefixed(text, start);
    case CLASS_SELF:
        return lex_make(TOK_SELF, start, start + 1, (uint8_t)c);
    case CLASS_DIGIT:
        return number(text, start);
    case CLASS_QUOTE:
        return lex_plain_string(text, TOK_STRING, start, start + 1);
    case CLASS_DOUBLE_QUOTE:
        return lex_quoted_name(text, TOK_QUOTED, start, start + 1);
    case CLASS_DOT:
        if (next >= '0' && next <= '9') {
            return number(text, start);
        }
        return next == '.' ? lex_make(TOK_DOT_DOT, start, start + 2, KW_NONE)
                           : lex_make(TOK_SELF, start, start + 1, '.');
    case CLASS_COLON:
        if (next == ':' || next == '=') {
            return lex_make(next == ':' ? TOK_TYPECAST : TOK_COLON_EQUALS, start, start + 2, KW_NONE);
        }
        return lex_make(TOK_SELF, start, start + 1, ':');
    case CLASS_OPERATOR:
        if (c == '-' && next == '-') {
            return lex_make(TOK_COMMENT, start, lex_line_end(text, start), KW_NONE);
        }
        return c == '/' && next == '*' ? lex_block_comment(text, start) : operator_token(lx, start);
    case CLASS_DOLLAR:
        return lex_dollar(text, start);
    default:
        return lex_broken(LEX_STRAY_BYTE, start, start + 1);
    }
}

/* Which [ are open, and which of them belong to an ARRAY[…]: there a colon is no slice. */
static void note_bracket(struct lexer *lx, char c)
{
    if (c == '[') {
        const bool nested = (lx->constructors & 1) && (lx->last == '[' || lx->last == ',');
        lx->constructors = lx->constructors << 1 | (lx->last == KW_ARRAY || nested);
        lx->brackets++;
    } else if (c == ']' && lx->brackets > 0) {
        lx->constructors >>= 1;
        lx->brackets--;
    } else if (c == ';') {
        lx->brackets = 0;
        lx->constructors = 0;
    }
}

/* Does a value end right before `at`? */
static bool touches_value(struct str text, uint32_t at)
{
    const char c = at > 0 ? text.p[at - 1] : '\0';
    return lex_is(c, PART_WORD) || c == '\'' || c == '"' || c == ')' || c == ']' || c == '}';
}

/* The token at `start` that only migration files have, or one of kind TOK_END when there is none. */
static struct token scan_extra(const struct lexer *lx, uint32_t start)
{
    const struct str text = lx->text;
    uint32_t end = 0;
    switch (lex_class[(uint8_t)text.p[start]]) {
    case CLASS_BACKSLASH:
        if (lex_peek(text, start + 1) == ';') {
            return lex_make(TOK_SELF, start, start + 2, ';');
        }
        if (lex_psql_command(text, start)) {
            return lex_make(TOK_PSQL, start, lex_line_end(text, start), KW_NONE);
        }
        break;
    case CLASS_COLON:
        if (lx->brackets == 0 || (lx->constructors & 1)) {
            end = lex_placeholder(text, start, touches_value(text, start));
        }
        break;
    case CLASS_DOLLAR:
    case CLASS_BRACE:
    case CLASS_OPERATOR:
        end = lex_placeholder(text, start, false);
        break;
    default:
        break;
    }
    return lex_make(end > 0 ? TOK_PLACEHOLDER : TOK_END, start, end, KW_NONE);
}

/* A word that a placeholder touches is a part of it: pre_${x}. The word may have taken the dollar. */
static struct token with_placeholder(struct str text, struct token t)
{
    const uint32_t from = text.p[t.end - 1] == '$' ? t.end - 1 : t.end;
    const uint32_t end = lex_placeholder(text, from, true);
    return end > 0 ? lex_make(TOK_PLACEHOLDER, t.start, end, KW_NONE) : t;
}

static struct token scan_with_extras(struct lexer *lx, uint32_t start)
{
    const struct str text = lx->text;
    const uint8_t class = lex_class[(uint8_t)text.p[start]];
    struct token t;
    if (class == CLASS_WORD || class == CLASS_PREFIX) {
        t = scan(lx, start);
        if (t.kind == TOK_WORD && (lex_peek(text, t.end) == '{' || text.p[t.end - 1] == '$')) {
            t = with_placeholder(text, t);
        }
    } else {
        t = start < lx->signs_end ? lex_make(TOK_END, start, start, KW_NONE) : scan_extra(lx, start);
        if (t.kind == TOK_END) {
            t = scan(lx, start);
        }
        if (t.kind == TOK_SELF) {
            note_bracket(lx, (char)t.keyword);
        }
    }
    if (t.kind != TOK_COMMENT) {
        lx->last = t.kind == TOK_WORD || t.kind == TOK_SELF ? t.keyword : KW_NONE;
    }
    return t;
}

/* Any token, from `at` on; comments are passed over unless they are asked for. */
NOINLINE static struct token read_any(struct lexer *lx, uint32_t at)
{
    const struct str text = lx->text;
    for (;;) {
        while (at < text.n && lex_class[(uint8_t)text.p[at]] == CLASS_SPACE) {
            at++;
        }
        if (at >= text.n) {
            lx->at = (uint32_t)text.n;
            return lex_make(TOK_END, lx->at, lx->at, KW_NONE);
        }
        const struct token t = lx->extras ? scan_with_extras(lx, at) : scan(lx, at);
        lx->at = at = t.end;
        if (t.kind != TOK_COMMENT || lx->comments) {
            return t;
        }
    }
}

/*
 * Two of three tokens are a plain word, or a comma or parenthesis: those are read right here, as read_any() would.
 */
void lex_read(struct lexer *lx, struct token *out)
{
    const char *const p = lx->text.p;
    const size_t n = lx->text.n;
    size_t at = lx->at;
    uint8_t class = CLASS_STRAY;
    while (at < n && (class = lex_class[(uint8_t)p[at]]) == CLASS_SPACE) {
        at++;
    }
    if (class == CLASS_PREFIX && at + 1 < n && lex_is(p[at + 1], PART_WORD)) {
        class = CLASS_WORD; /* no quote comes right behind it */
    }
    if (at < n && class == CLASS_WORD) {
        size_t end = at + 1;
        while (end < n && lex_is(p[end], PART_WORD)) {
            end++;
        }
        if (p[end - 1] != '$' && (end == n || p[end] != '{')) { /* no placeholder touches it */
            const enum keyword kw = keyword_find((struct str){p + at, end - at});
            *out = lex_make(TOK_WORD, (uint32_t)at, (uint32_t)end, kw);
            lx->at = (uint32_t)end;
            lx->last = (uint16_t)kw;
            return;
        }
    } else if (at < n && class == CLASS_SELF) {
        *out = lex_make(TOK_SELF, (uint32_t)at, (uint32_t)at + 1, (uint8_t)p[at]);
        lx->at = (uint32_t)at + 1;
        if (lx->extras) {
            note_bracket(lx, p[at]);
            lx->last = out->keyword;
        }
        return;
    }
    *out = read_any(lx, (uint32_t)at);
}

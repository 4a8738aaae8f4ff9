/*
 * lex_class.h - what the files of the lexer share: byte classes, and the rules beyond the server's scanner. For
 * src/sql only.
 */
#ifndef MIGRATE_SQL_LEX_CLASS_H
#define MIGRATE_SQL_LEX_CLASS_H

#include "sql/lex.h"

/* What a byte can begin. */
enum lex_class {
    CLASS_STRAY,
    CLASS_SPACE,
    CLASS_WORD,
    CLASS_PREFIX, /* a word, or the b n e x u before a quote */
    CLASS_DIGIT,
    CLASS_SELF,
    CLASS_DOT,
    CLASS_COLON,
    CLASS_OPERATOR,
    CLASS_QUOTE,
    CLASS_DOUBLE_QUOTE,
    CLASS_DOLLAR,
    CLASS_BACKSLASH,
    CLASS_BRACE,
};
extern const uint8_t lex_class[256];

/* What a byte can continue: a set of bits. */
enum {
    PART_WORD = 1,  /* identifier, first byte aside */
    PART_START = 2, /* identifier, first byte */
    PART_TAG = 4,   /* dollar quote's tag, first byte aside */
    PART_OPERATOR = 8,
    PART_QUALIFIES = 16, /* an operator with it may end in + or - */
    PART_DECIMAL = 32,
    PART_HEX = 64,
};
extern const uint8_t lex_part[256];

static inline bool lex_is(char c, unsigned parts)
{
    return lex_part[(uint8_t)c] & parts;
}

/* The byte at `at`; NUL behind the end. */
static inline char lex_peek(struct str text, uint32_t at)
{
    return at < text.n ? text.p[at] : '\0';
}

static inline uint32_t lex_skip(struct str text, uint32_t at, unsigned parts)
{
    while (at < text.n && lex_is(text.p[at], parts)) {
        at++;
    }
    return at;
}

static inline struct token lex_make(enum token_kind kind, uint32_t start, uint32_t end, unsigned keyword)
{
    return (struct token){start, end, (uint8_t)kind, LEX_FINE, (uint16_t)keyword};
}

static inline struct token lex_broken(enum lex_bad why, uint32_t start, uint32_t end)
{
    return (struct token){start, end, TOK_BAD, (uint8_t)why, KW_NONE};
}

/* The comment whose slash and star stand at `start`. */
struct token lex_block_comment(struct str text, uint32_t start);
/* A constant without backslash escapes; `at` is behind its opening quote. */
struct token lex_plain_string(struct str text, enum token_kind kind, uint32_t start, uint32_t at);
/* E''; `at` is behind its opening quote. */
struct token lex_escape_string(struct str text, uint32_t start, uint32_t at);
/* "" or U&""; `at` is behind its opening quote. */
struct token lex_quoted_name(struct str text, enum token_kind kind, uint32_t start, uint32_t at);
/* What a dollar at `start` begins: a parameter, a dollar quote, or nothing. */
struct token lex_dollar(struct str text, uint32_t start);

/* The end of the line that `at` is on: the offset of its \n or \r, or of the text's end. */
uint32_t lex_line_end(struct str text, uint32_t at);

/*
 * Behind a closing single quote at `at`: the offset behind the opening quote of a continuation part, or 0 when none
 * follows (white space with at least one newline and comments may stand between).
 */
uint32_t lex_continuation(struct str text, uint32_t at);

/*
 * The end of the placeholder that starts at `at`, or 0. `touches` says that a value ends right at `at` (see lex.h on
 * the colon). Word characters and further placeholders that touch a ${}, {{}}, {%%}, {} or $%%$ belong to it.
 */
uint32_t lex_placeholder(struct str text, uint32_t at, bool touches);

/* Of eight bytes: bit 0x20 where one of the 26 letters from `first` on ('A' or 'a') stands. */
static inline uint64_t lex_letters(uint64_t eight, char first)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
    const uint64_t low = eight & ~high;
    const uint64_t from = low + (0x80 - (uint64_t)first) * ones, behind = low + (0x80 - (uint64_t)first - 26) * ones;
    return (from & ~behind & ~eight & high) >> 2;
}

/*
 * The bytes at p in the other case where they are letters from `first` on: 'A' gives lower case, 'a' upper case. `to` is not p: the last
 * bytes may be read and written twice.
 */
static inline void lex_fold(char *to, const char *p, size_t n, char first)
{
    uint64_t eight;
    if (n >= sizeof eight) {
        for (size_t i = 0; i < n; i += sizeof eight) {
            i = i + sizeof eight <= n ? i : n - sizeof eight;
            memcpy(&eight, p + i, sizeof eight);
            eight ^= lex_letters(eight, first);
            memcpy(to + i, &eight, sizeof eight);
        }
    } else if (n >= 4) {
        uint32_t head, tail;
        memcpy(&head, p, sizeof head);
        memcpy(&tail, p + n - sizeof tail, sizeof tail);
        eight = (uint64_t)tail << 32 | head;
        eight ^= lex_letters(eight, first);
        head = (uint32_t)eight;
        tail = (uint32_t)(eight >> 32);
        memcpy(to, &head, sizeof head);
        memcpy(to + n - sizeof tail, &tail, sizeof tail);
    } else {
        for (size_t i = 0; i < n; i++) {
            to[i] = (char)(p[i] ^ (p[i] >= first && p[i] < first + 26) << 5);
        }
    }
}

/* Is there an ASCII capital letter in it? */
static inline bool lex_has_capital(struct str s)
{
    uint64_t eight, found = 0;
    if (s.n >= sizeof eight) {
        for (size_t i = 0; i + sizeof eight <= s.n; i += sizeof eight) {
            memcpy(&eight, s.p + i, sizeof eight);
            found |= lex_letters(eight, 'A');
        }
        memcpy(&eight, s.p + s.n - sizeof eight, sizeof eight);
        return (found | lex_letters(eight, 'A')) != 0;
    }
    if (s.n >= 4) {
        uint32_t head, tail;
        memcpy(&head, s.p, sizeof head);
        memcpy(&tail, s.p + s.n - sizeof tail, sizeof tail);
        return lex_letters((uint64_t)tail << 32 | head, 'A') != 0;
    }
    for (size_t i = 0; i < s.n; i++) {
        found |= s.p[i] >= 'A' && s.p[i] <= 'Z';
    }
    return found != 0;
}

/* The length of s cut to `max` bytes at a character. */
size_t lex_cut(struct str s, size_t max);

/* Is there a psql command at this backslash? */
bool lex_psql_command(struct str text, uint32_t at);

#endif

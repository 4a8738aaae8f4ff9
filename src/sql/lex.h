/*
 * lex.h - PostgreSQL's tokens, exactly as the server's scanner sees them, with byte ranges.
 *
 * The lexer is an iterator over a text that stays the caller's: no allocation, no copy, linear time, and it never
 * fails: what the server's scanner would refuse becomes one TOK_BAD token with its reason, and lexing goes on behind
 * it. Beyond the server it knows what migration files really have: psql backslash commands, placeholders of other tools
 * and COPY data (see lex_copy_data). standard_conforming_strings is on, as in every server since 9.1.
 *
 * Source for the token rules: PostgreSQL manual, "Lexical Structure", and src/backend/parser/scan.l of 13 to 18.
 */
#ifndef MIGRATE_SQL_LEX_H
#define MIGRATE_SQL_LEX_H

#include "base/str.h"
#include "sql/keyword.h"

enum token_kind {
    TOK_END,            /* the end of the text; start == end == length */
    TOK_WORD,           /* identifier or key word, not quoted; .keyword tells which */
    TOK_QUOTED,         /* "Name", doubled quotes inside */
    TOK_UQUOTED,        /* U&"name"; a UESCAPE behind it is two tokens of its own, as in the server's scanner */
    TOK_STRING,         /* 'text', with continuation parts on further lines in the same token */
    TOK_ESTRING,        /* E'text' */
    TOK_USTRING,        /* U&'text' */
    TOK_NSTRING,        /* N'text': in the server two tokens, NCHAR and a string; here one */
    TOK_BITSTRING,      /* B'01' */
    TOK_HEXSTRING,      /* X'1F' */
    TOK_DOLLAR,         /* $tag$text$tag$ */
    TOK_INTEGER,        /* decimal, 0x, 0o, 0b, with underscores */
    TOK_NUMERIC,        /* with a point or an exponent */
    TOK_PARAM,          /* $1 */
    TOK_OP,             /* an operator of the generic kind, such as || or -> or @@ */
    TOK_SELF,           /* one character with a meaning of its own: , ( ) [ ] . ; : + - * / % ^ < > = */
    TOK_TYPECAST,       /* :: */
    TOK_DOT_DOT,        /* .. */
    TOK_COLON_EQUALS,   /* := */
    TOK_EQUALS_GREATER, /* => */
    TOK_LESS_EQUALS,    /* <= */
    TOK_GREATER_EQUALS, /* >= */
    TOK_NOT_EQUALS,     /* <> or != */
    TOK_PSQL,           /* a backslash command up to the end of its line, at a place where psql would see one */
    TOK_COPY_DATA,      /* the lines behind COPY … FROM STDIN, with the line of \. or to the end of the text */
    TOK_PLACEHOLDER,    /* ${x} {{x}} :x :'x' :"x" %(x)s @x@ of other tools; takes the place of a name or a value */
    TOK_BAD,            /* what the server's scanner refuses; see lex_bad_reason() */
    TOK_COMMENT,        /* only when asked for: -- to the end of the line (without it), or a whole (nested) block */
};

enum lex_bad {
    LEX_FINE,
    LEX_UNTERMINATED_STRING,
    LEX_UNTERMINATED_QUOTED,
    LEX_UNTERMINATED_DOLLAR,
    LEX_UNTERMINATED_COMMENT,
    LEX_EMPTY_IDENTIFIER,  /* "" */
    LEX_JUNK_AFTER_NUMBER, /* 1a, 0x, 1__0: refused from 15 on (13, 14 read two tokens) */
    LEX_JUNK_AFTER_PARAM,  /* $1a */
    LEX_STRAY_BYTE,        /* a byte no token starts with, NUL among them */
    LEX_BAD_ESCAPE,        /* \u or \U in E'' without its 4 or 8 hexadecimal digits */
    LEX_LONG_OPERATOR,     /* 64 bytes or more */
    LEX_UNCLOSED,          /* never from the lexer: a splitter's parenthesis or BEGIN ATOMIC without its end */
};

struct token {
    uint32_t start, end; /* byte offsets in the text */
    uint8_t kind;        /* enum token_kind */
    uint8_t bad;         /* enum lex_bad, for TOK_BAD */
    uint16_t keyword;    /* enum keyword for TOK_WORD, KW_NONE for other words; the character for TOK_SELF */
};

struct lexer {
    struct str text; /* at most LEX_MAX_TEXT bytes */
    uint32_t at;
    bool comments; /* give TOK_COMMENT tokens, otherwise they are skipped */
    bool extras;   /* know psql commands and placeholders; off: the server's tokens and nothing else */
    /* The lexer's own memory. */
    uint32_t signs_end;    /* up to here only single + and - (the tail of an operator that may not end in one) */
    uint32_t brackets;     /* extras: how many [ are open */
    uint64_t constructors; /* extras: which of the innermost 64 belong to an ARRAY[…]; lowest bit = innermost */
    uint16_t last;         /* extras: .keyword of the last token */
};

/*
 * What `extras` adds. None of it takes a token away from SQL that a server accepts, except where said.
 *
 * psql commands: a backslash outside any token, followed by a letter or one of ! ? is a TOK_PSQL to the end of its
 * line, as psql itself reads it (so `select 1 \gset` ends in one). `\;` is a plain semicolon. Any other backslash is
 * LEX_STRAY_BYTE.
 *
 * Placeholders: ${x} {{x}} {%x%} {x} $%x%$, together with word characters that touch them: pre_${x} is one
 * TOK_PLACEHOLDER. %(x)s and %(x)d. @x@ of a plain word (a server would read `@ x @`). :x :'x' :"x" :{?x} of psql
 * and others, but only where the colon
 *   - is not part of :: or :=,
 *   - does not touch a value before it (a name, a number, a closing quote or bracket): a[lo:hi] and
 *     json_object('k':v) are the server's,
 *   - is not inside the brackets of a subscript: a[:n] is a slice, while ARRAY[:x] holds a placeholder.
 * The name or text in a placeholder is at most LEX_MAX_PLACEHOLDER bytes long and, but for {{ }} and {% %}, stays on
 * its line.
 */
enum { LEX_MAX_PLACEHOLDER = 1024 };

#define LEX_MAX_TEXT ((size_t)1 << 30)

/* Start at the beginning; a UTF-8 byte order mark is passed over. */
void lex_init(struct lexer *lx, struct str text, bool extras);
/* The next token; at the end of the text TOK_END, again and again. */
void lex_read(struct lexer *lx, struct token *out);
static inline struct token lex_next(struct lexer *lx)
{
    struct token t;
    lex_read(lx, &t);
    return t;
}
/*
 * The data block that starts at the line after lx->at; the splitter calls it behind COPY … FROM STDIN. Without a
 * line of only \. it goes on to the end of the text, as in psql. What stands on the rest of lx->at's own line is
 * passed over.
 */
struct token lex_copy_data(struct lexer *lx);

struct str token_text(struct str text, struct token t);
const char *token_kind_name(enum token_kind kind); /* for tests and messages */
const char *lex_bad_reason(enum lex_bad bad);      /* "unterminated quoted string" … */

/*
 * The name that a word or a quoted identifier stands for: folded to lower case (ASCII only, as the server does in a
 * multi-byte encoding), quotes taken off, U& escapes decoded (with the escape character of a UESCAPE behind it),
 * cut to 63 bytes at a character. From the arena unless the source can be used as it stands. Of a placeholder: its
 * source. Of any other token: empty.
 */
struct arena;
struct str token_name(struct arena *a, struct str text, struct token t);
/*
 * The value of a string constant with quotes, escapes and continuation resolved (TOK_STRING, ESTRING, USTRING, NSTRING,
 * DOLLAR; of BITSTRING and HEXSTRING the digits). From the arena unless the source can be used. Of any other token:
 * empty.
 */
struct str token_string(struct arena *a, struct str text, struct token t);

#endif

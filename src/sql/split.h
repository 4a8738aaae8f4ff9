/*
 * split.h - statements of a text.
 *
 * A statement ends at a semicolon outside parentheses and outside a BEGIN ATOMIC … END body (psql's rule for SQL-standard
 * function bodies: PostgreSQL src/fe_utils/psqlscan.l), at a psql backslash command, before a directive line
 * of a runner, or at the end of the text. CREATE RULE … DO ( a; b ) is one statement by its parentheses. COPY … FROM STDIN takes
 * its data block with it. A parenthesis that never closes or an unterminated string does not lose the rest: see `broken`.
 */
#ifndef MIGRATE_SQL_SPLIT_H
#define MIGRATE_SQL_SPLIT_H

#include "base/vec.h"
#include "sql/lex.h"

enum { STATEMENT_MAX_TOKENS = 1 << 18 }; /* tokens kept of one statement; see .cut */

struct statement {
    uint32_t start, end;      /* from the first token to the end of the last one, the semicolon not included */
    uint32_t comments_start;  /* where the comments right before the statement begin; == start when there are none */
    struct token *tokens;     /* without comments, semicolon and COPY data; the splitter's until its next call */
    size_t n_tokens;
    bool terminated;          /* a semicolon ends it */
    bool cut;                 /* longer than STATEMENT_MAX_TOKENS: the tokens beyond are not in .tokens */
    bool has_placeholder;     /* a TOK_PLACEHOLDER among its tokens */
    bool psql;                /* a backslash command; one TOK_PSQL token */
    enum lex_bad broken;      /* the first TOK_BAD in it */
    uint32_t broken_at;
    uint32_t copy_start, copy_end; /* the data block behind COPY … FROM STDIN; equal when there is none */
};

struct splitter {
    struct lexer lx;
    VEC(struct token) tokens;
    struct token ahead;
    bool has_ahead;
};

/* Split text[start, end). Offsets in statements count from the beginning of text. */
void splitter_init(struct splitter *sp, struct str text, uint32_t start, uint32_t end);
bool splitter_next(struct splitter *sp, struct statement *st); /* false: no more. Empty statements are passed over. */
void splitter_free(struct splitter *sp);

/* Is token i of the statement this key word? False beyond the end. */
bool statement_is(const struct statement *st, size_t i, enum keyword kw);

#endif

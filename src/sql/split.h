/*
 * split.h - statements of a text.
 *
 * A statement ends at a semicolon outside parentheses and outside a BEGIN ATOMIC … END body (psql's rule for
 * SQL-standard function bodies: PostgreSQL src/fe_utils/psqlscan.l), at a psql backslash command, before a line that
 * divides a file for a runner (-- migrate:up, -- +goose Down and their like, at the beginning of a line), or at the
 * end of the text. CREATE RULE … DO ( a; b ) is one statement by its parentheses. COPY … FROM STDIN takes its data
 * block with it. A template tag alone on a line before a statement or another tag is a statement of its own.
 *
 * One odd line does not lose the rest of a file:
 * - A semicolon inside a parenthesis that nothing closes still ends the statement when the next token is the first
 *   on its line and a key word that begins statements. Inside CREATE RULE's actions and BEGIN ATOMIC bodies, where
 *   that is the normal case, only key words count that cannot stand there (CREATE, ALTER, DROP, GRANT …, not SELECT
 *   or INSERT).
 * - A string, quoted name, dollar quote or comment that never ends is cut before the first semicolon in it that ends
 *   a line and is followed by a line that begins with such a key word; at most SPLIT_MAX_RECOVERIES times in a text,
 *   so that time stays linear. Without such a place it goes on to the end of the text.
 * Such a statement says so in `broken`.
 */
#ifndef MIGRATE_SQL_SPLIT_H
#define MIGRATE_SQL_SPLIT_H

#include "base/vec.h"
#include "sql/lex.h"

enum { STATEMENT_MAX_TOKENS = 1 << 18 }; /* tokens kept of one statement; see .cut */
enum { SPLIT_MAX_RECOVERIES = 32 };

struct statement {
    uint32_t start, end; /* from the first token to the end of the last one, the semicolon not included */
    /*
     * Where the comments right before the statement begin; == start when there are none. An empty line between them and
     * the statement, or among them, cuts them off; so does standing on the line where the statement before ends.
     */
    uint32_t comments_start;
    struct token *tokens; /* without comments, semicolon and COPY data; the splitter's until its next call */
    size_t n_tokens;
    bool terminated;      /* a semicolon ends it */
    bool cut;             /* longer than STATEMENT_MAX_TOKENS: the tokens beyond are not in .tokens */
    bool has_placeholder; /* a TOK_PLACEHOLDER among its tokens */
    bool psql;            /* a backslash command; one TOK_PSQL token */
    enum lex_bad broken;  /* the first TOK_BAD in it, else LEX_UNCLOSED when a parenthesis or BEGIN ATOMIC stays open */
    uint32_t broken_at;   /* where that is: the bad token, the parenthesis, the BEGIN */
    uint32_t copy_start, copy_end; /* the data block behind COPY … FROM STDIN (or \copy); equal when there is none */
};

struct splitter {
    struct lexer lx;
    VEC(struct token) tokens;
    struct token ahead;
    bool has_ahead;
    uint32_t ended;      /* behind the last statement, its semicolon, data and comments on the same line; 0: none yet */
    unsigned recoveries; /* unterminated tokens cut short so far */
};

/*
 * Split text[start, end). Offsets in statements count from the beginning of text. The text stays the caller's and
 * must outlive the splitter; at most LEX_MAX_TEXT bytes of it are read.
 */
void splitter_init(struct splitter *sp, struct str text, uint32_t start, uint32_t end);
bool splitter_next(struct splitter *sp, struct statement *st); /* false: no more. Empty statements are passed over. */
void splitter_free(struct splitter *sp);

/* Is token i of the statement this key word? False beyond the end. */
static inline bool statement_is(const struct statement *st, size_t i, enum keyword kw)
{
    return i < st->n_tokens && st->tokens[i].kind == TOK_WORD && st->tokens[i].keyword == kw;
}

/* BEGIN or START TRANSACTION, with whatever modes. Source for both: TransactionStmt in PostgreSQL's gram.y. */
static inline bool statement_begins_block(const struct statement *st)
{
    return statement_is(st, 0, KW_BEGIN) || (statement_is(st, 0, KW_START) && statement_is(st, 1, KW_TRANSACTION));
}

/* COMMIT, END, ROLLBACK or ABORT of the transaction itself, or PREPARE TRANSACTION; neither ROLLBACK TO nor … PREPARED. */
static inline bool statement_ends_block(const struct statement *st)
{
    const bool ends = statement_is(st, 0, KW_COMMIT) || statement_is(st, 0, KW_END) ||
                      statement_is(st, 0, KW_ROLLBACK) || statement_is(st, 0, KW_ABORT);
    const size_t more = statement_is(st, 1, KW_WORK) || statement_is(st, 1, KW_TRANSACTION) ? 2 : 1;
    return ends ? !statement_is(st, more, KW_TO) && !statement_is(st, 1, KW_PREPARED)
                : statement_is(st, 0, KW_PREPARE) && statement_is(st, 1, KW_TRANSACTION);
}

#endif

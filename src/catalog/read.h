/*
 * read.h - a cursor over the tokens of one statement, for the recursive descent of replay.
 *
 * Every reading function moves the cursor only when it succeeds, and never past `end`. Names are folded and unquoted,
 * copied to the catalog's arena.
 */
#ifndef MIGRATE_CATALOG_READ_H
#define MIGRATE_CATALOG_READ_H

#include "catalog/model.h"
#include "sql/split.h"

struct reader {
    struct catalog *c;
    struct str text;
    const struct statement *st;
    size_t first;  /* where it began */
    size_t i, end; /* the next token; the one behind the last */
    struct origin at;
};

/* Token i; TOK_END when it is not before `end`. Replay asks so little of so many words that these are here in full. */
static inline struct token rd_token(const struct reader *rd, size_t i)
{
    return i < rd->end ? rd->st->tokens[i] : (struct token){.kind = TOK_END};
}

static inline bool rd_done(const struct reader *rd)
{
    return rd->i >= rd->end;
}

/* Is the token so far ahead this key word? */
static inline bool rd_is_at(const struct reader *rd, size_t ahead, enum keyword kw)
{
    const size_t i = rd->i + ahead;
    return i < rd->end && rd->st->tokens[i].kind == TOK_WORD && rd->st->tokens[i].keyword == kw;
}

static inline bool rd_is(const struct reader *rd, enum keyword kw)
{
    return rd_is_at(rd, 0, kw);
}

/* Is the next token this one-character token? */
static inline bool rd_is_self(const struct reader *rd, char c)
{
    return rd->i < rd->end && rd->st->tokens[rd->i].kind == TOK_SELF &&
           rd->st->tokens[rd->i].keyword == (unsigned char)c;
}

static inline bool rd_take(struct reader *rd, enum keyword kw)
{
    const bool is = rd_is(rd, kw);
    rd->i += is;
    return is;
}

/* Both or none. */
static inline bool rd_take2(struct reader *rd, enum keyword first, enum keyword second)
{
    const bool is = rd_is(rd, first) && rd_is_at(rd, 1, second);
    rd->i += is ? 2 : 0;
    return is;
}

static inline bool rd_take3(struct reader *rd, enum keyword first, enum keyword second, enum keyword third)
{
    const bool is = rd_is(rd, first) && rd_is_at(rd, 1, second) && rd_is_at(rd, 2, third);
    rd->i += is ? 3 : 0;
    return is;
}

static inline bool rd_take_self(struct reader *rd, char c)
{
    const bool is = rd_is_self(rd, c);
    rd->i += is;
    return is;
}

bool rd_if_exists(struct reader *rd);     /* IF EXISTS */
bool rd_if_not_exists(struct reader *rd); /* IF NOT EXISTS */

/* A name where the grammar has ColId: not a reserved word, nor one that may only name a function or type. */
bool rd_name(struct reader *rd, struct str *name);
/* A name where any word is allowed: behind a dot, labels, function and type names. */
bool rd_any_name(struct reader *rd, struct str *name);
/* [database.][schema.]name; schema is empty when it is not there. */
bool rd_qualified(struct reader *rd, struct str *schema, struct str *name);
/* The same for a function's or type's name. */
bool rd_qualified_any(struct reader *rd, struct str *schema, struct str *name);
bool rd_name_list(struct reader *rd, struct name_list *names); /* ( a, b ) */
bool rd_string(struct reader *rd, struct str *value);          /* any string constant */
bool rd_is_string(const struct reader *rd);

/* At an opening parenthesis: the tokens inside are [*first, *last), and the cursor moves behind the closing one. */
bool rd_parens(struct reader *rd, size_t *first, size_t *last);
/* From token i on, the first `,` at this depth, or the closing parenthesis or bracket around it, or end. */
size_t rd_comma(const struct reader *rd, size_t i, size_t end);
/* A reader of its own over [first, last). */
struct reader rd_part(const struct reader *rd, size_t first, size_t last);
void rd_skip_to_end(struct reader *rd);
/* The source text of [first, last). */
struct str rd_source(const struct reader *rd, size_t first, size_t last);

#endif

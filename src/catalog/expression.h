/*
 * expression.h - what can be said of an expression from its tokens alone: its canonical text, the columns it mentions, the
 * columns that it proves to be not null.
 *
 * Each function reads tokens [first, last) of a statement; `text` is what the statement was split from.
 */
#ifndef MIGRATE_CATALOG_EXPRESSION_H
#define MIGRATE_CATALOG_EXPRESSION_H

#include "catalog/read.h"

/* A range of tokens. */
struct span {
    size_t first, last;
};

/* Lex a text of its own (a stored expression, a function's body) into one statement with tokens from the arena. */
struct statement expression_lex(struct arena *a, struct str text);
/* The same with everything behind semicolons, too: a procedure's body. */
struct statement expression_lex_all(struct arena *a, struct str text);

/* Token i is this one character. */
static inline bool expression_is_self(const struct statement *st, size_t i, char c)
{
    return i < st->n_tokens && st->tokens[i].kind == TOK_SELF && st->tokens[i].keyword == (unsigned char)c;
}
/* Add a name once. No table has more columns than the server's 1600; that limit keeps hostile input from taking quadratic time. */
void expression_add_name(struct arena *a, struct name_list *names, struct str name);

/* Without parentheses around the whole. */
struct span expression_strip(const struct statement *st, size_t first, size_t last);

/*
 * The tokens joined by one space, as shapes are: outer parentheses off, key words upper case, names folded and quoted only where
 * they must be, a qualified name in one piece, != as <>. Constants stay as written. Two expressions with the same canonical
 * text mean the same (under the same search_path); the reverse does not hold.
 */
struct str expression_canonical(struct arena *a, struct str text, const struct statement *st, size_t first,
                                size_t last);

/* Add the columns of r that are mentioned. Where r is not complete, any name at the place of an operand counts. */
void expression_columns(struct arena *a, struct str text, const struct statement *st, size_t first, size_t last,
                        const struct relation *r, struct name_list *out);

/*
 * Add the columns that are not null wherever the condition is true or null, as a CHECK allows: `a IS NOT NULL`, NOT (a IS NULL),
 * any of these in an AND, or in every arm of an OR.
 */
void expression_not_null(struct arena *a, struct str text, const struct statement *st, size_t first, size_t last,
                         struct name_list *out);

/* Does it mention the column, or call a function of that name? */
bool expression_names(struct arena *a, struct str expression, struct str column);
bool expression_calls(struct arena *a, struct str expression, struct str function);

/* A canonical text with column `from` called `to`. */
struct str expression_rename(struct arena *a, struct str expression, struct str from, struct str to);

/* The name that an index gives an expression column: of the column, function or type at its top, else "expr". */
struct str expression_label(struct arena *a, struct str text, const struct statement *st, size_t first, size_t last);

/*
 * A word of an expression that is a name. Used by the functions above and by expression_volatile().
 */
enum word_role { WORD_COLUMN, WORD_FUNCTION, WORD_VALUE /* CURRENT_DATE and its like */ };
struct word {
    enum word_role role;
    struct str schema, name;
    size_t token; /* of the name's last part */
    size_t parts; /* 2: a.b */
};
/* The next one at or behind rd->i, which moves behind it. False: no more. */
bool expression_word(struct reader *rd, struct word *word);

#endif

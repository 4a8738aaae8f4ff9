/*
 * shape.h - the canonical text of a statement that rulebook patterns match, and the map from offsets to lines.
 *
 * Exactly:
 * - Tokens are joined by one space. Comments, the semicolon at the end and COPY data are gone.
 * - A TOK_WORD that is a key word (keyword.h: of any version 13 to 18, whatever its category) is written in upper
 *   case, also where it is used as a name: ALTER TABLE value ADD type text is "ALTER TABLE VALUE ADD TYPE TEXT".
 *   Patterns decide by position; the name is recovered by shape_range() and token_name(). Reserved key words are
 *   never names.
 * - Any other name, quoted or not, is folded (when not quoted), cut to 63 bytes and written bare when it matches
 *   [a-z_\x80-\xff][a-z0-9_$\x80-\xff]* and is no key word: "orders", Orders and U&"\006frders" are all orders.
 *   Otherwise it is in quotes, with quotes inside doubled: "Orders", "select", "type", "a b". So one name has one
 *   spelling, except that type and "type" differ (TYPE and "type").
 * - A placeholder is a quoted name of its source, a long one cut with three dots: ${x} is "${x}". It is matched as a
 *   name anywhere.
 * - So a name is one of   "(?:[^"]|"")+"   [a-z_\x80-\xff][a-z0-9_$\x80-\xff]*   [A-Z][A-Z_]*   and names are
 *   qualified by a dot without spaces: a.b.c, "S".t, public.TYPE, "${schema}".t; and t.*.
 * - No space before a dot, ::, [ or ] when a name, a string, a closing parenthesis or bracket is before it (a number
 *   or a parameter too, but not before a dot); none behind a dot before a name or a *; none behind :: or [ before a
 *   name, number, string or parameter. So: ''::TEXT  a::NUMERIC ( 10 , 2 )  INTEGER[]  INTEGER[3]  ARRAY['' , '']
 *   and ( f ( x ) ).y
 * - Parentheses, commas and operators are tokens like others: numeric(10,2) is NUMERIC ( 10 , 2 ).
 * - Every string constant, whatever its kind (dollar quotes, bit strings too), is ''. Numbers, parameters and
 *   operators stand as written; a negative number is two tokens: - 1. A UESCAPE and its character are dropped.
 * - A TOK_BAD is one \ and a psql command is its \word without arguments; there is no other backslash outside quotes.
 * - Only inside a quoted name can there be spaces, parentheses, line ends or other control characters that are not
 *   the shape's own: a pattern for "any tokens" must take quoted names whole, "(?:[^"]|"")*" or [^"].
 *
 * A multi-action ALTER gives one shape per action with the head repeated: ALTER [FOREIGN] TABLE, INDEX, SEQUENCE,
 * [MATERIALIZED] VIEW, TYPE or DOMAIN [IF EXISTS] [ONLY] name [*], then actions separated by commas outside
 * parentheses and brackets. ALTER TABLE ALL IN TABLESPACE … is one shape, and so is DROP TABLE a, b.
 */
#ifndef MIGRATE_SQL_SHAPE_H
#define MIGRATE_SQL_SHAPE_H

#include "sql/split.h"

/*
 * A shape's text is at most SHAPE_MAX_TEXT bytes long. Of a longer one each parenthesis has its first 64 tokens, with what they
 * hold, so that DELETE … WHERE id IN ( a hundred thousand ) is told by how it begins and ends; what would pass the limit all the same
 * is left out, from a token on, and `cut` says so. A head that may be longer than SHAPE_MAX_HEAD, or than SHAPE_MAX_HEADS when repeated for all actions, is
 * not repeated: the statement is then one shape, as if it had one action. (A name counts by its source and at most
 * 63 bytes, doubled when in quotes.)
 */
enum { SHAPE_MAX_TEXT = 64 * 1024, SHAPE_MAX_HEAD = 1024, SHAPE_MAX_HEADS = 8 * 1024 * 1024 };

struct shape_token {
    uint32_t at;    /* where it starts in the shape's text */
    uint32_t token; /* which token of the statement it is */
};

struct shape {
    struct str text;
    struct shape_token *tokens; /* ascending in both members */
    size_t n_tokens;
    uint32_t action; /* 0-based number of the action in a multi-action ALTER */
    uint32_t n_actions;
    uint32_t first, last; /* the tokens [first, last) of the action itself in the statement; of one action, all */
    bool cut;             /* the text stops before the statement (or action) does, or the statement itself was .cut */
};

VEC_DECLARE(shape_list, struct shape);

/*
 * The shapes of a statement, at least one, appended to *out. Texts, tokens and the list's growth are in the arena.
 * `text` is what the statement was split from. Time and memory are linear in the statement, plus the head for each
 * action.
 */
void shape_of(struct str text, const struct statement *st, struct arena *a, struct shape_list *out);

/*
 * The statement's tokens that the bytes [start, end) of the shape's text stand for: [*first, *last). Part of a token
 * counts as the token, a space as the token before it. Empty for an empty range.
 */
void shape_range(const struct shape *s, uint32_t start, uint32_t end, size_t *first, size_t *last);

/*
 * Line and column (from 1, columns in characters, a tab is one) of byte offsets: build once per text, then look up.
 * A line ends at \n, \r\n or a lone \r, as the lexer's comments do. A byte order mark is no column. In text that is
 * not UTF-8 every byte but 0x80-0xbf counts as a character.
 */
struct line_map {
    struct str text;
    VEC(uint32_t) starts;
    VEC(uint32_t) chars; /* characters before each LINE_MAP_BLOCK bytes, so that long lines cost no more */
};
enum { LINE_MAP_BLOCK = 1024 };

void line_map_init(struct line_map *m, struct str text); /* keeps the view; malloc memory until line_map_free() */
void line_map_free(struct line_map *m);
/* Offsets beyond the end count as the end. */
void line_map_find(const struct line_map *m, uint32_t offset, unsigned *line, unsigned *column);
struct str line_map_line(const struct line_map *m,
                         unsigned line); /* without its line end; empty when there is no such line */

#endif

/*
 * shape.h - the canonical text of a statement that rulebook patterns match.
 *
 * Tokens joined by one space; comments gone; key words upper case where they are not used as a name of their own (every
 * TOK_WORD that is a key word is written upper case: patterns decide by position); other names folded and written
 * bare when PostgreSQL would print them bare, otherwise "quoted"; a qualified name a.b.c is joined without spaces; strings, dollar bodies, bit
 * strings are masked as '' ; numbers and operators stand as written; a placeholder is a name written $placeholder$ … as "${…}".
 * A type cast :: and array brackets stand without spaces around them as tokens do.
 *
 * A multi-action ALTER TABLE (INDEX, TYPE, DOMAIN …: see shape_actions) gives one shape per action with the head repeated.
 */
#ifndef MIGRATE_SQL_SHAPE_H
#define MIGRATE_SQL_SHAPE_H

#include "sql/split.h"

struct shape {
    struct str text;
    /* For each shape token: where it starts in .text, and which token of the statement it is. Ascending in both. */
    struct shape_token {
        uint32_t at;
        uint32_t token;
    } *tokens;
    size_t n_tokens;
    uint32_t action;   /* 0-based number of the action in a multi-action ALTER */
    uint32_t n_actions;
    uint32_t first, last; /* the token range [first, last) of the action itself in the statement (the whole statement if only one) */
};

VEC_DECLARE(shape_list, struct shape);

/* The shapes of a statement, at least one, from the arena. `text` is what the statement was split from. */
void shape_of(struct str text, const struct statement *st, struct arena *a, struct shape_list *out);

/* The statement's tokens that the bytes [start, end) of the shape's text stand for: [*first, *last). */
void shape_range(const struct shape *s, uint32_t start, uint32_t end, size_t *first, size_t *last);

/* Line and column (from 1, columns in characters, a tab is one) of byte offsets: build once per text, then look up. */
struct line_map {
    struct str text;
    VEC(uint32_t) starts;
};
void line_map_init(struct line_map *m, struct str text);
void line_map_free(struct line_map *m);
void line_map_find(const struct line_map *m, uint32_t offset, unsigned *line, unsigned *column);
struct str line_map_line(const struct line_map *m, unsigned line); /* without its line end */

#endif

/*
 * walk.h - the tokens of a whole file, comments among them, with the data of COPY … FROM STDIN as one token each.
 */
#ifndef MIGRATE_MIGRATION_WALK_H
#define MIGRATE_MIGRATION_WALK_H

#include "sql/lex.h"

struct walk {
    struct lexer lx;
    bool inside;     /* a statement has begun */
    bool copy;       /* it begins with COPY */
    bool from_stdin; /* … and says FROM STDIN: data follow its semicolon */
    uint16_t previous;
};

/* Begin at an offset of the text, behind a byte order mark. The text must outlive the walk. */
void walk_from(struct walk *w, struct str text, uint32_t start);
/* The next token begins a statement, whatever came before. */
void walk_break(struct walk *w);
/* TOK_END at the end, as lex_next(). */
struct token walk_next(struct walk *w);

#endif

/*
 * body_text.h - writing into a copy of a text what the server reads there, byte for byte in its place. For body.c only.
 */
#ifndef MIGRATE_RULES_BODY_TEXT_H
#define MIGRATE_RULES_BODY_TEXT_H

#include "sql/lex.h"

struct body_text {
    struct str text;  /* as it is now: the text itself, or *copy */
    struct str *copy; /* empty until something is written */
    struct arena *a;
};

/* Write words over text[start, end), blanks behind them. They must fit. */
void body_text_write(struct body_text *t, uint32_t start, uint32_t end, struct str words);
void body_text_blank(struct body_text *t, uint32_t start, uint32_t end);
/*
 * Make [*start, *end) the place of a string's value, which the tokens from `first` to `last` stand for: where it stands
 * already when it is written as it is, else written there, its lines where they were as far as they are as many.
 */
void body_text_put(struct body_text *t, struct token first, struct token last, struct str value, uint32_t *start,
                   uint32_t *end);

#endif

#include "migration/walk.h"

void walk_from(struct walk *w, struct str text, uint32_t start)
{
    *w = (struct walk){0};
    lex_init(&w->lx, text, true);
    w->lx.comments = true;
    w->lx.at = start > w->lx.at ? start : w->lx.at; /* behind a byte order mark */
}

void walk_break(struct walk *w)
{
    *w = (struct walk){.lx = w->lx};
}

struct token walk_next(struct walk *w)
{
    if (w->from_stdin && !w->inside) {
        walk_break(w);
        return lex_copy_data(&w->lx);
    }
    const struct token t = lex_next(&w->lx);
    if (t.kind == TOK_COMMENT) {
        return t;
    }
    if (t.kind == TOK_PSQL || (t.kind == TOK_SELF && t.keyword == ';')) {
        const bool data_follow = w->from_stdin && t.kind == TOK_SELF;
        walk_break(w);
        w->from_stdin = data_follow;
        return t;
    }
    const uint16_t word = t.kind == TOK_WORD ? t.keyword : (uint16_t)KW_NONE;
    w->copy = w->inside ? w->copy : word == KW_COPY;
    w->from_stdin = w->from_stdin || (w->copy && w->previous == KW_FROM && word == KW_STDIN);
    w->previous = word;
    w->inside = true;
    return t;
}

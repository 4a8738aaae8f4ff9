/* The judge's walk through the bodies of DO blocks. */
#include "rules/body.h"
#include "rules/ending.h"
#include "rules/judge_walk.h"

enum { MAX_NAMED_LINES = 3 };

/* The directives before a statement of PL/pgSQL. What asks for steps of its own cannot be had within a block. */
static void read_inner_directives(struct walk *w, const struct body_piece *piece)
{
    struct judged_statement s = {.st = {.start = piece->start, .end = piece->end},
                                 .source = str_slice(w->text, piece->start, piece->end)};
    uint32_t at = 0;
    if (w->status || piece->comments_start >= piece->comments_end) {
        return;
    }
    w->status = directives_parse(w->text, piece->comments_start, piece->comments_end, w->a, &s.directives, &at, w->err);
    if (w->status) {
        place_error(w->err, w->m->file, w->text, at);
    }
    for (size_t i = 0; i < s.directives.n && !w->status; i++) {
        const struct directive *d = &s.directives.at[i];
        if (!suppress_is_allow(d)) {
            w->status = place_refuse(w->err, w->m->file, w->text, d->start,
                                     "migrate:%s within a DO block, which runs as a whole", directive_name(d->kind));
        }
    }
    if (s.directives.n > 0) {
        *vec_push(w->a, &w->inner) = s;
    }
}

/* The statements of a piece; what they lock, the block locks. */
static void judge_piece(struct walk *w, struct judged_statement *block, const struct body_piece *piece)
{
    struct splitter sp;
    struct statement st;
    read_inner_directives(w, piece);
    splitter_init(&sp, w->text, piece->start, piece->end);
    while (splitter_next(&sp, &st)) {
        if (st.psql || walk_is_control(&st)) {
            continue; /* the server refuses these in EXECUTE, and so nothing comes of them */
        }
        struct judged_statement *s = walk_add(w, &st);
        walk_read(w, s);
        s->transaction = block->transaction;
        walk_judge(w, s);
        struct effects e = s->effects;
        e.supported = e.in_transaction = TRI_YES;
        e.class = CLASS_TRANSACTION;
        e.known = KNOWN_YES;
        effects_merge(&block->effects, &e, w->statement);
        if (statement_ends_transaction(w->j->catalog, w->a, w->text, &st) ==
            TRI_YES) { /* CALL of a procedure that commits */
            w->tx.held.n = 0;
        }
    }
    splitter_free(&sp);
}

/* "EXECUTE of text made at run time, line 4, 7 and 9". */
static struct str unread_text(struct walk *w, const struct body *body)
{
    static const struct {
        enum body_kind kind;
        const char *text;
    } kinds[] = {{BODY_EXECUTE, "EXECUTE of text that is made at run time"},
                 {BODY_BROKEN, "what is no PL/pgSQL"},
                 {BODY_LANGUAGE, "a program in another language than PL/pgSQL"}};
    struct strbuf out;
    strbuf_init(&out, 4096);
    for (size_t k = 0; k < countof(kinds); k++) {
        unsigned n = 0, line, column, last = 0;
        for (size_t i = 0; i < body->pieces.n; i++) {
            if (body->pieces.at[i].kind != kinds[k].kind) {
                continue;
            }
            line_map_find(&w->lines, body->pieces.at[i].start, &line, &column);
            if (n == 0) {
                strbuf_addf(&out, "%s%s, line %u", out.n > 0 ? "; " : "", kinds[k].text, line);
            } else if (line != last && n < MAX_NAMED_LINES) {
                strbuf_addf(&out, ", %u", line);
            } else if (line != last && n == MAX_NAMED_LINES) {
                strbuf_add_cstr(&out, ", …");
            }
            n += line != last;
            last = line;
        }
    }
    const struct str text = arena_str(w->a, strbuf_str(&out));
    strbuf_free(&out);
    return text;
}

void walk_body(struct walk *w, struct judged_statement *block)
{
    struct body body;
    const struct str outer = w->text;
    const bool shared = w->tx.shared;
    if (w->depth == MAX_BODY_DEPTH) {
        block->unread = STR("DO within DO within DO");
        return;
    }
    body_read(w->text, &block->st, w->a, &w->copy, &body);
    block->unread = unread_text(w, &body);
    w->text = body.text;
    w->depth++;
    w->tx.shared = true; /* whatever the block runs in, its statements share it */
    for (size_t i = 0; i < body.pieces.n; i++) {
        if (body.pieces.at[i].kind == BODY_SQL) {
            judge_piece(w, block, &body.pieces.at[i]);
        } else if (body.pieces.at[i].kind == BODY_COMMITS) {
            w->tx.held.n = 0;
        }
    }
    w->tx.shared = shared;
    w->depth--;
    w->text = outer;
}

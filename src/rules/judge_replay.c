/* The judge's state without findings: kept, put back, and brought forward by files that are not judged themselves. */
#include "catalog/replay.h"
#include "rules/body.h"
#include "rules/judge_walk.h"

#define BODIES_MAX ((size_t)4 << 30) /* of a file: a copy of its text, and the strings of its blocks */

struct judge_saved {
    struct catalog catalog;
    struct arena_copy *memory;
    uint32_t files, transactions, statements, undoes;
};

struct judge_saved *judge_save(struct judge *j, bool undoes)
{
    struct judge_saved *s = mem_alloc(sizeof *s);
    *s = (struct judge_saved){
        .catalog = *j->catalog, .files = j->files, .transactions = j->transactions, .statements = j->statements};
    s->memory = arena_save(j->catalog->arena);
    s->undoes = j->undoes;
    j->undoes = undoes ? j->files : 0;
    return s;
}

void judge_restore(struct judge *j, struct judge_saved *s)
{
    struct arena scratch = j->catalog->scratch; /* empty, but its memory may be another now */
    *j->catalog = s->catalog;
    j->catalog->scratch = scratch;
    arena_restore(j->catalog->arena, s->memory);
    j->files = s->files;
    j->transactions = s->transactions;
    j->statements = s->statements;
    j->undoes = s->undoes;
    free(s);
}

/* What a statement does to the catalog, and before that what the statements of a DO block do. */
static void replay_statement(struct judge *j, struct str text, struct str *copy, const struct statement *st,
                             unsigned depth, struct arena *a)
{
    const struct origin at = {.file = j->files, .transaction = j->transactions, .statement = ++j->statements};
    struct body body = {.text = text};
    if (st->psql || st->broken) {
        return;
    }
    if (body_is_in(st) && depth < MAX_BODY_DEPTH) {
        body_read(text, st, a, copy, &body);
    }
    for (size_t i = 0; i < body.pieces.n; i++) {
        struct splitter sp;
        struct statement inner;
        if (body.pieces.at[i].kind != BODY_SQL) {
            continue;
        }
        splitter_init(&sp, body.text, body.pieces.at[i].start, body.pieces.at[i].end);
        while (splitter_next(&sp, &inner)) {
            replay_statement(j, body.text, copy, &inner, depth + 1, a);
        }
        splitter_free(&sp);
    }
    catalog_replay(j->catalog, text, st, at);
}

void judge_replay(struct judge *j, const struct migration *m)
{
    struct splitter sp;
    struct statement st;
    struct arena bodies;
    struct str copy = {0};
    if (!m->up.present) {
        return;
    }
    j->files++;
    j->catalog->server_version = j->options.server_version;
    arena_init(&bodies, BODIES_MAX);
    const struct migration_part part = runner_part(j->options.runner, m->text, &m->up);
    splitter_init(&sp, m->text, part.start, part.end);
    while (splitter_next(&sp, &st)) {
        j->transactions++;
        replay_statement(j, m->text, &copy, &st, 0, &bodies);
    }
    splitter_free(&sp);
    arena_free(&bodies);
}

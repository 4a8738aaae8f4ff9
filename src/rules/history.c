#include "rules/history.h"

enum { HISTORY_MAX = 256 * 1024 * 1024, KEPT_MAX = 20000, KEPT_BYTES = 64 * 1024 * 1024 };

/* A hazard that waits for the end, and its finding. */
struct kept {
    struct deferred deferred;
    struct finding finding;
    const struct migration *migration; /* of the copied text */
};

struct history {
    struct arena arena;
    VEC(struct kept) kept;
};

struct history *history_new(void)
{
    struct history *h = mem_alloc(sizeof *h);
    *h = (struct history){0};
    arena_init(&h->arena, HISTORY_MAX);
    return h;
}

void history_free(struct history *h)
{
    if (h) {
        arena_free(&h->arena);
        free(h);
    }
}

void history_findings(struct finding_context *c, struct finding_list *later)
{
    struct finding_context there = *c;
    there.out = later;
    for (size_t i = 0; i < c->deferred.n; i++) {
        if (c->deferred.at[i].hazard->ask == ASK_END_OF_HISTORY) {
            finding_of_deferred(&there, &c->deferred.at[i]);
        }
    }
}

/* ---- copies ------------------------------------------------------------------------------------------------------ */

static void *copied(struct arena *a, const void *from, size_t n, size_t size)
{
    void *to = arena_alloc(a, mem_size(n + 1, size));
    if (n > 0) {
        memcpy(to, from, n * size);
    }
    return to;
}

static struct migration *copy_migration(struct arena *a, const struct migration *m)
{
    struct migration *copy = arena_new(a, struct migration);
    *copy = (struct migration){.file = arena_str(a, m->file), .text = arena_str(a, m->text)};
    return copy;
}

static struct classified *copy_classified(struct arena *a, const struct classified *from, struct str text)
{
    struct classified *to = copied(a, from, 1, sizeof *from);
    struct shape *shape = copied(a, from->shape, 1, sizeof *from->shape);
    struct statement *st = copied(a, from->statement, 1, sizeof *from->statement);
    shape->text = arena_str(a, from->shape->text);
    shape->tokens = copied(a, from->shape->tokens, shape->n_tokens, sizeof shape->tokens[0]);
    st->tokens = copied(a, from->statement->tokens, st->n_tokens, sizeof st->tokens[0]);
    to->text = text;
    to->shape = shape;
    to->statement = st;
    return to;
}

static struct finding copy_finding(struct arena *a, const struct finding *from, struct str file)
{
    struct finding f = *from;
    struct str *const texts[] = {&f.message, &f.remark, &f.instead, &f.note, &f.statement, &f.suppressed_by, &f.reason};
    for (size_t i = 0; i < countof(texts); i++) {
        *texts[i] = arena_str(a, *texts[i]);
    }
    f.file = file;
    f.locks.at = copied(a, from->locks.at, from->locks.n, sizeof from->locks.at[0]);
    f.locks.cap = f.locks.n;
    return f;
}

void history_keep(struct history *h, struct finding_context *c, const struct finding_list *later, struct arena *scratch)
{
    struct arena *a = &h->arena;
    const struct migration *m = NULL;
    struct str bodies = STR_NONE; /* what DO blocks made of the text: one for all of the file's */
    size_t n = 0;
    for (size_t i = 0; i < c->deferred.n; i++) {
        struct deferred *d = &c->deferred.at[i];
        bool unknown;
        if (d->hazard->ask != ASK_END_OF_HISTORY || n == later->n) {
            continue;
        }
        if (h->kept.n >= KEPT_MAX || a->used >= KEPT_BYTES) {
            if (deferred_applies(d, scratch, &unknown)) {
                *vec_push(c->a, c->out) = later->at[n];
            }
            arena_reset(scratch);
            n++;
            continue;
        }
        m = m ? m : copy_migration(a, c->migration);
        struct kept *k = vec_push(a, &h->kept);
        *k = (struct kept){.deferred = *d, .finding = copy_finding(a, &later->at[n++], m->file), .migration = m};
        const bool own = d->eval.what->text.p == c->migration->text.p;
        if (!own && !bodies.p) {
            bodies = arena_str(a, d->eval.what->text);
        }
        k->deferred.eval.what = copy_classified(a, d->eval.what, own ? m->text : bodies);
        k->deferred.eval.statement = NULL;
        k->deferred.eval.transaction = NULL;
        k->deferred.eval.session = NULL;
        k->deferred.eval.part = NULL;
        k->deferred.eval.effects = NULL;
    }
}

void history_finish(struct history *h, struct arena *a, struct judged_part_list *out)
{
    struct arena scratch;
    *out = (struct judged_part_list){0};
    arena_init(&scratch, HISTORY_MAX);
    for (size_t i = 0; i < h->kept.n; i++) {
        struct kept *k = &h->kept.at[i];
        bool unknown;
        if (deferred_applies(&k->deferred, &scratch, &unknown)) {
            struct judged_part *part = out->n > 0 ? &out->at[out->n - 1] : NULL;
            if (!part || part->migration != k->migration) {
                part = vec_push(a, out);
                *part = (struct judged_part){.migration = k->migration, .finished = true};
            }
            *vec_push(a, &part->findings) = k->finding;
        }
        arena_reset(&scratch);
    }
    arena_free(&scratch);
    h->kept.n = 0;
}

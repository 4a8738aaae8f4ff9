/*
 * Where a migration that was begun goes on.
 *
 * The plan was made from the catalog as it is now, with the first steps done, so it may cut the file into other steps than the plan that was
 * begun: a type that was changed already needs no rewrite any more, and its ALTER TABLE joins its neighbours. The statements are what counts: those
 * of the recorded steps must be the first of the plan, and what follows them is still to be done, if need be from the middle of a step.
 */
#include "exec/edit.h"
#include "exec/run.h"

enum { EDIT_LINES = 8 };

static void flatten(const struct step_list *steps, struct arena *a, struct planned_statement_list *out)
{
    for (size_t i = 0; i < steps->n; i++) {
        for (size_t k = 0; k < steps->at[i].statements.n; k++) {
            *vec_push(a, out) = steps->at[i].statements.at[k];
        }
    }
}

/* The plan's step that the statement at `offset` (of all) is in; *start: offset of its first. */
static const struct step *step_of(const struct step_list *steps, size_t offset, size_t *start)
{
    *start = 0;
    for (size_t i = 0; i < steps->n; i++) {
        if (offset < *start + steps->at[i].statements.n) {
            return &steps->at[i];
        }
        *start += steps->at[i].statements.n;
    }
    return NULL;
}

/* A step of n statements from offset on, otherwise like the plan's step at that place. */
static struct step slice(const struct step_list *plan, const struct planned_statement_list *all, size_t offset,
                         size_t n)
{
    size_t start;
    struct step made = *step_of(plan, offset, &start);
    made.statements.at = all->at + offset;
    made.statements.n = made.statements.cap = n;
    step_hash(&made);
    return made;
}

/* What the file was when its first step ran, beside what it is. */
static void show_edit(struct run *r, const struct item *it, struct error *err)
{
    const struct param version = {it->params.version};
    struct rows *rows = NULL;
    struct error ignored;
    struct strbuf diff;
    if (session_query(r->s, r->sql.at[HSQL_FILE_TEXT], &version, 1, ANSWER_MS, &rows, &ignored)) {
        return; /* the error itself is told all the same */
    }
    strbuf_init(&diff, sizeof(err->detail) - 1);
    if (rows_count(rows) > 0 && !rows_null(rows, 0, 0)) {
        edit_show(rows_value(rows, 0, 0), it->m->bytes.p ? it->m->bytes : it->m->text, EDIT_LINES, &diff);
        error_detail(err, "%s", strbuf_cstr(&diff));
    }
    strbuf_free(&diff);
    rows_free(rows);
}

static enum status changed(struct run *r, const struct item *it, const struct recorded_step *s,
                           const struct planned_statement_list *all, size_t offset, struct error *err)
{
    error_set(err, ST_CONFLICT, "step %u of migration %s %s was %s, but its statements are other ones now", s->ordinal,
              it->params.version, it->params.name, s->state == RECORDED_DONE ? "done" : "begun");
    error_place(err, it->m->file.p, offset < all->n ? all->at[offset].line : 0, 0);
    error_hint(err,
               "put the steps that are done back as they were (the file as it ran is in the history), and put changes"
               " into a new migration");
    show_edit(r, it, err);
    return ST_CONFLICT;
}

enum status item_align(struct run *r, struct item *it, struct str version, const struct recorded_list *recorded,
                       struct error *err)
{
    const struct step_list *plan = &it->plan->steps;
    struct planned_statement_list all = {0};
    struct step_list steps = {0};
    size_t offset = 0, start;
    flatten(plan, &r->arena, &all);
    for (size_t i = 0; i < recorded->n; i++) {
        const struct recorded_step *s = &recorded->at[i];
        if (!str_eq(s->version, version) || s->state == RECORDED_FAILED) {
            continue;
        }
        struct step made = {.kind = s->kind};
        if (s->statements > 0 && s->statements <= all.n - offset) {
            made = slice(plan, &all, offset, s->statements);
            made.kind = s->kind;
            step_hash(&made);
        }
        const bool same = strcmp(made.sha256, s->sha256) == 0 && s->ordinal == steps.n + 1;
        made.ordinal = s->ordinal;
        if (s->state == RECORDED_STARTED && !same && s->kind != STEP_BACKFILL && s->kind != STEP_SHADOW) {
            /* Another text for a step that was only begun is how a mistake in it is mended; a backfill has changed rows already. */
            continue;
        }
        if (!same || (s->kind == STEP_BACKFILL && !made.batch) || (s->kind == STEP_SHADOW && !made.shadow)) {
            return changed(r, it, s, &all, offset, err);
        }
        *vec_push(&r->arena, &steps) = made;
        offset += s->statements;
        if (s->state == RECORDED_STARTED) {
            it->started = true;
            it->started_pid = s->backend_pid;
            it->started_backend = s->backend_start;
        }
    }
    it->next = steps.n - it->started;
    while (offset < all.n) {
        const struct step *planned = step_of(plan, offset, &start);
        *vec_push(&r->arena, &steps) = slice(plan, &all, offset, start + planned->statements.n - offset);
        steps.at[steps.n - 1].ordinal = (unsigned)steps.n;
        offset = start + planned->statements.n;
    }
    it->steps = steps;
    return ST_OK;
}

#include "cmd/mirror.h"

#include "migration/sqitch_plan.h"

/* A change that sqitch knows by another id is another one to it. */
static bool is_row(const struct mirror *mirror, const struct foreign_row *row, const struct migration *m)
{
    return mirror->tool->match != FOREIGN_CHANGE ? foreign_is(mirror->tool, row, m, 0)
           : m->planned                          ? str_eq(row->id, m->planned->id)
                                                 : str_eq(row->key, m->name);
}

bool mirror_knows(const struct mirror *mirror, const struct foreign_row_list *rows, const struct migration *m)
{
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->at[i].complete && is_row(mirror, &rows->at[i], m)) {
            return true;
        }
    }
    return false;
}

/* What the other tool applied since is recorded, and no more to be run. */
static enum status take_over(struct context *c, const struct mirror *mirror, const struct foreign_row_list *rows,
                             struct chosen_list *chosen, struct error *err)
{
    const struct migration **done = arena_array(&c->arena, const struct migration *, chosen->n);
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < chosen->n; i++) {
        const struct chosen *one = &chosen->at[i];
        if (one->first_step == 0 && !one->migration->repeatable && mirror_knows(mirror, rows, one->migration)) {
            done[n++] = one->migration;
        } else {
            chosen->at[kept++] = *one;
        }
    }
    const enum status status = history_adopt(c->session, c->set.schema, done, n, NULL, err);
    for (size_t i = 0; i < n && !status; i++) {
        context_say(arena_printf(&c->arena, "%.*s %.*s was applied by %s: recorded\n", STR_ARG(done[i]->version),
                                 STR_ARG(done[i]->name), mirror->tool->name));
    }
    chosen->n = kept;
    return status;
}

static enum status refuse_undone(const struct mirror *mirror, const struct foreign_row_list *rows,
                                 const struct chosen_list *chosen, struct error *err)
{
    for (size_t i = 0; i < chosen->n; i++) {
        const struct migration *m = chosen->at[i].migration;
        if (chosen->at[i].first_step == 0 && !mirror_knows(mirror, rows, m)) {
            error_set(err, ST_CONFLICT, "%.*s %.*s is applied by our history and not by that of %s",
                      STR_ARG(m->version), STR_ARG(m->name), mirror->tool->name);
            error_hint(err, "if that tool undid it: migrate mark %.*s --pending", STR_ARG(m->version));
            return ST_CONFLICT;
        }
    }
    return ST_OK;
}

enum status mirror_open(struct context *c, struct mirror *out, struct foreign_row_list *rows, struct error *err)
{
    enum status status = mirror_read(c->session, c->set.schema, &c->arena, out, err);
    if (status || !out->tool) {
        return status;
    }
    status = foreign_lock(c->loop, c->session, out->tool, out->relation, c->set.run_lock_wait_ms, err);
    return status ? status : foreign_read(c->session, out->tool, out->relation, &c->arena, rows, err);
}

enum status mirror_begin(struct context *c, struct chosen_list *chosen, bool down, struct mirror *out,
                         struct error *err)
{
    struct foreign_row_list rows = {0};
    enum status status = mirror_open(c, out, &rows, err);
    if (!status && out->tool) {
        status = down ? refuse_undone(out, &rows, chosen, err) : take_over(c, out, &rows, chosen, err);
    }
    return status;
}

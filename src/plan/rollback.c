#include "plan/rollback.h"

#include "plan/batch.h"

static bool is_one_of(struct str form, const struct str *heads, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_starts(form, heads[i]) && (form.n == heads[i].n || form.p[heads[i].n] == '-')) {
            return true;
        }
    }
    return false;
}

/* Forms after which rows or values are not there any more. What only takes a definition away can be written anew. */
static bool takes_data(struct str form)
{
    static const struct str heads[] = {
        STR_INIT("drop-table"),
        STR_INIT("drop-column"),
        STR_INIT("drop-schema"),
        STR_INIT("drop-sequence"),
        STR_INIT("drop-type-cascade"),
        STR_INIT("drop-domain-cascade"),
        STR_INIT("drop-extension"),
        STR_INIT("drop-owned"),
        STR_INIT("drop-database"),
        STR_INIT("truncate"),
        STR_INIT("delete"),
        STR_INIT("update"),
        STR_INIT("merge"),
        STR_INIT("with-update"),
        STR_INIT("with-delete"),
        STR_INIT("drop-expression"),
    };
    return is_one_of(form, heads, countof(heads));
}

/* What may do anything. */
static bool is_opaque(struct str form)
{
    static const struct str heads[] = {STR_INIT("do"), STR_INIT("call")};
    return is_one_of(form, heads, countof(heads));
}

static bool is_since(struct origin made, uint32_t from)
{
    return from > 0 && made.statement > 0 && made.file >= from;
}

/* An UPDATE of columns that were not there before overwrites nothing. */
static bool fills_new_columns(const struct migration_plan *p, const struct judged_statement *st, uint32_t from,
                              struct arena *a)
{
    struct batch_spec spec = {0};
    struct error ignored;
    const struct relation *const table = st->effects.locks.n > 0 ? st->effects.locks.at[0].relation : NULL;
    if (!table || batch_spec_of(st, p->migration->text, p->migration->file.p, NULL, a, &spec, &ignored) ||
        spec.set.n == 0) {
        return false;
    }
    for (size_t i = 0; i < spec.set.n; i++) {
        bool is_new = false;
        for (size_t k = 0; k < table->columns.n && !is_new; k++) {
            const struct column *c = table->columns.at[k];
            is_new = str_eq(c->name, spec.set.at[i]) && is_since(c->made, from);
        }
        if (!is_new) {
            return false;
        }
    }
    return true;
}

static bool touches_only_new(const struct judged_statement *st, uint32_t from)
{
    for (size_t i = 0; i < st->effects.locks.n; i++) {
        const struct relation *r = st->effects.locks.at[i].relation;
        if (!r || r->maybe_older || !is_since(r->made, from)) {
            return false;
        }
    }
    return st->effects.locks.n > 0;
}

/* What of the statement takes data away; p NULL: nothing does. */
static struct str loss_of(const struct migration_plan *p, const struct judged_statement *st, uint32_t from,
                          struct arena *a, bool *certain)
{
    *certain = false;
    if (st->kind == STATEMENT_TRANSACTION || st->inner || touches_only_new(st, from)) {
        return STR_NONE;
    }
    if (st->kind == STATEMENT_UNREADABLE || st->n_actions == 0) {
        return STR("it cannot be read");
    }
    for (size_t i = 0; i < st->n_actions; i++) {
        const struct form *f = st->actions[i].what.form;
        if (!f) {
            return STR("its kind is not known");
        }
        if (takes_data(f->id)) {
            *certain = true;
            return str_starts(f->id, STR("update")) && fills_new_columns(p, st, from, a) ? STR_NONE
                                                                                         : arena_str(a, f->title);
        }
        if (is_opaque(f->id)) {
            return arena_printf(a, "%.*s may do anything", STR_ARG(f->title));
        }
        if (str_starts(f->id, STR("alter-column-type")) && st->effects.rewrite.n > 0) {
            return STR("of old values only what the new type can hold is kept");
        }
    }
    return STR_NONE;
}

void plan_losses(const struct migration_plan *p, uint32_t from, struct arena *a, struct loss_list *out)
{
    for (size_t i = 0; i < p->steps.n; i++) {
        const struct step *step = &p->steps.at[i];
        /* A shadow column is compared with the old one, which is kept. */
        for (size_t k = 0; k < step->statements.n && step->kind != STEP_SHADOW; k++) {
            const struct planned_statement *st = &step->statements.at[k];
            bool certain = false;
            const struct str what = st->judged ? loss_of(p, st->judged, from, a, &certain) : STR_NONE;
            if (what.p) {
                *vec_push(a, out) = (struct loss){step->ordinal, arena_str(a, st->sql), what, certain};
            }
        }
    }
}

void rollback_add_steps(struct rollback *r, const struct migration_plan *down, struct arena *a)
{
    for (size_t i = 0; i < down->steps.n; i++) {
        const struct step *step = &down->steps.at[i];
        struct rollback_step *s = vec_push(a, &r->steps);
        *s = (struct rollback_step){.ordinal = step->ordinal, .kind = step->kind};
        for (size_t k = 0; k < step->statements.n; k++) {
            *vec_push(a, &s->statements) = arena_str(a, step->statements.at[k].sql);
        }
    }
}

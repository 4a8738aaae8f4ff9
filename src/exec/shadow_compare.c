/* Both columns of a shadow change over all keys. */
#include "exec/backfill.h"
#include "exec/shadow.h"
#include "exec/tx.h"
#include "plan/batch.h"

enum { COMPARE_KEYS = 50000 };

enum status shadow_read_update(struct shadow *s, struct str sql, struct batch_spec *out, struct error *err)
{
    struct splitter sp;
    struct judged_statement st = {.line = 1};
    splitter_init(&sp, sql, 0, (uint32_t)sql.n);
    const bool got = splitter_next(&sp, &st.st);
    enum status status = got ? batch_spec_of(&st, sql, "shadow", NULL, s->a, out, err)
                             : error_set(err, ST_CONFLICT, "the history's table shadows holds no UPDATE");
    splitter_free(&sp);
    out->automatic = false;
    out->again = out->where.n > 0; /* in whichever way it says so, it leaves out what is filled */
    return status;
}

/* Both columns over all keys, so many at a time: a row where they differ stops it. */
static enum status compare_range(struct shadow *s, struct backfill *b, struct str condition, int64_t *differ,
                                 struct error *err)
{
    struct param params[2 * KEY_MAX + 1];
    struct rows *rows = NULL;
    size_t n = 0;
    arena_reset(&s->r->scratch);
    if (b->lo.set) {
        backfill_add_bounds(params, &n, b, &b->lo);
    }
    backfill_add_bounds(params, &n, b, &b->end);
    params[n++].text = param_i64(&s->r->scratch, COMPARE_KEYS - 1);
    enum status status =
        session_query(s->r->s, backfill_boundary_sql(&b->key, b->lo.set, &s->r->scratch), params, n, 0, &rows, err);
    if (status) {
        return status;
    }
    struct bounds found;
    backfill_read_bounds(b, rows, &s->r->scratch, &found);
    rows_free(rows);
    b->next_is_end = !found.set;
    backfill_keep_bounds(b, &b->next, found.set ? &found : &b->end);
    n = 0;
    if (b->lo.set) {
        backfill_add_bounds(params, &n, b, &b->lo);
    }
    backfill_add_bounds(params, &n, b, &b->next);
    status = session_query(s->r->s, backfill_count_sql(&b->key, b->spec, b->lo.set, condition, s->r->s, &s->r->scratch),
                           params, n, 0, &rows, err);
    if (!status) {
        *differ += rows_i64(rows, 0, 0);
        backfill_keep_bounds(b, &b->lo, &b->next);
    }
    rows_free(rows);
    return status;
}

static enum status compare_table(struct shadow *s, struct backfill *b, struct str relation, struct str condition,
                                 int64_t *differ, struct error *err)
{
    struct rows *rows = NULL;
    arena_reset(b->keep);
    b->lo = b->end = b->next = (struct bounds){0};
    b->next_is_end = false;
    enum status status = backfill_table_key(s->r->s, b->spec, relation, b->a, &b->key, err);
    status = status ? status : session_query(s->r->s, backfill_end_sql(&b->key, b->a), NULL, 0, 0, &rows, err);
    if (!status) {
        backfill_read_bounds(b, rows, b->keep, &b->end);
        rows_free(rows);
    }
    while (!status && b->end.set && !b->next_is_end) {
        status = loop_interrupted(s->r->loop) ? loop_interrupt_error(err) : compare_range(s, b, condition, differ, err);
    }
    return status;
}

static enum status differs(const struct shadow *s, int64_t differ, struct error *err)
{
    const struct shadow_spec *spec = s->step->shadow;
    if (shadow_goes_back(&s->phases)) {
        error_set(err, ST_USAGE, "no way back: %" PRId64 " rows have a %.*s that is no %.*s any more", differ,
                  STR_ARG(spec->column), STR_ARG(spec->type));
        error_hint(err, "nothing was changed; delete or change these rows, or go forward: migrate new --contract %.*s",
                   STR_ARG(spec->version));
        return ST_USAGE;
    }
    error_set(err, ST_PARTIAL, "%" PRId64 " rows differ between %.*s and its shadow column", differ,
              STR_ARG(spec->column));
    error_hint(err, "something writes past the triggers (session_replication_role, disabled triggers); nothing was "
                    "swapped: the same command fills them and compares again");
    return ST_PARTIAL;
}

enum status shadow_compare(struct shadow *s, size_t i, struct error *err)
{
    const struct str_list *statements = &s->phases.at[i].statements;
    struct arena own, keep;
    struct batch_spec spec;
    struct step step = *s->step;
    struct backfill b;
    int64_t differ = 0;
    arena_init(&own, SIZE_MAX);
    arena_init(&keep, SIZE_MAX);
    enum status status = shadow_read_update(s, statements->at[statements->n - 1], &spec, err);
    if (!status) {
        step.batch = &spec;
        backfill_init(&b, s->r, s->it, &step, &own, &keep);
        status = backfill_table_find(s->r->s, &spec, &own, &b.table, err);
    }
    for (size_t k = 0; !status && k < b.table.n; k++) {
        status = compare_table(s, &b, b.table.at[k].name, statements->at[0], &differ, err);
    }
    if (!status && differ > 0) {
        status = differs(s, differ, err);
    }
    arena_free(&own);
    arena_free(&keep);
    return status;
}

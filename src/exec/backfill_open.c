/* The rows of history that a backfill begins with, one for each part, and those of a further pass. */
#include "exec/backfill.h"

#include "exec/tx.h"

enum { BEGIN_LOCK_MS = 10000, PARTS_MAX = 4096 };

enum status backfill_sum(struct backfill *b, struct backfill_sum *out, struct error *err)
{
    struct param params[3];
    struct rows *rows = NULL;
    size_t n = 0;
    backfill_add_identity(params, &n, b);
    const enum status status =
        session_query(b->r->s, b->r->sql.at[HSQL_BACKFILL_SUM], params, n, ANSWER_MS, &rows, err);
    *out = (struct backfill_sum){0};
    if (!status) {
        int64_t *const to[] = {&out->parts,     &out->finished, &out->rows,     &out->keys,     &out->batches,
                               &out->pass_rows, &out->pass,     &out->bad_rows, &out->last_part};
        for (size_t i = 0; i < countof(to); i++) {
            *to[i] = rows_i64(rows, 0, i);
        }
        out->by_ctid = rows_bool(rows, 0, countof(to));
    }
    rows_free(rows);
    return status;
}

/* ---- parts ---- */

static const char *names_of(const struct backfill *b, struct arena *a)
{
    struct str names[KEY_MAX];
    for (size_t i = 0; i < b->key.n; i++) {
        names[i] = b->key.column[i].name;
    }
    return param_array(a, names, b->key.n);
}

static const char *number_or_null(struct arena *a, int64_t n)
{
    return n > 0 ? param_i64(a, n) : NULL;
}

static void add_part(struct backfill *b, struct pipe *p, int64_t part, int64_t pass, const struct bounds *start,
                     const struct bounds *end)
{
    struct param params[13];
    size_t n = 0;
    backfill_add_identity(params, &n, b);
    params[n++].text = param_i64(p->arena, part);
    params[n++].text = arena_cstr(p->arena, b->key.relation);
    params[n++].text = names_of(b, p->arena);
    params[n++].text = backfill_array(b, start, p->arena);
    params[n++].text = backfill_array(b, end, p->arena);
    params[n++].text = number_or_null(p->arena, b->spec->rate);
    params[n++].text = number_or_null(p->arena, b->spec->batch);
    params[n++].text = number_or_null(p->arena, b->spec->max_bad_rows);
    params[n++].text = param_i64(p->arena, pass);
    params[n++].text = b->spec->again || b->key.ctid ? "f" : "t";
    pipe_add_params(p, b->r->sql.at[HSQL_BACKFILL_NEW], params, n);
}

static enum status end_of(struct backfill *b, struct error *err)
{
    struct rows *rows = NULL;
    const enum status status =
        session_query(b->r->s, backfill_end_sql(&b->key, &b->r->scratch), NULL, 0, 0, &rows, err);
    if (!status) {
        backfill_read_bounds(b, rows, b->a, &b->end);
    }
    rows_free(rows);
    return status;
}

/* One relation's parts: as many as there are to be workers, three times over so that they end together; but a partitioned table has enough. */
static enum status add_relation(struct backfill *b, struct pipe *p, struct str relation, int64_t *part,
                                struct error *err)
{
    struct bounds cuts[3 * BACKFILL_WORKERS_MAX] = {0}, none = {0};
    size_t n_cuts = 0;
    enum status status = backfill_table_key(b->r->s, b->spec, relation, b->a, &b->key, err);
    status = status ? status : end_of(b, err);
    if (!status && b->end.set && *part == 1) {
        status = backfill_check(b, err);
    }
    if (!status && b->end.set && b->spec->workers > 1 && !b->whole && !b->key.ctid &&
        b->table.n < (size_t)b->spec->workers) {
        status = backfill_sample(b, &none, &b->end, 3 * (size_t)b->spec->workers, cuts, &n_cuts, NULL, err);
    }
    for (size_t i = 0; !status && i <= n_cuts; i++) {
        add_part(b, p, (*part)++, 1, i == 0 ? &none : &cuts[i - 1], i == n_cuts ? &b->end : &cuts[i]);
    }
    return status;
}

enum status backfill_begin(struct backfill *b, struct error *err)
{
    struct run *r = b->r;
    struct pipe p;
    int64_t part = 1;
    enum status status = backfill_table_find(r->s, b->spec, b->a, &b->table, err);
    if (!status && b->table.n > PARTS_MAX) {
        status = error_set(err, ST_USAGE, "cannot run in batches: %.*s has more than %d partitions",
                           STR_ARG(b->spec->table), PARTS_MAX);
    }
    pipe_begin(&p, &r->scratch);
    step_settings(r, &p, BEGIN_LOCK_MS, BATCH_STATEMENT_MS, true);
    pipe_add(&p, "BEGIN");
    record_step(r, b->it, &p, RECORDED_STARTED, false, 1, 0, 0);
    for (size_t i = 0; !status && i < b->table.n; i++) {
        status = add_relation(b, &p, b->table.at[i].name, &part, err);
    }
    if (!status && b->table.n == 0) {
        /* A partitioned table without partitions: a part without an end, which is done. */
        b->key = (struct backfill_key){.relation = b->spec->table};
        add_part(b, &p, part, 1, &(struct bounds){0}, &(struct bounds){0});
    }
    if (status) {
        step_settings_unknown(r);
        return status;
    }
    pipe_add(&p, "COMMIT");
    status = pipe_run(&p, r->s, ANSWER_MS, NULL, err);
    if (status) {
        tx_rollback(r->s);
        step_settings_unknown(r);
        return status;
    }
    b->it->text_recorded = true;
    return ST_OK;
}

/* ---- a further pass ---- */

static enum status relation_again(struct backfill *b, struct str relation, struct error *err)
{
    struct param params[6];
    struct pipe p;
    size_t n = 0;
    enum status status = backfill_key_find(b->r->s, b->spec, relation, NULL, 0, b->a, &b->key, err);
    status = status ? status : end_of(b, err);
    if (status) {
        return status;
    }
    backfill_add_identity(params, &n, b); /* one that is empty by now has no end: its pass is over and found nothing */
    params[n++].text = arena_cstr(&b->r->scratch, relation);
    params[n++].text = backfill_array(b, &b->end, &b->r->scratch);
    params[n++].text = names_of(b, &b->r->scratch);
    pipe_begin(&p, &b->r->scratch);
    step_settings(b->r, &p, BEGIN_LOCK_MS, BATCH_STATEMENT_MS, false);
    pipe_add(&p, "BEGIN");
    pipe_add_params(&p, b->r->sql.at[HSQL_BACKFILL_AGAIN], params, n);
    pipe_add_params(&p, b->r->sql.at[HSQL_BACKFILL_MERGE], params, 4);
    pipe_add(&p, "COMMIT");
    status = pipe_run(&p, b->r->s, ANSWER_MS, NULL, err);
    if (status) {
        tx_rollback(b->r->s);
        step_settings_unknown(b->r);
    }
    return status;
}

/* What came is a part from here on; what left was gone over, and is no more. */
static enum status other_relations(struct backfill *b, const struct str_list *came, struct error *err)
{
    struct param params[4];
    struct pipe p;
    struct str *names = arena_array(b->a, struct str, b->table.n);
    int64_t part = b->sum.last_part;
    size_t n = 0;
    enum status status = ST_OK;
    for (size_t i = 0; i < b->table.n; i++) {
        names[i] = b->table.at[i].name;
    }
    pipe_begin(&p, &b->r->scratch);
    step_settings(b->r, &p, BEGIN_LOCK_MS, BATCH_STATEMENT_MS, false);
    pipe_add(&p, "BEGIN");
    for (size_t i = 0; i < came->n && !status; i++) {
        status = backfill_table_key(b->r->s, b->spec, came->at[i], b->a, &b->key, err);
        status = status ? status : end_of(b, err);
        if (!status) {
            add_part(b, &p, ++part, b->sum.pass + 1, &(struct bounds){0}, &b->end);
        }
    }
    backfill_add_identity(params, &n, b);
    params[n++].text = param_array(&b->r->scratch, names, b->table.n);
    pipe_add_params(&p, b->r->sql.at[HSQL_BACKFILL_REST], params, n);
    pipe_add(&p, "COMMIT");
    status = status ? status : pipe_run(&p, b->r->s, ANSWER_MS, NULL, err);
    if (status) {
        tx_rollback(b->r->s);
        step_settings_unknown(b->r);
    }
    return status;
}

enum status backfill_again(struct backfill *b, const struct str_list *came, struct error *err)
{
    enum status status = backfill_table_find(b->r->s, b->spec, b->a, &b->table, err);
    status = status ? status : other_relations(b, came, err);
    /* Those whose pass is begun already when the run dies here are walked once more than the others: that does no harm. */
    for (size_t i = 0; !status && i < b->table.n; i++) {
        bool is_new = false;
        for (size_t k = 0; k < came->n; k++) {
            is_new = is_new || str_eq(came->at[k], b->table.at[i].name);
        }
        status = is_new ? ST_OK : relation_again(b, b->table.at[i].name, err);
    }
    return status;
}

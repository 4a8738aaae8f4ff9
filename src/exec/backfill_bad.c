/*
 * Rows that fail. A batch fails whole; which of its rows did is found by halves, each half a transaction of its own (savepoints would cost every
 * batch a subtransaction). Then the key is told, or set aside in table bad_rows in the transaction that moves the cursor behind it.
 */
#include "exec/backfill.h"

#include "exec/fault.h"
#include "exec/tx.h"

bool backfill_is_bad_data(const struct error *err)
{
    return strncmp(err->sqlstate, "22", 2) == 0 || strncmp(err->sqlstate, "23", 2) == 0;
}

static enum status set_aside(struct backfill *b, const struct error *why, struct error *err)
{
    struct run *r = b->r;
    struct param params[9];
    struct pipe p;
    size_t n = 0;
    pipe_begin(&p, &r->scratch);
    pipe_add(&p, "BEGIN");
    backfill_add_claim(params, &n, b);
    params[n++].text = backfill_array(b, &b->lo, p.arena);
    params[n++].text = backfill_array(b, &b->end, p.arena);
    params[n++].text = NULL;
    pipe_add_params(&p, r->sql.at[HSQL_BACKFILL_FENCE], params, n);
    n = 0;
    backfill_add_identity(params, &n, b);
    params[n++].text = b->part;
    params[n++].text = backfill_array(b, &b->next, p.arena);
    params[n++].text = why->sqlstate;
    params[n++].text = why->primary;
    params[n++].text = b->next_is_end ? "t" : "f";
    pipe_add_params(&p, r->sql.at[HSQL_BACKFILL_BAD], params, n);
    pipe_add(&p, "COMMIT");
    FAULT("bad-row");
    const enum status status = pipe_run(&p, r->s, ANSWER_MS, NULL, err);
    if (status) {
        tx_rollback(r->s);
        /* The fence: somebody else has the part, or has done that row. The next batch finds out. */
        return strcmp(err->sqlstate, "22012") == 0 ? ST_OK : status;
    }
    backfill_keep_bounds(b, &b->lo, &b->next);
    b->finished = b->next_is_end;
    b->sum.bad_rows++;
    b->part_keys++;
    return ST_OK;
}

/* A further pass meets the rows again that the one before set aside. */
static enum status is_known(struct backfill *b, bool *known, struct error *err)
{
    struct param params[5];
    struct rows *rows = NULL;
    size_t n = 0;
    backfill_add_identity(params, &n, b);
    params[n++].text = b->part;
    params[n++].text = backfill_array(b, &b->next, &b->r->scratch);
    const enum status status =
        session_query(b->r->s, b->r->sql.at[HSQL_BACKFILL_KNOWN_BAD], params, n, ANSWER_MS, &rows, err);
    *known = !status && rows_bool(rows, 0, 0);
    rows_free(rows);
    return status;
}

enum status backfill_bad(struct backfill *b, int64_t keys, struct error *err)
{
    const bool one = b->suspect == 1;
    const struct str key = one ? backfill_describe(b, &b->next, &b->r->scratch) : STR_NONE;
    struct backfill_sum sum;
    struct error failed = *err;
    if (!one) {
        /* The last batch of a part has no count of its own: take the size that it was asked for with. */
        const int64_t held = b->suspect > 0 ? (keys < b->suspect ? keys : b->suspect) : keys > 0 ? keys : b->size.rows;
        b->suspect = held > 1 ? held : 1;
        b->whole = false;
        b->next.set = false;
        return ST_OK;
    }
    bool known = false;
    enum status status = backfill_sum(b, &sum, err);
    status = status ? status : is_known(b, &known, err);
    if (status) {
        return status;
    }
    if (known || sum.bad_rows < b->max_bad_rows) {
        status = set_aside(b, &failed, err);
        b->suspect = 0;
        b->next.set = false;
        return status;
    }
    *err = failed;
    error_detail(err, "the row with %.*s%s%s", STR_ARG(key), failed.detail[0] ? ": " : "", failed.detail);
    error_hint(err, "mend the row; or let such rows be set aside: -- migrate:backfill max_bad_rows=N%s",
               sum.bad_rows > 0 ? " (as many as were allowed are in bad_rows)" : "");
    return err->status;
}

/* A part of a backfill: a range of keys of one table, which one worker has at a time. */
#include "exec/backfill.h"

#include "exec/tx.h"

enum { PART_LOCK_MS = 3000, SAMPLE_PAGES = 400 };

enum {
    CLAIM_PART,
    CLAIM_RELATION,
    CLAIM_COLUMNS,
    CLAIM_CURSOR,
    CLAIM_END,
    CLAIM_TOKEN,
    CLAIM_ROWS,
    CLAIM_KEYS,
    CLAIM_BATCHES,
    CLAIM_BATCH_ROWS,
    CLAIM_CONTROL,
    CLAIM_SET_RATE,
    CLAIM_SET_BATCH,
    CLAIM_MAX_BAD,
    CLAIM_OTHER
};

static size_t read_names(struct str joined, struct arena *a, struct str *out)
{
    struct str part;
    size_t n = 0;
    while (n < KEY_MAX && str_next(&joined, '\x1f', &part)) {
        out[n++] = arena_str(a, part);
    }
    return n;
}

static enum status refuse_cursor(const struct backfill *b, struct error *err)
{
    error_set(err, ST_CONFLICT, "the cursor of step %u of migration %s does not fit table %.*s", b->step->ordinal,
              b->it->params.version, STR_ARG(b->key.relation));
    error_hint(err, "see table %s.backfills", b->r->sql.identifier);
    return ST_CONFLICT;
}

/* ---- claiming ---- */

static void make_sql(struct backfill *b)
{
    const char *history = b->r->sql.identifier;
    b->key.gentle = b->r->o->throttle.gentle;
    if (b->counted) {
        b->sql_before = backfill_before_sql(b->spec, b->a);
        b->sql_first = backfill_plain_sql(&b->key, b->spec, false, b->r->s, b->a);
        b->sql_next = backfill_plain_sql(&b->key, b->spec, true, b->r->s, b->a);
        b->sql_moved = backfill_moved_sql(b->spec, history, b->a);
    } else {
        b->sql_first = backfill_batch_sql(&b->key, b->spec, history, false, b->table.guard, b->r->s, b->a);
        b->sql_next = backfill_batch_sql(&b->key, b->spec, history, true, b->table.guard, b->r->s, b->a);
    }
    b->sql_boundary = backfill_boundary_sql(&b->key, true, b->a);
}

static enum status take(struct backfill *b, const struct rows *rows, struct error *err)
{
    struct str names[KEY_MAX];
    const size_t n = read_names(rows_value(rows, 0, CLAIM_COLUMNS), b->a, names);
    const struct str relation = arena_str(b->a, rows_value(rows, 0, CLAIM_RELATION));
    b->part = arena_cstr(b->a, rows_value(rows, 0, CLAIM_PART));
    b->token = arena_cstr(b->a, rows_value(rows, 0, CLAIM_TOKEN));
    b->place[0] = '\0';
    bool gone = false;
    if (rows_bool(rows, 0, CLAIM_OTHER)) {
        return backfill_other_error(b, relation, err);
    }
    enum status status = backfill_key_find(b->r->s, b->spec, relation, names, n, b->a, &b->key, err);
    if (status == ST_CONFLICT && !backfill_part_gone(b, relation, &gone, err) && gone) {
        b->finished = true;
        b->control[0] = '\0';
        return ST_OK;
    }
    if (status) {
        return status;
    }
    if (!backfill_read_array(rows, 0, CLAIM_CURSOR, n, b->keep, &b->lo) ||
        !backfill_read_array(rows, 0, CLAIM_END, n, b->keep, &b->end)) {
        return refuse_cursor(b, err);
    }
    b->next.set = b->next_is_end = b->finished = false;
    b->part_rows = b->part_keys = b->suspect = 0;
    b->strides = 0;
    b->batches = rows_i64(rows, 0, CLAIM_BATCHES);
    if (b->size.sum_ms <= 0 && rows_i64(rows, 0, CLAIM_BATCH_ROWS) > 0 && rows_null(rows, 0, CLAIM_SET_BATCH)) {
        b->size.rows = rows_i64(rows, 0, CLAIM_BATCH_ROWS);
    }
    b->rate = rows_i64(rows, 0, CLAIM_SET_RATE);
    b->max_bad_rows = rows_i64(rows, 0, CLAIM_MAX_BAD);
    snprintf(b->control, sizeof(b->control), "%.*s", STR_ARG(rows_value(rows, 0, CLAIM_CONTROL)));
    make_sql(b);
    return ST_OK;
}

enum status backfill_claim(struct backfill *b, bool *got, struct error *err)
{
    struct param params[4];
    struct rows *rows = NULL;
    size_t n = 0;
    struct pipe p;
    *got = false;
    arena_reset(&b->r->scratch);
    backfill_add_identity(params, &n, b);
    params[n++].text = b->owner;
    pipe_begin(&p, &b->r->scratch);
    step_settings(b->r, &p, PART_LOCK_MS, BATCH_STATEMENT_MS, false);
    pipe_add_params(&p, b->r->sql.at[HSQL_BACKFILL_CLAIM], params, n);
    enum status status = pipe_run(&p, b->r->s, ANSWER_MS, &rows, err);
    if (status) {
        step_settings_unknown(b->r);
    }
    if (!status && rows_count(rows) > 0) {
        *got = true;
        status = take(b, rows, err);
        status = status ? status : backfill_sum(b, &b->sum, err);
    }
    rows_free(rows);
    return status;
}

void backfill_release(struct backfill *b, const char *reason)
{
    struct param params[7];
    struct error ignored;
    size_t n = 0;
    if (!b->part || !session_usable(b->r->s)) {
        return;
    }
    backfill_add_claim(params, &n, b);
    params[n++].text = reason;
    if (session_query(b->r->s, b->r->sql.at[HSQL_BACKFILL_RELEASE], params, n, ANSWER_MS, NULL, &ignored)) {
        tx_rollback(b->r->s); /* the lease runs out by itself */
    }
    b->part = NULL;
}

enum status backfill_look(struct backfill *b, bool *mine, struct error *err)
{
    struct param params[4];
    struct rows *rows = NULL;
    size_t n = 0;
    backfill_add_identity(params, &n, b);
    params[n++].text = b->part;
    *mine = false;
    enum status status = session_query(b->r->s, b->r->sql.at[HSQL_BACKFILL_LOOK], params, n, ANSWER_MS, &rows, err);
    if (!status && rows_count(rows) > 0 && str_eq(rows_value(rows, 0, 2), str_of(b->token))) {
        if (!str_eq(rows_value(rows, 0, 3), str_of(b->owner))) {
            error_set(err, ST_RUN_LOCKED, "another run has taken over the backfill of step %u of migration %s",
                      b->step->ordinal, b->it->params.version);
            error_hint(err, "look at table %s.backfills; this run has stopped and changed nothing further",
                       b->r->sql.identifier);
            status = ST_RUN_LOCKED;
        } else if (!backfill_read_array(rows, 0, 0, b->key.n, b->keep, &b->lo) ||
                   !backfill_read_array(rows, 0, 1, b->key.n, b->keep, &b->end)) {
            status = refuse_cursor(b, err);
        } else {
            *mine = true;
            b->finished = rows_bool(rows, 0, 4);
            b->next.set = false;
        }
    }
    rows_free(rows);
    return status;
}

/* ---- dividing ---- */

enum status backfill_sample(struct backfill *b, const struct bounds *lo, const struct bounds *end, size_t n,
                            struct bounds *out, size_t *found, int64_t *estimate, struct error *err)
{
    struct param params[2 * KEY_MAX];
    struct rows *rows = NULL;
    size_t np = 0, last = SIZE_MAX;
    const double percent = b->key.pages > SAMPLE_PAGES ? 100.0 * SAMPLE_PAGES / (double)b->key.pages : 100;
    if (lo->set) {
        backfill_add_bounds(params, &np, b, lo);
    }
    backfill_add_bounds(params, &np, b, end);
    *found = 0;
    const enum status status = session_query(b->r->s, backfill_sample_sql(&b->key, lo->set, percent, &b->r->scratch),
                                             params, np, ANSWER_MS, &rows, err);
    if (status) {
        return status;
    }
    const size_t count = rows_count(rows);
    if (estimate) {
        *estimate = (int64_t)((double)count * 100 / percent);
    }
    for (size_t i = 1; i < n; i++) {
        const size_t at = count * i / n;
        if (count < 4 * n || at == last) {
            continue;
        }
        last = at;
        out[*found].set = true;
        for (size_t k = 0; k < b->key.n; k++) {
            out[*found].value[k] = arena_str(b->a, rows_value(rows, at, k));
        }
        ++*found;
    }
    rows_free(rows);
    return ST_OK;
}

/* Take the upper part away from its owner, who notices at its next fence, and make it a part of its own. */
static enum status cut(struct backfill *b, struct str part, const char *old_end, const struct bounds *at, bool *divided,
                       struct error *err)
{
    struct strbuf sql;
    struct rows *rows = NULL;
    struct param params[6];
    size_t n = 0;
    backfill_add_identity(params, &n, b);
    params[n++].text = arena_cstr(&b->r->scratch, part);
    params[n++].text = old_end;
    params[n++].text = backfill_array(b, at, &b->r->scratch);
    strbuf_init(&sql, 1 << 16);
    strbuf_addf(&sql,
                "WITH lower AS (UPDATE %s.backfills b SET range_end = $6::pg_catalog.text[] WHERE version = $1 AND "
                "direction = $2"
                " AND ordinal = $3::pg_catalog.int4 AND part = $4::pg_catalog.int4 AND NOT finished"
                " AND range_end::pg_catalog.text = $5 AND (cursor IS NULL OR ",
                b->r->sql.identifier);
    backfill_key_behind(&b->key, "cursor", 6, &sql);
    strbuf_addf(
        &sql,
        ") RETURNING b.*) INSERT INTO %s.backfills (version, direction, ordinal, part, relation, relation_oid,"
        " relation_file, relation_seen, key_columns, "
        "range_start,"
        " cursor, range_end, set_rate, set_batch, max_bad_rows, pass, control) SELECT version, direction, ordinal,"
        " (SELECT max(part) + 1 FROM %s.backfills WHERE version = $1 AND direction = $2 AND ordinal = "
        "$3::pg_catalog.int4),"
        " relation, relation_oid, relation_file, relation_seen, key_columns, range_end, range_end, "
        "$5::pg_catalog.text[], set_rate, set_batch, max_bad_rows, pass,"
        " control FROM lower RETURNING part",
        b->r->sql.identifier, b->r->sql.identifier);
    const enum status status = session_query(b->r->s, strbuf_cstr(&sql), params, n, ANSWER_MS, &rows, err);
    *divided = !status && rows_count(rows) > 0;
    rows_free(rows);
    strbuf_free(&sql);
    /* Somebody else divided it at the same moment (23505), or the row stayed locked. */
    return status && (error_sql_class(err) == SQL_DUPLICATE || retry_class(error_sql_class(err))) ? ST_OK : status;
}

enum status backfill_divide(struct backfill *b, bool *divided, struct error *err)
{
    struct param params[3];
    struct rows *rows = NULL;
    size_t n = 0;
    int64_t most = 0;
    struct bounds best = {0};
    size_t row = 0;
    *divided = false;
    backfill_add_identity(params, &n, b);
    enum status status =
        session_query(b->r->s, b->r->sql.at[HSQL_BACKFILL_CAN_SPLIT], params, n, ANSWER_MS, &rows, err);
    for (size_t i = 0; !status && i < rows_count(rows); i++) {
        struct str names[KEY_MAX];
        struct bounds lo, end, at[1];
        size_t found = 0;
        int64_t estimate = 0;
        n = read_names(rows_value(rows, i, 2), b->a, names);
        status =
            backfill_key_find(b->r->s, b->spec, arena_str(b->a, rows_value(rows, i, 1)), names, n, b->a, &b->key, err);
        if (status == ST_CONFLICT) { /* a partition that was dropped: its owner will find out */
            status = ST_OK;
            continue;
        }
        if (!status && backfill_read_array(rows, i, 3, n, &b->r->scratch, &lo) &&
            backfill_read_array(rows, i, 4, n, &b->r->scratch, &end) && end.set) {
            status = backfill_sample(b, &lo, &end, 2, at, &found, &estimate, err);
        }
        if (!status && found > 0 && estimate > most && estimate > 4 * rows_i64(rows, i, 5)) {
            most = estimate;
            best = at[0];
            row = i;
        }
    }
    if (!status && most > 0) {
        status =
            cut(b, rows_value(rows, row, 0), arena_cstr(&b->r->scratch, rows_value(rows, row, 4)), &best, divided, err);
    }
    rows_free(rows);
    return status;
}

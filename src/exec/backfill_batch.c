/*
 * One batch: one transaction and one message,
 *
 *     BEGIN; fence; the statement for (lo, hi] with cursor and counters in the same statement; where the next batch ends; COMMIT
 *
 * The fence fails unless cursor, end and token are as this worker left them, so a second one, or a COMMIT whose answer was lost, can do no
 * harm: the row in the table is the truth. Only the question for the next boundary decides the end, never a batch that changed no row.
 */
#include "exec/backfill.h"

#include "base/clock.h"
#include "exec/fault.h"
#include "exec/tx.h"

/* ---- settings ---- */

/*
 * row_security: rather an error than rows left out by a policy. plan_cache_mode: a generic plan does not know how short the range is. jit: a batch
 * is over before its code is made. enable_seqscan: where the statement reads no other table; a plan that reads all of it for a range is never wanted.
 * enable_indexscan: likewise, and where nothing else hangs on its rows; a bitmap of the range takes a page at a time, which is cheaper for each row.
 */
enum status backfill_settings(struct backfill *b, struct error *err)
{
    static const char ask[] =
        "SELECT pg_catalog.current_setting('row_security'), pg_catalog.current_setting('jit'),"
        " pg_catalog.current_setting('plan_cache_mode'), pg_catalog.current_setting('enable_seqscan'),"
        " pg_catalog.current_setting('enable_indexscan'), pg_catalog.current_setting('track_counts') = 'on',"
        " (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout')";
    static const char set[] =
        "SELECT pg_catalog.set_config('row_security', 'off', false), pg_catalog.set_config('jit', 'off', false),"
        " pg_catalog.set_config('plan_cache_mode', 'force_custom_plan', false),"
        " pg_catalog.set_config('enable_seqscan', $1, false), pg_catalog.set_config('enable_indexscan', $2, false)";
    struct rows *rows = NULL;
    enum status status = session_query(b->r->s, ask, NULL, 0, ANSWER_MS, &rows, err);
    for (size_t i = 0; !status && i < countof(b->old_settings); i++) {
        snprintf(b->old_settings[i], sizeof(b->old_settings[i]), "%.*s", STR_ARG(rows_value(rows, 0, i)));
    }
    if (!status) {
        b->counted = b->table.counted && rows_bool(rows, 0, 5);
        b->deadlock_ms = rows_i64(rows, 0, 6);
    }
    rows_free(rows);
    const struct param params[] = {{b->spec->joins ? b->old_settings[3] : "off"},
                                   {b->spec->joins || !b->table.counted ? b->old_settings[4] : "off"}};
    status = status ? status : session_query(b->r->s, set, params, countof(params), ANSWER_MS, NULL, err);
    b->settings = !status;
    return status;
}

void backfill_settings_back(struct backfill *b)
{
    static const char back[] =
        "SELECT pg_catalog.set_config('row_security', $1, false), pg_catalog.set_config('jit', $2, false),"
        " pg_catalog.set_config('plan_cache_mode', $3, false), pg_catalog.set_config('enable_seqscan', $4, false),"
        " pg_catalog.set_config('enable_indexscan', $5, false)";
    struct param params[5];
    struct error ignored;
    for (size_t i = 0; i < countof(params); i++) {
        params[i].text = b->old_settings[i];
    }
    if (b->settings && session_usable(b->r->s) &&
        session_query(b->r->s, back, params, countof(params), ANSWER_MS, NULL, &ignored)) {
        session_settings_again(b->r->s); /* a session that answers no more is replaced by its user */
    }
    b->settings = false;
}

/*
 * A wait for a row's lock and the batch's own time together stay below deadlock_timeout: whoever waits for us in a circle gets our row before his
 * deadlock check fires, so that it is never the application whose transaction is sacrificed.
 */
static int64_t lock_timeout(const struct backfill *b)
{
    const int64_t wanted = b->step->lock_timeout_ms;
    const int64_t most = b->deadlock_ms > 4 * 10 ? b->deadlock_ms / 4 : 10;
    return wanted > 0 && wanted < most ? wanted : most;
}

/* ---- where a batch ends ---- */

static const char index_only[] =
    "SELECT pg_catalog.set_config('enable_seqscan', 'off', true), pg_catalog.set_config('enable_sort', 'off', true),"
    " pg_catalog.set_config('enable_bitmapscan', 'off', true), pg_catalog.set_config('enable_indexscan', 'on', true)";

/* When fewer keys than its size are left, at the frozen end. */
static void take_boundary(struct backfill *b, const struct rows *rows, int64_t size)
{
    struct bounds found;
    backfill_read_bounds(b, rows, &b->r->scratch, &found);
    b->next_is_end = !found.set;
    backfill_keep_bounds(b, &b->next, found.set ? &found : &b->end);
    b->next_rows = size;
    const int64_t there = b->key.ctid && found.set ? rows_i64(rows, 0, 1) : 0;
    b->next_keys = there > size ? there : size;
    if (found.set) {
        backfill_stride_learn(b, &b->lo, &b->next, size);
    }
}

static void add_boundary(const struct backfill *b, const struct bounds *lo, int64_t size, struct pipe *p)
{
    struct param params[2 * KEY_MAX + 1];
    size_t n = 0;
    if (lo->set) {
        backfill_add_bounds(params, &n, b, lo);
    }
    backfill_add_bounds(params, &n, b, &b->end);
    params[n++].text = param_i64(p->arena, size - 1);
    pipe_add(p, index_only);
    pipe_add_params(p, lo->set ? b->sql_boundary : backfill_boundary_sql(&b->key, false, p->arena), params, n);
}

static enum status ask_boundary(struct backfill *b, int64_t size, struct error *err)
{
    struct rows *rows[8] = {NULL};
    size_t failed;
    struct pipe p;
    pipe_begin(&p, &b->r->scratch);
    step_settings(b->r, &p, lock_timeout(b), 4 * BATCH_STATEMENT_MS, false);
    pipe_add(&p, "BEGIN");
    add_boundary(b, &b->lo, size, &p);
    const size_t boundary = p.items.n - 1;
    pipe_add(&p, "COMMIT");
    b->r->bounded = true;
    const int64_t deadline = step_deadline(b->r, 4 * BATCH_STATEMENT_MS, lock_timeout(b), 1);
    const enum status status = session_pipeline(b->r->s, p.items.at, p.items.n, deadline, rows, &failed, err);
    if (!status) {
        take_boundary(b, rows[boundary], size);
    } else {
        tx_rollback(b->r->s);
        step_settings_unknown(b->r);
    }
    for (size_t i = 0; i < countof(rows); i++) {
        rows_free(rows[i]);
    }
    return status;
}

/* ---- the message ---- */

static void add_fence(const struct backfill *b, struct pipe *p)
{
    struct param params[9];
    size_t n = 0;
    backfill_add_claim(params, &n, b);
    params[n++].text = backfill_array(b, &b->lo, p->arena);
    params[n++].text = backfill_array(b, &b->end, p->arena);
    params[n++].text = b->place[0] ? b->place : NULL;
    pipe_add_params(p, b->r->sql.at[HSQL_BACKFILL_FENCE], params, n);
}

/* What slows it down, as it was before the next wait. */
static const char *slowed(const struct backfill *b)
{
    const char *reason = throttle_slowed(b->throttle);
    return reason ? arena_cstr(&b->r->scratch, str_of(reason)) : NULL;
}

/* Where the range goes to, and what history gets to know of it. */
static void add_moved(const struct backfill *b, struct pipe *p, struct param *params, size_t *n)
{
    backfill_add_identity(params, n, b);
    params[(*n)++].text = b->part;
    params[(*n)++].text = backfill_array(b, &b->next, p->arena);
    params[(*n)++].text = param_i64(p->arena, b->next_is_end ? 0 : b->next_keys);
    params[(*n)++].text = param_i64(p->arena, b->size.rows);
    params[(*n)++].text = arena_printf(p->arena, "%.3f", pace_rate(&b->pace)).p;
    params[(*n)++].text = b->next_is_end ? "t" : "f";
    params[(*n)++].text = slowed(b);
}

/* The statement and its row of history. *batch, *moved: their places in the message, which may be one. */
static void add_batch(const struct backfill *b, struct pipe *p, size_t *batch, size_t *moved)
{
    struct param params[2 * KEY_MAX + 11];
    size_t n = 0;
    const struct param relation = {arena_cstr(p->arena, b->key.relation)};
    if (b->counted) {
        pipe_add_params(p, b->sql_before, &relation, 1);
    }
    if (b->lo.set) {
        backfill_add_bounds(params, &n, b, &b->lo);
    }
    backfill_add_bounds(params, &n, b, &b->next);
    if (b->counted) {
        pipe_add_params(p, b->lo.set ? b->sql_next : b->sql_first, params, n);
        *batch = p->items.n - 1;
        n = 0;
    }
    add_moved(b, p, params, &n);
    if (b->counted) {
        params[n++] = relation;
    }
    pipe_add_params(p, b->counted ? b->sql_moved : b->lo.set ? b->sql_next : b->sql_first, params, n);
    *moved = p->items.n - 1;
    *batch = b->counted ? *batch : *moved;
}

/* What the row of history says by now: control word, and what was tuned. */
static void heed_row(struct backfill *b, const struct rows *rows)
{
    const int64_t batch = rows_i64(rows, 0, 3);
    snprintf(b->control, sizeof(b->control), "%.*s", STR_ARG(rows_value(rows, 0, 1)));
    b->rate = rows_i64(rows, 0, 2);
    b->max_bad_rows = rows_i64(rows, 0, 4);
    batch_size_fix(&b->size, batch);
}

static int64_t next_size(const struct backfill *b)
{
    return b->suspect > 1 ? b->suspect / 2 : b->suspect == 1 ? 1 : b->size.rows;
}

/*
 * The message, and what its answers say. Indexes of items are counted as they are added. *fenced: it was the fence that failed. *waited_for: by
 * somebody who wants a row of it, asked at the end, when that wait has been longest.
 */
static enum status send_batch(struct backfill *b, int64_t *changed, double *wal, bool *fenced, bool *waited_for,
                              struct error *err)
{
    static const char waiters[] = "SELECT EXISTS (SELECT FROM pg_catalog.pg_locks WHERE NOT granted AND"
                                  " transactionid = pg_catalog.pg_current_xact_id()::pg_catalog.xid)";
    struct run *r = b->r;
    struct rows *rows[16] = {NULL};
    struct pipe p;
    size_t fence, batch = 0, moved = 0, boundary = 0, waiting = 0, failed;
    const int64_t size = b->size.rows;
    pipe_begin(&p, &r->scratch);
    const int64_t statement_ms = b->step->statement_timeout_ms > 0 ? b->step->statement_timeout_ms
                                 : b->whole                        ? 0
                                                                   : BATCH_STATEMENT_MS;
    step_settings(r, &p, lock_timeout(b), statement_ms, false);
    pipe_add(&p, "BEGIN ISOLATION LEVEL READ COMMITTED");
    fence = p.items.n;
    add_fence(b, &p);
    add_batch(b, &p, &batch, &moved);
    if (!b->next_is_end && b->strides == 0) {
        add_boundary(b, &b->next, size, &p);
        boundary = p.items.n - 1;
    }
    if (batch_size_yields(&b->size)) {
        pipe_add(&p, waiters);
        waiting = p.items.n - 1;
    }
    pipe_add(&p, "COMMIT");
    FAULT("batch-before");
    r->bounded = statement_ms > 0;
    const int64_t deadline = step_deadline(r, statement_ms, lock_timeout(b), p.items.n);
    const enum status status = session_pipeline(r->s, p.items.at, p.items.n, deadline, rows, &failed, err);
    FAULT("batch-after");
    b->place[0] = '\0';
    if (!status) {
        double from = 0, to = 0;
        *changed = rows_i64(rows[moved], 0, 0);
        from = strtod(arena_cstr(&r->scratch, rows_value(rows[fence], 0, 1)), NULL);
        to = strtod(arena_cstr(&r->scratch, rows_value(rows[moved], 0, 5)), NULL);
        *wal = to > from ? to - from : 0;
        *waited_for = waiting > 0 && rows_bool(rows[waiting], 0, 0);
        snprintf(b->place, sizeof(b->place), "%.*s", STR_ARG(rows_value(rows[moved], 0, 6)));
        heed_row(b, rows[moved]);
        backfill_keep_bounds(b, &b->lo, &b->next);
        b->finished = b->next_is_end;
        b->part_keys += b->next_is_end ? 0 : b->next_keys;
        b->next.set = false;
        if (boundary > 0) {
            take_boundary(b, rows[boundary], size);
        }
    }
    for (size_t i = 0; i < countof(rows); i++) {
        rows_free(rows[i]);
    }
    if (status) {
        if (failed == batch) {
            error_place(err, b->it->m->file.p, b->step->statements.at[0].line,
                        b->step->statements.at[0].judged ? b->step->statements.at[0].judged->column : 1);
        }
        tx_rollback(r->s);
        step_settings_unknown(r);
        *fenced = failed == fence && strcmp(err->sqlstate, "22012") == 0;
    }
    return status;
}

/* ---- afterwards ---- */

static enum status done_so_far(const struct backfill *b, struct error *err)
{
    const int64_t rows = b->sum.rows + b->part_rows;
    if (b->sum.batches + b->batches == 0 && b->sum.bad_rows == 0) {
        return err->status;
    }
    char hint[sizeof(err->hint)];
    memcpy(hint, err->hint, sizeof(hint));
    error_hint(err, "%s%s%" PRId64 " rows are done and stay so; the same command goes on from there", hint,
               hint[0] ? "; " : "", rows);
    return err->status = ST_PARTIAL;
}

static bool may_retry(const struct error *err)
{
    const enum sql_class class = error_sql_class(err);
    return retry_class(class) || class == SQL_QUERY_CANCELED || class == SQL_SERIALIZATION;
}

static enum status give_way(struct backfill *b, struct error *err)
{
    const struct error last = *err;
    error_set(err, ST_GAVE_WAY,
              "gave way: the backfill of step %u of migration %s came to no further batch in %u attempts",
              b->step->ordinal, b->it->params.version, b->retry.attempt);
    memcpy(err->sqlstate, last.sqlstate, sizeof(err->sqlstate));
    error_detail(err, "%s", last.primary);
    error_hint(err, "%" PRId64 " rows are done and stay so; the same command goes on from there",
               b->sum.rows + b->part_rows);
    return ST_GAVE_WAY;
}

/* A batch failed: smaller and again after a pause, or by halves to the bad row, or the end of it. */
static enum status after_failure(struct backfill *b, enum status status, int64_t keys, bool *mine, struct error *err)
{
    struct run *r = b->r;
    int64_t pause = 0;
    if (status == ST_INTERRUPTED || status == ST_RUN_LOCKED || !session_usable(r->s)) {
        return status;
    }
    if (backfill_is_bad_data(err) && !b->key.ctid) {
        status = backfill_bad(b, keys, err);
        return status ? done_so_far(b, err) : ST_OK;
    }
    if (error_sql_class(err) == SQL_UNDEFINED) {
        const struct error why = *err;
        bool gone = false, known = false;
        status = backfill_part_gone(b, b->key.relation, &gone, err);
        if (!status && gone) {
            b->finished = true;
            return ST_OK;
        }
        status = status ? status : backfill_part_other(b, b->key.relation, err);
        status = status ? status : backfill_part_rows(b, &known, err);
        if (status) {
            return done_so_far(b, err);
        }
        if (known) {
            b->next.set = false;
            return ST_OK;
        }
        *err = why;
    }
    if (!may_retry(err)) {
        return done_so_far(b, err);
    }
    batch_size_failed(&b->size);
    b->next.set = false;
    if (!retry_next(&b->retry, &pause)) {
        return give_way(b, err);
    }
    struct event e = run_event(b->it, b->step, EVENT_STEP_RETRY);
    e.attempt = b->retry.attempt - 1;
    e.wait_ms = pause;
    e.detail = err->primary;
    memcpy(e.sqlstate, err->sqlstate, sizeof(e.sqlstate));
    run_emit(r, &e);
    status = backfill_wait(b, arena_cstr(&r->scratch, str_of(err->primary)), mine, err);
    return status ? status : loop_sleep(r->loop, pause, err);
}

static void begin_retries(struct backfill *b)
{
    const int64_t lock_ms = lock_timeout(b);
    retry_begin(&b->retry, lock_ms, lock_ms, b->r->o->lock_budget_ms, b->r->o->lock_attempts);
    b->retry.pause_ms = 50;
    b->retry.pause_max_ms = 5000;
}

/* Where this batch ends: all of the rest, as asked for with the batch before, or asked for now. */
static enum status set_next(struct backfill *b, struct error *err)
{
    if (b->whole && b->suspect == 0) {
        backfill_keep_bounds(b, &b->next, &b->end);
        b->next_is_end = true;
        b->next_rows = b->next_keys = 0;
        return ST_OK;
    }
    const int64_t size = next_size(b);
    /* Asked for with a much larger size than is wanted by now: ask again. */
    const bool fits =
        b->next.set && (b->suspect > 0 ? b->next_rows == size : b->next_is_end || b->next_rows <= size * 4 / 3);
    return fits || backfill_stride(b, size) ? ST_OK : ask_boundary(b, size, err);
}

/* Sleeps are of whole milliseconds and end late: what one is too long or too short goes to the next. */
static enum status rest(struct backfill *b, double ms, struct error *err)
{
    const int64_t begun = clock_monotonic_us();
    enum status status = ST_OK;
    b->owed_ms = ms > 0 ? b->owed_ms + ms : 0;
    if (b->owed_ms >= 1) {
        status = loop_sleep(b->r->loop, (int64_t)b->owed_ms, err);
        b->owed_ms -= (double)(clock_monotonic_us() - begun) / 1000;
        b->owed_ms = b->owed_ms < -ms ? -ms : b->owed_ms;
    }
    return status;
}

enum status backfill_batch(struct backfill *b, bool *mine, struct error *err)
{
    const struct event base = {
        .migration = b->it->m, .step = b->step, .down = b->it->down, .attempt = b->retry.attempt};
    int64_t changed = 0;
    double wal = 0;
    bool fenced = false, waited_for = false;
    *mine = true;
    arena_reset(&b->r->scratch);
    if (b->retry.attempt == 0) {
        begin_retries(b);
    }
    enum status status = set_next(b, err);
    const int64_t keys = b->next_keys;
    const int64_t begun = clock_monotonic_us();
    if (!status) {
        watch_start(&b->r->watch, b->r->lock.pid, lock_timeout(b) * 4 / 5, false, &base);
        status = send_batch(b, &changed, &wal, &fenced, &waited_for, err);
        watch_stop(&b->r->watch);
    }
    if (fenced) {
        return backfill_look(b, mine, err);
    }
    if (status) {
        return after_failure(b, status, keys, mine, err);
    }
    const double ms = (double)(clock_monotonic_us() - begun) / 1000;
    if (b->spec->where.n == 0 && changed < keys / 2) {
        b->strides = 0; /* a gap */
    }
    b->part_rows += changed;
    b->batches++;
    b->it->moved++;
    if (b->suspect > 0) {
        b->suspect = b->suspect > keys && !b->next_is_end ? b->suspect - keys : 0;
        b->next.set = false;
    } else if (!b->whole) {
        batch_size_done(&b->size, keys, ms, wal);
    }
    if (waited_for) {
        batch_size_blocks(&b->size);
    }
    begin_retries(b);
    pace_batch(&b->pace, keys);
    b->done_keys += keys;
    status = backfill_tell(b, slowed(b), err);
    if (status || (b->finished && b->sum.finished + 1 >= b->sum.parts)) {
        return status;
    }
    /* At the end of a part there are fewer than it was to have. */
    const int64_t done = b->finished ? changed : keys;
    const double due = b->rate > 0 ? (double)done * 1000 / (double)b->rate - ms : 0;
    const double pause = throttle_pause(b->throttle, ms, throttle_unslept(done, changed));
    return rest(b, due > pause ? due : pause, err);
}

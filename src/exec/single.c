/*
 * A step that is one statement by itself.
 *
 * What PostgreSQL allows in a transaction gets one, with its row of history inside (VALIDATE CONSTRAINT, a whole UPDATE). The rest, above all
 * CONCURRENTLY, is recorded as started before and as done after; what became of it when a run dies in between is looked up on the server.
 */
#include "base/clock.h"
#include "exec/fault.h"
#include "exec/index.h"
#include "exec/lone.h"
#include "exec/run.h"
#include "exec/tx.h"

enum { WATCH_MS = 2000, BUILDER_POLL_MS = 500 };

struct single {
    const struct planned_statement *st;
    struct lone lone;
    struct str sql; /* what is sent: the statement, or what finishes its earlier try */
    bool skip;      /* the server has it already */
    struct retry retry;
};

/* ---- the server's state before ---- */

/* The run lock says that no run of ours is alive, but its backend may have lost the lock (pg_advisory_unlock_all) and still work. */
static enum status wait_for_backend(struct run *r, struct item *it, struct error *err)
{
    static const char sql[] = "SELECT count(*) FROM pg_catalog.pg_stat_get_activity($1::pg_catalog.int4)"
                              " WHERE backend_start = $2::pg_catalog.timestamptz AND state = 'active'"
                              " AND pid <> pg_catalog.pg_backend_pid()";
    const struct param params[] = {{param_i64(&r->scratch, it->started_pid)}, {it->started_backend}};
    bool told = false;
    while (it->started_pid > 0) {
        struct rows *rows = NULL;
        enum status status = session_query(r->s, sql, params, 2, ANSWER_MS, &rows, err);
        if (status) {
            return status;
        }
        const bool busy = rows_i64(rows, 0, 0) > 0;
        rows_free(rows);
        if (!busy) {
            return ST_OK;
        }
        if (!told) {
            struct event e = run_event(it, item_step(it), EVENT_BLOCKED);
            e.pid = it->started_pid;
            e.state = "the statement of an earlier run is still going on";
            run_emit(r, &e);
            told = true;
        }
        status = loop_sleep(r->loop, BUILDER_POLL_MS, err);
        if (status) {
            return status;
        }
    }
    return ST_OK;
}

static enum status wait_for_builder(struct run *r, struct item *it, const struct lone *lone, struct index_state *state,
                                    struct error *err)
{
    enum status status = ST_OK;
    int told = 0;
    while (!status && state->exists && !state->valid && state->builder > 0) {
        if (state->builder != told) {
            struct event e = run_event(it, item_step(it), EVENT_BLOCKED);
            e.pid = told = state->builder;
            e.state = "is building this index now";
            run_emit(r, &e);
        }
        status = loop_sleep(r->loop, BUILDER_POLL_MS, err);
        status = status ? status : index_look(r, lone, state, err);
    }
    return status;
}

static enum status refuse_index(const struct item *it, const struct index_state *state, const char *what,
                                const char *hint, struct error *err)
{
    error_set(err, ST_SERVER, "step %u of migration %s: %.*s is there already, %s", item_step(it)->ordinal,
              it->params.version, STR_ARG(state->display), what);
    error_hint(err, "%s", hint);
    return ST_SERVER;
}

static enum status before_create_index(struct run *r, struct item *it, struct single *one, struct error *err)
{
    struct index_state state;
    enum status status = index_look(r, &one->lone, &state, err);
    const bool nameless = one->lone.name.n == 0;
    if (!status) {
        status = wait_for_builder(r, it, &one->lone, &state, err);
    }
    if (status || (!state.exists && !(nameless && it->started)) ||
        (state.exists && (!state.is_index || !state.same_table))) {
        return status; /* not there: build it. There, but something else: the server's own message says it best */
    }
    status = index_compare(r, &one->lone, &state, err);
    if (status) {
        return status;
    }
    if (!state.same_definition) {
        return !state.exists ? ST_OK
               : state.valid && !one->lone.if_not_exists && !it->started
                   ? ST_OK
                   : refuse_index(it, &state, "with another definition",
                                  "drop or rename it, if nobody needs it, and run the same command again", err);
    }
    if (!state.valid) {
        return index_drop(r, it, state.display, "an earlier build of it did not finish", err);
    }
    if (it->started) {
        one->skip = true;
        run_repair(r, it, "index %.*s is there, valid and as described: recorded as done", STR_ARG(state.display));
    }
    return ST_OK;
}

static enum status before_drop_index(struct run *r, struct item *it, struct single *one, struct error *err)
{
    const struct param name = {arena_cstr(&r->scratch, one->lone.name)};
    struct rows *rows = NULL;
    const enum status status =
        session_query(r->s, "SELECT pg_catalog.to_regclass($1) IS NULL", &name, 1, ANSWER_MS, &rows, err);
    if (!status && it->started && rows_bool(rows, 0, 0)) {
        one->skip = true;
        run_repair(r, it, "index %s is gone: recorded as done", name.text);
    }
    rows_free(rows);
    return status;
}

/* DETACH … CONCURRENTLY is two transactions; after the first only FINALIZE is allowed (servers from 14 on know it). */
static enum status before_detach(struct run *r, struct item *it, struct single *one, struct error *err)
{
    static const char sql[] =
        "SELECT coalesce((SELECT (pg_catalog.to_jsonb(i) ->> 'inhdetachpending'::pg_catalog.text)::pg_catalog.bool"
        " FROM pg_catalog.pg_inherits i WHERE i.inhrelid = pg_catalog.to_regclass($1)"
        " AND i.inhparent = pg_catalog.to_regclass($2)), false),"
        " EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = pg_catalog.to_regclass($1)"
        " AND i.inhparent = pg_catalog.to_regclass($2))";
    const struct param params[] = {{arena_cstr(&r->scratch, one->lone.name)},
                                   {arena_cstr(&r->scratch, one->lone.table)}};
    struct rows *rows = NULL;
    const enum status status = session_query(r->s, sql, params, 2, ANSWER_MS, &rows, err);
    if (status) {
        return status;
    }
    if (rows_bool(rows, 0, 0)) {
        const bool known = !str_eq(one->sql, one->st->sql);
        one->sql =
            arena_printf(&r->scratch, "ALTER TABLE %s DETACH PARTITION %s FINALIZE", params[1].text, params[0].text);
        if (!known) {
            run_repair(r, it, "partition %s is half detached: finishing it", params[0].text);
        }
    } else if (it->started && !rows_bool(rows, 0, 1)) {
        one->skip = true;
        run_repair(r, it, "partition %s is detached: recorded as done", params[0].text);
    }
    rows_free(rows);
    return ST_OK;
}

/* ALTER TYPE … ADD VALUE outside a transaction (servers before 12, or transaction:false): is the label there? */
static enum status before_add_value(struct run *r, struct item *it, struct single *one, struct error *err)
{
    static const char sql[] =
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_enum WHERE enumtypid = pg_catalog.to_regtype($1)"
        " AND enumlabel = $2)";
    const struct param params[] = {{arena_cstr(&r->scratch, one->lone.table)},
                                   {arena_cstr(&r->scratch, one->lone.value)}};
    struct rows *rows = NULL;
    const enum status status = session_query(r->s, sql, params, 2, ANSWER_MS, &rows, err);
    if (!status && it->started && rows_bool(rows, 0, 0)) {
        one->skip = true;
        run_repair(r, it, "the value is in the type: recorded as done");
    }
    rows_free(rows);
    return status;
}

static void hint_partly(const struct item *it, struct error *err)
{
    error_hint(err,
               "look at what it did; then record the migration as applied, or as pending to run it again:"
               " migrate mark %s --applied | --pending",
               it->params.version);
}

static enum status look_before(struct run *r, struct item *it, struct single *one, struct error *err)
{
    const enum status status = it->started ? wait_for_backend(r, it, err) : ST_OK;
    if (status) {
        return status;
    }
    switch (one->lone.kind) {
    case LONE_CREATE_INDEX:
        return before_create_index(r, it, one, err);
    case LONE_DROP_INDEX:
        return before_drop_index(r, it, one, err);
    case LONE_REINDEX:
        return it->started ? index_drop_reindex_leftovers(r, it, &one->lone, err) : ST_OK;
    case LONE_DETACH:
        return before_detach(r, it, one, err);
    case LONE_ADD_VALUE:
        return before_add_value(r, it, one, err);
    case LONE_MAYBE_PARTLY:
        if (it->started) {
            error_set(err, ST_PARTIAL,
                      "step %u of migration %s was cut short, and it may have committed part of its work",
                      item_step(it)->ordinal, it->params.version);
            error_place(err, it->m->file.p, one->st->line, one->st->judged ? one->st->judged->column : 1);
            hint_partly(it, err);
            return ST_PARTIAL;
        }
        return ST_OK;
    case LONE_VALIDATE:
    case LONE_OTHER:
        break;
    }
    if (it->started) {
        run_repair(r, it, "an earlier run was cut short in this statement: it is run again");
    }
    return ST_OK;
}

/* ---- the server's state after ---- */

/* What a failed statement left behind is taken away; false when that did not succeed. */
static bool clean_up(struct run *r, struct item *it, struct single *one, struct error *err)
{
    struct error trouble;
    struct index_state state;
    enum status status = ST_OK;
    if (!session_usable(r->s)) {
        return false;
    }
    if (one->lone.kind == LONE_CREATE_INDEX) {
        status = one->lone.name.n > 0 ? index_look(r, &one->lone, &state, &trouble)
                                      : index_compare(r, &one->lone, &state, &trouble);
        if (!status && state.exists && state.is_index && state.same_table && !state.valid && state.builder == 0) {
            status = index_drop(r, it, state.display, "its build failed", &trouble);
        }
    } else if (one->lone.kind == LONE_REINDEX) {
        status = index_drop_reindex_leftovers(r, it, &one->lone, &trouble);
    } else if (one->lone.kind == LONE_DETACH) {
        struct single again = *one;
        again.sql = STR_NONE; /* which is not the statement's: nothing is told */
        status = before_detach(r, it, &again, &trouble);
        if (!status && again.sql.n > 0) {
            error_set(&trouble, ST_SERVER, "the partition is half detached");
            status = ST_SERVER;
        }
    } else if (one->lone.kind == LONE_MAYBE_PARTLY) {
        error_set(&trouble, ST_SERVER, "it may have committed part of its work");
        status = ST_SERVER;
    }
    if (status) {
        struct strbuf detail;
        strbuf_init(&detail, sizeof(err->detail));
        strbuf_addf(&detail, "%.1000s%s%.900s", err->detail, err->detail[0] ? "\n" : "", trouble.primary);
        error_detail(err, "%s", strbuf_cstr(&detail));
        strbuf_free(&detail);
    }
    return status == ST_OK;
}

/* Success is what the server's catalog says, not the absence of an error. */
static enum status verify(struct run *r, struct item *it, struct single *one, struct error *err)
{
    const struct step *step = item_step(it);
    struct index_state state = {0};
    enum status status = ST_OK;
    if (one->lone.kind == LONE_CREATE_INDEX) {
        status =
            one->lone.name.n > 0 ? index_look(r, &one->lone, &state, err) : index_compare(r, &one->lone, &state, err);
        if (!status && (!state.exists || !state.valid)) {
            error_set(err, ST_SERVER, "the statement succeeded, but the index is %s",
                      state.exists ? "not valid" : "not there");
            status = ST_SERVER;
        }
    } else if (one->lone.kind == LONE_REINDEX && step->built_index.n > 0) {
        struct rows *rows = NULL;
        const struct param name = {arena_cstr(&r->scratch, one->lone.name)};
        status = session_query(r->s,
                               "SELECT count(*) FROM pg_catalog.pg_index"
                               " WHERE indexrelid = pg_catalog.to_regclass($1) AND NOT indisvalid",
                               &name, 1, ANSWER_MS, &rows, err);
        if (!status && rows_i64(rows, 0, 0) > 0) {
            status = error_set(err, ST_SERVER, "the statement succeeded, but index %s is not valid", name.text);
        }
        rows_free(rows);
    }
    return status;
}

size_t single_add_check(const struct item *it, struct pipe *p)
{
    static const char sql[] = "SELECT 1 / count(*) FROM pg_catalog.pg_constraint"
                              " WHERE conrelid = pg_catalog.to_regclass($1) AND conname = $2 AND convalidated";
    struct lone lone;
    if (item_step(it)->statements.n != 1) {
        return SIZE_MAX;
    }
    lone_read(item_step(it)->statements.at[0].sql, p->arena, &lone);
    if (lone.kind != LONE_VALIDATE || lone.if_exists) {
        return SIZE_MAX;
    }
    const struct param params[] = {{arena_cstr(p->arena, lone.table)}, {arena_cstr(p->arena, lone.name)}};
    pipe_add_params(p, sql, params, 2);
    return p->items.n - 1;
}

/* ---- the course ---- */

static enum status attempt(struct run *r, struct item *it, struct single *one, int64_t *affected, struct error *err)
{
    const struct step *step = item_step(it);
    const int64_t lock_ms = retry_lock_timeout(&one->retry);
    const struct event base = {.migration = it->m, .step = step, .down = it->down, .attempt = one->retry.attempt};
    struct rows *rows = NULL;
    struct pipe p;
    enum status status = ST_OK;
    pipe_begin(&p, &r->scratch);
    step_settings(r, &p, lock_ms, step->statement_timeout_ms, true);
    if (step->class == CLASS_ONLINE) {
        step_gentle_build(r, &p);
    }
    if (p.items.n > 0) {
        status = pipe_run(&p, r->s, ANSWER_MS, NULL, err);
    }
    FAULT("single-before");
    if (!status) {
        if (step->class == CLASS_ONLINE) {
            watch_start(&r->watch, r->lock.pid, lock_ms > 0 ? lock_ms * 4 / 5 : WATCH_MS, true, &base);
        } else {
            watch_guard(&r->watch, r->lock.pid, &one->retry, &base);
        }
        r->bounded = step->statement_timeout_ms > 0;
        status = session_simple(r->s, one->sql, step_deadline(r, step->statement_timeout_ms, lock_ms, 1), &rows, err);
        watch_stop(&r->watch);
        FAULT("single-after");
    }
    *affected = rows ? rows_affected(rows) : 0;
    rows_free(rows);
    if (status) {
        if (str_eq(one->sql, one->st->sql)) {
            step_error_place(r, it, one->st, err);
        }
        step_settings_unknown(r);
        return status;
    }
    return verify(r, it, one, err);
}

static enum status fail(struct run *r, struct item *it, struct single *one, enum status status, struct error *err)
{
    if (status == ST_INTERRUPTED) {
        /* Dropping an index may take as long as building it: the next run does that. */
        loop_acknowledge_signal(r->loop);
        record_failure(r, it, false, one->retry.attempt, err);
        return status;
    }
    if (!session_usable(r->s)) {
        return status;
    }
    const bool clean = clean_up(r, it, one, err);
    record_failure(r, it, clean, one->retry.attempt, err);
    if (!clean) {
        if (one->lone.kind == LONE_MAYBE_PARTLY) {
            hint_partly(it, err);
        } else {
            error_hint(err, "what it left behind is taken care of when the same command runs again");
        }
        err->status = ST_PARTIAL;
        return ST_PARTIAL;
    }
    return status;
}

/*
 * A deadlock or a lock timeout inside CONCURRENTLY leaves an invalid index, which goes before the next attempt, or a partition half
 * detached, which the next attempt finishes.
 */
static bool ready_again(struct run *r, struct item *it, struct single *one, struct error *err)
{
    struct error ignored;
    return one->lone.kind == LONE_DETACH ? before_detach(r, it, one, &ignored) == ST_OK : clean_up(r, it, one, err);
}

static enum status run_alone(struct run *r, struct item *it, struct single *one, int64_t *affected, struct error *err)
{
    const struct step *step = item_step(it);
    const bool last = it->next + 1 == it->steps.n;
    enum status status = look_before(r, it, one, err);
    if (status) {
        return status;
    }
    retry_begin(&one->retry, step->lock_timeout_ms, r->o->lock_timeout_max_ms, r->o->lock_budget_ms,
                r->o->lock_attempts);
    if (!one->skip) {
        FAULT("single-unrecorded");
        status = record_now(r, it, RECORDED_STARTED, false, 1, 0, err);
        if (status) {
            return status;
        }
        FAULT("single-started");
        for (;;) {
            struct event e = run_event(it, step, EVENT_STEP_BEGIN);
            e.attempt = one->retry.attempt;
            run_emit(r, &e);
            status = way_wait(r, it, &one->retry, err);
            status = status ? status : attempt(r, it, one, affected, err);
            if (!status ||
                ((retry_class(error_sql_class(err)) || watch_cancelled(&r->watch, err)) && session_usable(r->s) &&
                 !ready_again(r, it, one, err)) ||
                !step_again(r, it, &one->retry, &status, err)) {
                break;
            }
        }
        if (status) {
            return fail(r, it, one, status, err);
        }
    }
    FAULT("single-unsettled");
    return record_now(r, it, RECORDED_DONE, last, one->retry.attempt, *affected, err);
}

enum status single_run(struct run *r, struct item *it, struct error *err)
{
    const struct step *step = item_step(it);
    const int64_t begun = clock_monotonic_ms();
    const struct planned_statement *st = &step->statements.at[0];
    struct single one = {.st = st, .sql = st->sql};
    int64_t affected = 0;
    arena_reset(&r->scratch);
    lone_read(st->sql, &r->scratch, &one.lone);
    /* It may commit by itself, which it cannot in a transaction of ours: transaction:false asks for none. */
    const bool commits = one.lone.kind == LONE_MAYBE_PARTLY && (it->down ? &it->m->down : &it->m->up)->tx == TX_FALSE;
    const bool in_transaction = commits      ? false
                                : st->judged ? st->judged->effects.in_transaction == TRI_YES
                                             : one.lone.kind == LONE_VALIDATE;
    if (in_transaction && !it->started) {
        return transaction_run(r, it, err);
    }
    const enum status status = run_alone(r, it, &one, &affected, err);
    if (!status) {
        struct event e = run_event(it, step, EVENT_STEP_END);
        e.attempt = one.retry.attempt;
        e.ms = clock_monotonic_ms() - begun;
        e.rows = affected;
        run_emit(r, &e);
    }
    return status;
}

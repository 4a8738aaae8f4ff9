/* One migration of a run: where it stands, and its steps one after the other. */
#include "exec/shadow_contract.h"
#include "exec/tx.h"
#include "exec/window.h"

#include "base/clock.h"
#include "exec/fault.h"

enum status item_replay_settings(struct run *r, struct item *it, struct error *err)
{
    for (size_t i = 0; it->touch.session && i < it->next; i++) {
        const struct planned_statement_list *list = &it->steps.at[i].statements;
        for (size_t k = 0; k < list->n; k++) {
            if (!touch_replayable(list->at[k].sql)) {
                continue;
            }
            const enum status status = session_simple(r->s, list->at[k].sql, ANSWER_MS, NULL, err);
            if (status) {
                error_context(err, "cannot set the session up as the steps before did");
                return status;
            }
        }
    }
    return ST_OK;
}

/* ---- where it stands ---- */

enum status item_make(struct run *r, const struct run_item *from, struct item *it, struct error *err)
{
    *it = (struct item){.plan = from->plan, .m = from->plan->migration, .down = from->plan->down};
    it->params = migration_params_of(it->m, &r->arena);
    for (size_t i = 0; i < it->plan->steps.n; i++) {
        const struct step *step = &it->plan->steps.at[i];
        for (size_t k = 0; k < step->statements.n; k++) {
            const struct touch touch = touch_of(step->statements.at[k].sql);
            it->touch.session = it->touch.session || touch.session;
            it->touch.role = it->touch.role || touch.role;
            it->touch.lock = it->touch.lock || touch.lock;
        }
    }
    if (it->touch.role && !r->role[0]) {
        struct rows *rows = NULL;
        const enum status status =
            session_query(r->s, "SELECT pg_catalog.current_setting('role')", NULL, 0, ANSWER_MS, &rows, err);
        if (status) {
            return status;
        }
        snprintf(r->role, sizeof(r->role), "%.*s", STR_ARG(rows_value(rows, 0, 0)));
        rows_free(rows);
    }
    return ST_OK;
}

static enum status conflict(struct error *err, const struct item *it, const char *what)
{
    return error_set(err, ST_CONFLICT, "%s %s: %s", it->params.version, it->params.name, what);
}

static bool same_file(const struct item *it, const struct applied *a)
{
    return strcmp(a->sha256, it->params.sha256) == 0 || strcmp(a->sha256_text, it->params.sha256_text) == 0;
}

/* A repeatable migration was changed: what its earlier text did is no step of this one. Killed behind this, it counts as never applied. */
static enum status forget_earlier(struct run *r, struct item *it, struct error *err)
{
    const struct param version = {it->params.version};
    const enum status status = session_query(r->s, r->sql.at[HSQL_WRITE_DOWN_LAST], &version, 1, ANSWER_MS, NULL, err);
    if (status) {
        error_context(err, "cannot begin %s anew", it->params.version);
    }
    return status;
}

/* A down part that does not know of the shadow change would leave its column and trigger behind, with nobody to tell of them. */
static enum status check_kept(struct run *r, const struct item *it, struct error *err)
{
    struct str name;
    for (size_t i = 0; i < it->steps.n; i++) {
        if (it->steps.at[i].kind == STEP_SHADOW) {
            return ST_OK;
        }
    }
    const enum status status = shadow_kept(r->s, &r->sql, it->params.version, &r->arena, &name, err);
    if (status || name.n == 0) {
        return status;
    }
    error_set(err, ST_USAGE, "%s %s changed a type by a shadow column, and its down part does not: %.*s would stay",
              it->params.version, it->params.name, STR_ARG(name));
    error_place(err, it->m->file.p, 0, 0);
    error_hint(err,
               "write -- migrate:shadow before ALTER TABLE … ALTER COLUMN … TYPE in the down part: it then swaps back");
    return ST_USAGE;
}

enum status item_place(struct run *r, struct item *it, const struct history *h, const struct recorded_list *steps,
                       struct error *err)
{
    const struct applied *a = history_find(h, it->m->version);
    it->finished = false;
    it->started = false;
    it->text_recorded = false;
    it->steps = it->plan->steps;
    it->next = 0;
    if (a) {
        /* 007 in history and 7 in the file are one version: the row keeps its spelling. */
        it->params.version = a->version.p;
    }
    if (!a || a->state == APPLIED_NO) {
        it->finished = it->down;
        return ST_OK;
    }
    if (a->state == APPLIED_YES && it->m->repeatable && !it->down && !same_file(it, a)) {
        return forget_earlier(r, it, err);
    }
    if (a->state == APPLIED_YES) {
        if (!it->down && !same_file(it, a)) {
            conflict(err, it, "was applied meanwhile, with other content");
            error_hint(err, "see: migrate status");
            return ST_CONFLICT;
        }
        it->finished = !it->down;
        return it->down ? check_kept(r, it, err) : ST_OK;
    }
    if (a->going_down != it->down) {
        conflict(err, it, a->going_down ? "is half reverted" : "is half applied");
        error_hint(err, "finish that first: migrate %s", a->going_down ? "down" : "up");
        return ST_CONFLICT;
    }
    return item_align(r, it, a->version, steps, err);
}

/* ---- its course ---- */

/* No session, or a primary no more: a service may turn the server into a reader under our feet. */
static bool is_lost(struct run *r, const struct error *err)
{
    struct rows *rows = NULL;
    struct error ignored;
    bool standby = false;
    if (session_usable(r->s) && error_sql_class(err) == SQL_READ_ONLY &&
        !session_query(r->s, "SELECT pg_catalog.pg_is_in_recovery()", NULL, 0, ANSWER_MS, &rows, &ignored)) {
        standby = rows_bool(rows, 0, 0);
        rows_free(rows);
    }
    return standby || !session_usable(r->s);
}

/* While the connection was lost, the mirrored tool's lock was, too. */
static enum status other_tool_ran(struct run *r, struct error *err)
{
    const struct mirror *mirror = &r->o->mirror;
    struct foreign_row_list rows = {0};
    enum status status = foreign_read(r->s, mirror->tool, mirror->relation, &r->scratch, &rows, err);
    for (size_t i = 0; !status && i < r->n_items; i++) {
        const struct item *it = &r->list[i];
        for (size_t k = 0; !it->finished && it->next == 0 && k < rows.n; k++) {
            if (foreign_is(mirror->tool, &rows.at[k], it->m, 0) && !it->m->repeatable) {
                conflict(err, it, "was applied by another tool while the connection was lost");
                error_hint(err, "run the same command again: it records that, and goes on");
                return ST_CONFLICT;
            }
        }
    }
    return status;
}

/* The session is gone: what became of the step? `next` is where the item stands afterwards. */
static enum status settle(struct run *r, struct item *it, unsigned *losses, struct error *err)
{
    const struct error lost = *err;
    const bool moved = it->moved > 0;
    const size_t before = it->next;
    struct error again;
    it->moved = 0;
    *losses = moved ? 0 : *losses;
    /* A restart and a failover end our backend like an administrator does by hand: who does it again means it. */
    const bool ordered = strcmp(lost.sqlstate, "57P01") == 0 && item_step(it)->kind != STEP_BACKFILL &&
                         item_step(it)->kind != STEP_SHADOW;
    enum status status = run_recover(r, &again);
    if (!status) {
        status = run_place(r, &again);
    }
    if (!status && r->o->mirror.tool && !it->down) {
        status = other_tool_ran(r, &again);
    }
    if (status) {
        *err = again;
        return status;
    }
    for (const struct item *i = r->list; i < it; i++) {
        r->again = r->again || !i->finished;
    }
    if (!it->finished && it->next == before && ++*losses >= (ordered ? MAX_ORDERED_LOSSES : MAX_LOSSES)) {
        *err = lost;
        error_hint(err, "the step left nothing behind, or is taken up where it stopped: run the same command again");
        return ST_SERVER;
    }
    if (it->next > before || it->finished) {
        *losses = 0;
    }
    run_repair(r, it, "the connection was lost and is back; %s",
               r->again ? "the server forgot steps that were not on disk yet: they are run again"
               : it->finished || it->next > before ? "the step was done"
                                                   : "the step is run again");
    return it->finished || r->again ? ST_OK : item_replay_settings(r, it, err);
}

/* Wait for the window, then see what has become of this migration meanwhile: another run may have gone on with it. */
static enum status wait_outside(struct run *r, struct item *it, int64_t estimate_ms, struct error *err)
{
    enum status status = window_wait(r, it, estimate_ms, err);
    status = status ? status : run_place(r, err);
    for (const struct item *i = r->list; i < it && !status; i++) {
        r->again = r->again || !i->finished;
    }
    return status || it->finished || r->again ? status : item_replay_settings(r, it, err);
}

static void end_migration(struct run *r, struct item *it, int64_t begun)
{
    struct event e = run_event(it, NULL, EVENT_MIGRATION_END);
    e.ms = clock_monotonic_ms() - begun;
    e.n_steps = (unsigned)it->steps.n;
    run_emit(r, &e);
}

/* What was done before the shadow change stays, and so does the migration part-way up. */
static enum status item_undo(struct run *r, struct item *it, struct error *err)
{
    if (!it->started || item_step(it)->kind != STEP_SHADOW) {
        return conflict(err, it, "is in no shadow change any more");
    }
    const enum status status = shadow_undo(r, it, err);
    it->finished = !status && it->next == 0;
    if (!status && it->next > 0) {
        error_set(err, ST_CONFLICT, "%s %s is part-way up: step %zu of %zu is done", it->params.version,
                  it->params.name, it->next, it->steps.n);
        error_hint(err, "the shadow change behind it was taken back; migrate up finishes it");
        return ST_CONFLICT;
    }
    return status;
}

enum status item_run(struct run *r, struct item *it, struct error *err)
{
    const int64_t begun = clock_monotonic_ms();
    unsigned losses = 0;
    enum status status = ST_OK;
    struct event e = run_event(it, NULL, EVENT_MIGRATION_BEGIN);
    e.n_steps = (unsigned)it->steps.n;
    run_emit(r, &e);
    if (r->o->undo) {
        return item_undo(r, it, err);
    }
    for (size_t i = 0; i < it->next; i++) {
        struct event skipped = run_event(it, &it->steps.at[i], EVENT_STEP_SKIPPED);
        run_emit(r, &skipped);
    }
    if (it->next == it->steps.n) {
        /* No statement at all, or the steps that were not done yet were taken out of the file. */
        status = record_empty(r, it, err);
        it->finished = !status;
    }
    if (it->touch.session) {
        /* It may drop prepared statements (DEALLOCATE ALL), and its own history would be written with one. */
        session_settings_again(r->s);
        step_settings_unknown(r);
    }
    status = status ? status : item_replay_settings(r, it, err);
    while (!status && !it->finished && !r->again) {
        FAULT("step");
        if (loop_interrupted(r->loop)) {
            return loop_interrupt_error(err);
        }
        arena_reset(&r->scratch);
        /* A backfill may be cut short and taken up again in the next window; it looks between its batches. */
        const int64_t estimate_ms = item_step(it)->kind == STEP_BACKFILL ? -1 : item_step(it)->estimate_ms;
        status = window_admit(r, it, estimate_ms, err);
        status = status ? status : step_run(r, it, err);
        if (status == ST_GAVE_WAY && r->window_waits) {
            status = wait_outside(r, it, estimate_ms, err);
            continue;
        }
        if (it->touch.session) {
            step_settings_unknown(r);
        }
        if (!status) {
            it->started = false;
            it->next++;
            it->finished = it->next == it->steps.n;
            status = it->touch.lock && !it->finished ? run_lock(r, r->o->run_lock_wait_ms, err) : ST_OK;
        } else if (status != ST_INTERRUPTED && is_lost(r, err)) {
            status = settle(r, it, &losses, err);
        }
    }
    if (!status && !r->again) {
        end_migration(r, it, begun);
        status = it->touch.session ? run_settings_again(r, err) : ST_OK;
        status = status ? status : item_analyze(r, it, err);
    }
    return status;
}

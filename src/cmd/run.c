#include "cmd/run.h"

#include "base/clock.h"
#include "cmd/base.h"
#include "cmd/hook.h"
#include "cmd/lint_baseline.h"
#include "cmd/listen.h"
#include "cmd/login.h"
#include "cmd/metrics_run.h"
#include "cmd/mirror.h"
#include "cmd/notify_run.h"
#include "cmd/rollback.h"
#include "cmd/snapshot_run.h"
#include "exec/join.h"
#include "exec/preview.h"
#include "exec/runner.h"
#include "migration/layout.h"
#include "report/json.h"
#include "report/lint.h"
#include "report/plan.h"
#include "report/rollback.h"
#include "report/style.h"

struct run {
    struct context *c;
    bool down, undo;
    struct arena catalog_memory; /* of its own: the catalog is taken back to a state of before */
    struct catalog catalog;
    struct judge judge;
    struct plan_options plan_options;
    const struct chosen_list *chosen;
    struct migration_plan *plans;
    unsigned *done; /* statements of each that are done */
    size_t n;
    uint64_t stopping; /* findings at or above the gate */
    struct mirror mirror;
    struct snapshot_run snapshot;
};

/* ---- plans ---- */

static enum status plan_all(struct run *r, const struct chosen_list *chosen, struct error *err)
{
    struct context *c = r->c;
    enum status status = ST_OK;
    r->plan_options = (struct plan_options){
        .lock_timeout_ms = c->set.lock_timeout_ms,
        .data_statement_timeout_ms = c->set.statement_timeout_ms,
        .measured = &r->judge.options.measured,
    };
    r->n = chosen->n;
    r->plans = arena_array(&c->arena, struct migration_plan, chosen->n);
    r->done = arena_array(&c->arena, unsigned, chosen->n);
    for (size_t i = 0; i < chosen->n && !status; i++) {
        struct judged_part *part = arena_new(&c->arena, struct judged_part);
        r->done[i] = chosen->at[i].statements;
        status = judge_part(&r->judge, chosen->at[i].migration, r->down, &c->arena, part, err);
        if (!status) {
            status = plan_make(part, &r->plan_options, &c->arena, &r->plans[i], err);
            r->plans[i].file = r->judge.files;
        }
    }
    return status;
}

/* ---- the gate ---- */

static const enum severity gate_severity[] = {SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE};

/* Where the gate begins to look: what an earlier run began was let through then, unless the file was edited since. */
static uint32_t gate_from(const struct judged_part *part, const struct chosen *chosen)
{
    if (chosen->first_step == 0) {
        return 0;
    }
    unsigned done = chosen->statements;
    for (size_t i = 0; i < part->statements.n && chosen->edited; i++) {
        const struct judged_statement *s = &part->statements.at[i];
        if (s->kind != STATEMENT_TRANSACTION && done-- == 0) {
            return s->st.comments_start;
        }
    }
    return UINT32_MAX;
}

/* What lint lets pass, because it is older than the project's rules, passes here, too. */
static enum status let_pass(struct run *r, struct error *err)
{
    const char *const path = r->c->set.baseline;
    struct baseline baseline;
    struct str last;
    enum status status = context_start_after(r->c, &last, err);
    if (!status && path && path[0]) {
        status = baseline_open(&baseline, path, false, &r->c->arena, err);
    }
    for (size_t i = 0; i < r->n && !status; i++) {
        const struct judged_part *part = &r->plans[i].judged;
        const struct str version = part->migration->version;
        const bool before = last.n > 0 && version.n > 0 && version_cmp(version, last) <= 0;
        if (path && path[0]) {
            baseline_apply(&baseline, part);
        }
        for (size_t k = 0; k < part->findings.n && before; k++) {
            part->findings.at[k].suppressed = true;
        }
    }
    return status;
}

/* Tell the findings that stop the run. */
static void show_stopping(struct run *r)
{
    struct strbuf out;
    const bool colour = context_colour(r->c, STDERR_FILENO);
    strbuf_init(&out, 1 << 24);
    for (size_t i = 0; i < r->n && r->c->set.gate != GATE_OFF; i++) {
        const struct judged_part *part = &r->plans[i].judged;
        const uint32_t from = gate_from(part, &r->chosen->at[i]);
        for (size_t k = 0; k < part->findings.n; k++) {
            const struct finding *f = &part->findings.at[k];
            if (!f->suppressed && f->start >= from && f->severity >= gate_severity[r->c->set.gate]) {
                finding_text(&out, f, part->migration->text, colour);
                strbuf_add_char(&out, '\n');
                r->stopping++;
                context_say(strbuf_str(&out));
                strbuf_reset(&out);
            }
        }
    }
    strbuf_free(&out);
}

static enum status gate(struct run *r, struct error *err)
{
    if (r->down || r->undo) {
        return ST_OK;
    }
    const enum status status = let_pass(r, err);
    if (status) {
        return status;
    }
    show_stopping(r);
    if (r->stopping == 0) {
        return ST_OK;
    }
    error_set(err, ST_CHECK, "%" PRIu64 " finding%s before the first step: nothing was run", r->stopping,
              r->stopping == 1 ? "" : "s");
    error_hint(err, "mend the migration; or allow it with -- migrate:allow RULE because REASON; or --gate off");
    return ST_CHECK;
}

/* ---- running ---- */

/* What the server says of backfills, for those that are not done. */
static enum status preview(struct run *r, struct error *err)
{
    struct context *c = r->c;
    const struct preview_options options = {c->set.backfill_rows, c->set.pace == PACE_GENTLE, c->set.verbose};
    enum status status = ST_OK;
    for (size_t i = 0; c->session && i < r->n; i++) {
        size_t left = r->done[i];
        for (size_t k = 0; k < r->plans[i].steps.n && !status; k++) {
            struct step *step = &r->plans[i].steps.at[k];
            if (step->batch && left < step->statements.n) {
                status = backfill_preview(c->session, step, &options, &c->arena, err);
            }
            if (step->shadow && left < step->statements.n && !status) {
                status = shadow_preview(c->session, step->shadow, &c->arena, err);
            }
            left -= left < step->statements.n ? left : step->statements.n;
        }
    }
    return status;
}

static void show_plan(struct run *r)
{
    struct strbuf out;
    const bool colour = context_colour(r->c, STDOUT_FILENO);
    const enum analyze_mode mode = (enum analyze_mode)r->c->set.analyze;
    struct rollback *back = r->down ? NULL : arena_array(&r->c->arena, struct rollback, r->n);
    if (r->undo && !r->c->set.json) {
        strbuf_init(&out, 4096);
        strbuf_addf(&out,
                    "%.*s %.*s is in the middle of a shadow change: it would be taken back, in one short transaction\n",
                    STR_ARG(r->plans[0].migration->version), STR_ARG(r->plans[0].migration->name));
        context_print(strbuf_str(&out));
        strbuf_free(&out);
        return;
    }
    if (back) {
        rollback_plan(&r->judge, &r->plan_options, r->plans, r->n, &r->c->arena, back);
    }
    if (r->c->set.json) {
        json_t *o = json_plan(r->plans, r->done, back, r->n, mode);
        json_put(o, "snapshot", snapshot_run_json(&r->snapshot));
        json_write(o, stdout);
        return;
    }
    strbuf_init(&out, 1 << 28);
    plan_text(&out, r->plans, r->done, back, r->n, mode, colour);
    snapshot_run_text(&r->snapshot, &out);
    if (back && !r->c->ephemeral) {
        rollback_summary(&out, back, r->n, r->snapshot.means != BY_NOTHING, colour);
        snapshot_run_runbook(&r->snapshot, &out);
    }
    context_print(strbuf_str(&out));
    strbuf_free(&out);
}

static void show_result(struct run *r, const struct run_result *result, enum status status)
{
    struct strbuf out;
    if (r->c->set.preflight_only && !status && !r->c->set.json) {
        context_print(STR("nothing stops it\n"));
        return;
    }
    if (r->c->set.json || r->c->set.quiet || (status && result->n_done == 0)) {
        return;
    }
    if (result->n_done == 0) {
        context_print(STR("nothing to do: another run did it\n"));
        return;
    }
    strbuf_init(&out, 1024);
    strbuf_add_cstr(&out, r->down || r->undo ? "undid " : "applied ");
    if (result->n_done < r->n) {
        strbuf_addf(&out, "%u of ", result->n_done);
    }
    add_count(&out, r->n, "migration");
    strbuf_add_cstr(&out, " in ");
    clock_duration(result->ms, &out);
    strbuf_add_char(&out, '\n');
    context_print(strbuf_str(&out));
    strbuf_free(&out);
}

/* In the order of TERMINATE_WORDS. */
static const enum terminate terminate_kinds[] = {TERMINATE_AUTOVACUUM, TERMINATE_IDLE, TERMINATE_ALL, TERMINATE_NONE};

static enum status execute(struct run *r, struct error *err)
{
    struct context *c = r->c;
    struct run_item *items = arena_array(&c->arena, struct run_item, r->n);
    struct run_options options;
    struct run_result result = {0};
    struct listeners listeners;
    struct metrics_run metrics;
    char run_id[33];
    struct hook_facts facts = {.plans = r->plans, .n = r->n, .down = r->down, .run_id = run_id};
    random_token(run_id);
    enum status status = c->set.join ? ST_OK : hook_before(c, &facts, err);
    if (status) {
        return status;
    }
    if (login_remark(c) && !c->set.quiet) {
        context_say(arena_printf(&c->arena, "migrate: note: %s\n", login_remark(c)));
    }
    listen_begin(&listeners, c, r->down);
    run_options_default(&options);
    options.target = &c->target;
    options.schema = c->set.schema;
    options.mirror = r->mirror;
    options.run_lock_wait_ms = c->set.run_lock_wait_ms;
    options.lock_timeout_ms = c->set.lock_timeout_ms;
    options.lock_budget_ms = c->set.lock_budget_ms;
    options.run_id = run_id;
    options.analyze = (enum analyze_mode)c->set.analyze;
    options.sink = (struct event_sink){listen_emit, &listeners};
    options.terminate = terminate_kinds[c->set.terminate];
    options.max_blocked_sessions = c->set.max_blocked_sessions;
    options.max_block_ms = c->set.max_block_ms;
    options.redact = c->set.redact;
    options.reconnect_ms = c->set.reconnect_ms;
    options.answer_timeout_ms = c->set.answer_timeout_ms;
    options.backfill_rows = c->set.backfill_rows;
    options.throttle.lag_bytes = c->set.max_lag_bytes;
    options.throttle.lag_ms = c->set.max_lag_ms;
    options.throttle.slot_bytes = c->set.max_slot_bytes;
    options.throttle.active_sessions = c->set.max_sessions;
    options.throttle.archive_files = c->set.max_archive;
    options.throttle.query = c->set.throttle_query && c->set.throttle_query[0] ? c->set.throttle_query : NULL;
    options.throttle.gentle = c->set.pace == PACE_GENTLE;
    options.max_xact_age_ms = c->set.max_xact_age_ms;
    options.preflight_only = c->set.preflight_only;
    options.undo = r->undo;
    options.window = c->set.window && c->set.window[0] ? c->set.window : NULL;
    options.window_wait = c->set.outside_window == 0;
    for (size_t i = 0; i < r->n; i++) {
        items[i] = (struct run_item){.plan = &r->plans[i], .first_step = r->chosen->at[i].first_step};
    }
    options.throttle.source = metrics_run_begin(&metrics, c, options.sink);
    options.snapshot = snapshot_run_source(&r->snapshot, options.sink);
    bool joined = true;
    status = c->set.join ? run_join(c->loop, c->session, &options, items, r->n, &result, &joined, err)
                         : run_plans(c->loop, c->session, &options, items, r->n, &result, err);
    metrics_run_end(&metrics);
    snapshot_run_end(&r->snapshot);
    listen_end(&listeners, status, err);
    notify_run(c, r->down, status, &result, err);
    if (!c->set.join) {
        show_result(r, &result, status);
        hook_behind(c, &facts, status, &result, err);
    } else if (!status && !c->set.quiet && !c->set.json) {
        context_print(joined ? STR("no part of the backfill is left\n") : STR("no backfill is under way\n"));
    }
    return status;
}

static void say_nothing_to_do(const struct context *c)
{
    if (c->set.dry_run && c->set.json) {
        json_write(json_plan(NULL, NULL, NULL, 0, ANALYZE_AUTO), stdout);
    } else if (!c->set.quiet && !c->set.json) {
        context_print(STR("nothing to do\n"));
    }
}

enum status run_chosen(struct context *c, const struct chosen_list *chosen, bool down, struct error *err)
{
    struct catalog_info info = {0};
    struct chosen_list left = *chosen;
    struct run r = {.c = c, .down = down, .undo = left.n > 0 && left.at[0].undo, .chosen = &left};
    enum status status = ST_OK;
    if (left.n > 0 && !c->set.dry_run) {
        status = mirror_begin(c, &left, down, &r.mirror, err);
    }
    if (!status && left.n == 0) {
        say_nothing_to_do(c);
        return c->set.dry_run ? ST_OK : snapshot_run_nothing(c, err);
    }
    if (!status && !c->has_book) {
        status = context_rulebook(c, err);
    }
    if (status) {
        return status;
    }
    arena_init(&r.catalog_memory, SIZE_MAX);
    catalog_init(&r.catalog, &r.catalog_memory);
    status = base_catalog(c, &r.catalog, &info, err);
    const struct judge_options options = base_options(c, &r.catalog, &info);
    judge_init(&r.judge, &c->book, &options, &r.catalog);
    if (!status) {
        status = plan_all(&r, &left, err);
    }
    if (!status && c->set.dry_run) {
        status = preview(&r, err);
    }
    if (!status) {
        status = snapshot_run_decide(&r.snapshot, c, r.plans, r.n, err);
    }
    if (!status && c->set.dry_run) {
        show_plan(&r);
    }
    if (!status) {
        status = gate(&r, err);
    }
    if (!status && !c->set.dry_run) {
        status = execute(&r, err);
    }
    judge_free(&r.judge);
    arena_free(&r.catalog_memory);
    return status;
}

/* ---- choosing ---- */

void choose_up(const struct state *s, size_t limit, struct str to, struct arena *a, struct chosen_list *out)
{
    for (size_t i = 0; i < s->rows.n && out->n < limit; i++) {
        const struct status_row *r = &s->rows.at[i];
        const bool open = r->state == STATE_PENDING || r->state == STATE_OUT_OF_ORDER ||
                          (r->state == STATE_PARTIAL && !r->going_down);
        if (open && r->file.n > 0 && (to.n == 0 || version_cmp(r->version, to) <= 0)) {
            struct chosen *c = vec_push(a, out);
            c->migration = migrations_find(&s->migrations, r->version);
            if (r->state == STATE_PARTIAL) {
                c->first_step = r->steps_done;
                c->statements = history_find(&s->history, r->version)->statements_done;
            }
            c->edited = r->changed;
        }
    }
}

static int by_order_backwards(const void *a, const void *b)
{
    const struct applied *const *x = a, *const *y = b;
    /* What is part-way down comes first: it is to be finished. */
    const bool x_open = (*x)->state == APPLIED_PARTIAL, y_open = (*y)->state == APPLIED_PARTIAL;
    if (x_open != y_open) {
        return y_open - x_open;
    }
    return ((*x)->order < (*y)->order) - ((*x)->order > (*y)->order);
}

/* The file, or what was recorded of it. */
static enum status migration_of(struct context *c, struct state *s, const struct applied *a,
                                const struct migration **out, struct error *err)
{
    struct migration *m = migrations_find(&s->migrations, a->version);
    if (!m && a->down_text.n == 0) {
        error_set(err, ST_CONFLICT, "the file of %.*s %.*s is gone, and its text was not recorded", STR_ARG(a->version),
                  STR_ARG(a->name));
        error_hint(err, "restore the file; or forget the migration: migrate mark %.*s --pending", STR_ARG(a->version));
        return ST_CONFLICT;
    }
    if (!m) {
        m = arena_new(&c->arena, struct migration);
        const enum status status =
            migration_parse_recorded(a->file, a->layout, a->down_text, &c->placeholders, &c->arena, m, err);
        if (status) {
            error_context(err, "the recorded text of %.*s", STR_ARG(a->version));
            return status;
        }
        m->version = a->version;
        m->name = a->name;
        migration_checksum(m);
    }
    m = m->undo ? m->undo : m;
    *out = m;
    if (!m->down.present) {
        const bool native = m->layout == &layout_native;
        error_set(err, ST_USAGE, "%.*s %.*s has no %s", STR_ARG(m->version), STR_ARG(m->name),
                  native ? "-- migrate:down part" : "part that undoes it");
        error_place(err, m->file.p, 0, 0);
        error_hint(err, "write one (%s), or undo it by hand and say so: migrate mark %.*s --pending",
                   native ? "it may be empty" : m->layout->form, STR_ARG(m->version));
        return ST_USAGE;
    }
    return ST_OK;
}

enum status choose_undo(struct state *s, struct arena *a, struct chosen_list *out, struct error *err)
{
    for (size_t i = 0; i < s->history.applied.n; i++) {
        const struct applied *x = &s->history.applied.at[i];
        if (x->state != APPLIED_PARTIAL || !x->shadow) {
            continue;
        }
        const struct migration *m = migrations_find(&s->migrations, x->version);
        if (!m) {
            error_set(err, ST_CONFLICT, "the file of %.*s %.*s is gone, in the middle of a shadow change",
                      STR_ARG(x->version), STR_ARG(x->name));
            error_hint(err, "restore it: down then takes the change back, or up goes on");
            return ST_CONFLICT;
        }
        *vec_push(a, out) = (struct chosen){
            .migration = m, .first_step = x->steps_done, .statements = x->statements_done, .undo = true};
        return ST_OK;
    }
    return ST_OK;
}

enum status choose_down(struct context *c, struct state *s, size_t limit, struct str to, struct chosen_list *out,
                        struct error *err)
{
    const struct applied **all = arena_array(&c->arena, const struct applied *, s->history.applied.n);
    const struct applied *stop = to.n ? history_find(&s->history, to) : NULL;
    enum status status = ST_OK;
    size_t n = 0;
    for (size_t i = 0; i < s->history.applied.n; i++) {
        const struct applied *a = &s->history.applied.at[i];
        if (a->state == APPLIED_PARTIAL && !a->going_down) {
            error_set(err, ST_CONFLICT, "%.*s %.*s is part-way up: step %u of %u is done", STR_ARG(a->version),
                      STR_ARG(a->name), a->steps_done, a->n_steps);
            error_hint(err,
                       "migrate up finishes it; or undo what it did by hand and say so: migrate mark %.*s --pending",
                       STR_ARG(a->version));
            return ST_CONFLICT;
        }
        const bool versioned = version_valid(a->version); /* what is repeatable is never undone */
        if (versioned && a->state != APPLIED_NO && (!stop || a->order > stop->order)) {
            all[n++] = a;
        }
    }
    if (n > 1) {
        qsort(all, n, sizeof(const struct applied *), by_order_backwards);
    }
    for (size_t i = 0; i < n && out->n < limit && !status; i++) {
        const struct migration *m;
        status = migration_of(c, s, all[i], &m, err);
        if (!status) {
            struct chosen *chosen = vec_push(&c->arena, out);
            chosen->migration = m;
            if (all[i]->state == APPLIED_PARTIAL) {
                chosen->first_step = all[i]->steps_done;
                chosen->statements = all[i]->statements_done;
            }
        }
    }
    return status;
}

enum status operand_count(const struct context *c, size_t absent, size_t *count, struct error *err)
{
    int64_t n;
    *count = absent;
    if (c->args.n == 0) {
        return ST_OK;
    }
    if (!str_to_i64(str_of(c->args.at[0]), 1, INT32_MAX, &n)) {
        error_set(err, ST_USAGE, "\"%s\" is not a number of migrations", c->args.at[0]);
        error_hint(err, "to name a version: --to %s", c->args.at[0]);
        return ST_USAGE;
    }
    *count = (size_t)n;
    return ST_OK;
}

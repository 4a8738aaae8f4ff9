/* Rows of history, written in the transaction of what they record. */
#include "exec/run.h"
#include "exec/tx.h"

/* Nobody locks rows of history for long. */
enum { OWN_LOCK_MS = 10000 };

static const char *state_name(enum recorded_state state)
{
    return state == RECORDED_DONE ? "done" : state == RECORDED_STARTED ? "started" : "failed";
}

/*
 * A file may have done SET ROLE or SET client_encoding; its history is written as who we are, in our characters. Local: behind COMMIT the
 * file's own settings are back.
 */
static void own_session(struct run *r, const struct item *it, struct pipe *p)
{
    if (it->touch.session) {
        pipe_add(p, "SET LOCAL client_encoding = 'UTF8'");
    }
    if (it->touch.role) {
        const struct param role = {r->role};
        pipe_add(p, "SET LOCAL SESSION AUTHORIZATION DEFAULT");
        pipe_add_params(p, "SELECT pg_catalog.set_config('role', $1, true)", &role, 1);
    }
}

/* The migration is finished: the other tool, where there is one, is to know it too. */
static void mirror_step(const struct run *r, const struct item *it, struct pipe *p)
{
    if (r->o->mirror.tool) {
        mirror_add(&r->o->mirror, it->m, it->down, r->sql.identifier, p);
    }
}

void record_step(struct run *r, struct item *it, struct pipe *p, enum recorded_state state, bool last,
                 unsigned attempts, int64_t waited_ms, int64_t rows)
{
    const struct step *step = item_step(it);
    const struct migration_params *m = &it->params;
    struct arena *a = p->arena;
    own_session(r, it, p);
    if (it->down && last) {
        const struct param version = {m->version};
        pipe_add_params(p, r->sql.at[HSQL_WRITE_DOWN_LAST], &version, 1);
        mirror_step(r, it, p);
        return;
    }
    const struct param params[] = {
        {m->version},
        {it->down ? "down" : "up"},
        {param_i64(a, step->ordinal)},
        {step_kind_name(step->kind)},
        {step->sha256},
        {state_name(state)},
        {param_i64(a, attempts)},
        {param_i64(a, waited_ms)},
        {r->result->run_id},
        {r->pid_text},
        {r->lock.backend_start},
        {param_i64(a, rows)},
        {param_i64(a, (int64_t)step->statements.n)},
        {param_i64(a, (int64_t)it->steps.n)},
        {m->name},
        {m->file},
        {m->layout},
        {m->sha256},
        {m->sha256_text},
        {it->text_recorded ? NULL : m->file_text},
        {last ? "applied" : "applying"},
    };
    pipe_add_params(p, r->sql.at[it->down ? HSQL_WRITE_DOWN : HSQL_WRITE_UP], params, it->down ? 14 : 21);
    if (last) {
        mirror_step(r, it, p);
    }
}

enum status record_now(struct run *r, struct item *it, enum recorded_state state, bool last, unsigned attempts,
                       int64_t rows, struct error *err)
{
    struct pipe p;
    pipe_begin(&p, &r->scratch);
    step_settings(r, &p, OWN_LOCK_MS, 0, true);
    pipe_add(&p, "BEGIN");
    record_step(r, it, &p, state, last, attempts, 0, rows);
    pipe_add(&p, "COMMIT");
    const enum status status = pipe_run(&p, r->s, ANSWER_MS, NULL, err);
    if (status) {
        error_context(err, "cannot record step %u of migration %s", item_step(it)->ordinal, it->params.version);
        tx_rollback(r->s);
        step_settings_unknown(r);
        return status;
    }
    it->text_recorded = true;
    return ST_OK;
}

void record_failure(struct run *r, struct item *it, bool clean, unsigned attempts, const struct error *why)
{
    const struct step *step = item_step(it);
    struct pipe p;
    struct error ignored;
    if (!session_usable(r->s)) {
        return;
    }
    tx_rollback(r->s);
    pipe_begin(&p, &r->scratch);
    step_settings_unknown(r);
    step_settings(r, &p, OWN_LOCK_MS, 0, true);
    pipe_add(&p, "BEGIN");
    own_session(r, it, &p);
    const struct param params[] = {
        {it->params.version},
        {it->down ? "down" : "up"},
        {param_i64(&r->scratch, step->ordinal)},
        {step_kind_name(step->kind)},
        {step->sha256},
        {param_i64(&r->scratch, attempts)},
        {r->result->run_id},
        {why->sqlstate[0] ? why->sqlstate : NULL},
        {why->primary},
        {clean ? "failed" : "started"},
        {param_i64(&r->scratch, (int64_t)step->statements.n)},
    };
    pipe_add_params(&p, r->sql.at[HSQL_FAILED], params, countof(params));
    if (clean) {
        if (step->kind == STEP_BACKFILL) {
            /* A later try takes its last key anew. */
            pipe_add_params(&p, r->sql.at[HSQL_BACKFILL_FORGET], params, 3);
        }
        pipe_add_params(&p, r->sql.at[it->down ? HSQL_UNBEGIN_DOWN : HSQL_UNBEGIN_UP], params, 1);
    }
    pipe_add(&p, "COMMIT");
    if (pipe_run(&p, r->s, ANSWER_MS, NULL, &ignored)) {
        /* The failure itself is what the caller reports; that it is not in history costs nothing on a rerun. */
        tx_rollback(r->s);
        step_settings_unknown(r);
    }
}

enum status record_empty(struct run *r, struct item *it, struct error *err)
{
    const struct migration_params *m = &it->params;
    const struct param params[] = {
        {m->version}, {m->name},        {m->file},      {m->layout},
        {m->sha256},  {m->sha256_text}, {m->file_text}, {param_i64(&r->scratch, (int64_t)it->steps.n)}};
    struct pipe p;
    pipe_begin(&p, &r->scratch);
    pipe_add(&p, "BEGIN");
    pipe_add_params(&p, r->sql.at[it->down ? HSQL_WRITE_DOWN_LAST : HSQL_MARK], params, it->down ? 1 : countof(params));
    mirror_step(r, it, &p);
    pipe_add(&p, "COMMIT");
    const enum status status = pipe_run(&p, r->s, ANSWER_MS, NULL, err);
    if (status) {
        error_context(err, "cannot record %s", m->version);
        tx_rollback(r->s);
    }
    return status;
}

#include "cmd/verify_script.h"

#include "migration/place.h"
#include "migration/sqitch_plan.h"
#include "sql/split.h"

enum { SETTLE_MS = 60000 };

static enum status run_statement(struct context *c, const struct migration *script, const struct statement *st,
                                 struct error *err)
{
    const struct str sql = str_slice(script->text, st->start, st->end);
    if (st->psql || st->has_placeholder) {
        place_refuse(err, script->file, script->text, st->start, "%s",
                     st->psql ? "a command of psql, in a script that the server is to run"
                              : "a placeholder has no value");
        error_hint(err, "%s",
                   st->psql ? "write it as SQL: SELECT 1/count(*) … fails where psql's \\if would"
                            : "--set NAME=VALUE gives it one");
        return ST_USAGE;
    }
    const enum status status = session_simple(c->session, sql, c->set.statement_timeout_ms, NULL, err);
    if (status == ST_SERVER && err->line == 0) {
        const int position = session_error_position(c->session);
        place_error(err, script->file, script->text, st->start + (position > 0 ? (size_t)position - 1 : 0));
    }
    return status;
}

static enum status run_statements(struct context *c, const struct migration *script, struct error *err)
{
    struct splitter sp;
    struct statement st;
    enum status status = ST_OK;
    splitter_init(&sp, script->text, script->up.start, script->up.end);
    while (!status && splitter_next(&sp, &st)) {
        if (!statement_begins_block(&st) && !statement_ends_block(&st)) {
            status = run_statement(c, script, &st, err);
        }
    }
    splitter_free(&sp);
    return status;
}

enum status verify_script(struct context *c, const struct migration *m, struct error *err)
{
    struct error ignored;
    if (!m->verify) {
        return ST_OK;
    }
    enum status status = context_connect(c, err);
    status = status ? status : session_simple(c->session, STR("BEGIN"), SETTLE_MS, NULL, err);
    if (status) {
        return status;
    }
    status = run_statements(c, m->verify, err);
    if (session_usable(c->session) &&
        session_simple(c->session, STR("ROLLBACK; RESET ALL"), SETTLE_MS, NULL, status ? &ignored : err) && !status) {
        return err->status;
    }
    session_settings_again(c->session);
    return status;
}

/* ---- up ---- */

bool verify_wanted(const struct context *c, const struct chosen_list *chosen)
{
    bool any = false, by_itself = false;
    for (size_t i = 0; i < chosen->n; i++) {
        const struct migration *m = chosen->at[i].migration;
        any = any || m->verify;
        by_itself = by_itself || (m->planned && m->planned->project->verifies);
    }
    return any && (c->set.verify || by_itself) && !c->set.dry_run && !c->set.preflight_only && !c->set.join;
}

/* As sqitch does: what is not as it should be does not stay. */
static enum status undo(struct context *c, const struct migration *m, struct error *err)
{
    const struct error said = *err;
    struct chosen_list down = {0};
    struct error again = {0};
    if (!m->undo) {
        error_context(err, "the verify script of %.*s says no, and there is no script that reverts it",
                      STR_ARG(m->name));
        error_hint(err, "the change stays as it is and counts as applied: migrate validate --verify tries again");
        return err->status;
    }
    *vec_push(&c->arena, &down) = (struct chosen){.migration = m->undo};
    if (run_chosen(c, &down, true, &again)) {
        *err = again;
        error_context(err, "the verify script of %.*s said no (%s), and reverting it failed", STR_ARG(m->name),
                      said.primary);
        return err->status;
    }
    error_context(err, "the verify script of %.*s says no", STR_ARG(m->name));
    error_hint(err, "the change was reverted; those before it stay");
    return err->status;
}

enum status verify_up(struct context *c, const struct chosen_list *chosen, struct error *err)
{
    enum status status = ST_OK;
    for (size_t i = 0; i < chosen->n && !status; i++) {
        struct chosen_list one = {.at = &chosen->at[i], .n = 1};
        const struct migration *m = one.at[0].migration;
        status = run_chosen(c, &one, false, err);
        if (!status && (status = verify_script(c, m, err)) == ST_SERVER) {
            return undo(c, m, err);
        }
    }
    return status;
}

/* Each statement of the pending migrations by itself, looked at from outside while it runs. */
#include "base/clock.h"
#include "cmd/base.h"
#include "cmd/rehearse.h"
#include "cmd/verify_compare.h"

struct tracing {
    struct rehearsal *r;
    struct context *inner;
    struct session *observer;
    const struct migration *m;
    const struct judged_statement *st;
    struct str text, form;
    bool diverged; /* a statement failed: the schema is not what the next ones expect */
};

static void differ(void *arg, const char *what, struct str name, const char *claimed, const char *seen)
{
    struct tracing *t = arg;
    *vec_push(t->r->a, &t->r->differences) = (struct rehearsed_difference){
        .version = t->m->version,
        .text = t->text,
        .form = t->form,
        .relation = arena_str(t->r->a, name),
        .what = what,
        .claimed = claimed,
        .seen = seen,
    };
}

static struct str form_of(const struct judged_statement *st)
{
    return st->n_actions > 0 && st->actions[0].what.form ? st->actions[0].what.form->id : STR("unknown");
}

/* Outside the transaction that it is written for, SET LOCAL would say nothing. */
static struct str without_local(struct arena *a, const struct migration *m, const struct judged_statement *st)
{
    if (!statement_is(&st->st, 0, KW_SET) || !statement_is(&st->st, 1, KW_LOCAL)) {
        return st->source;
    }
    const struct str rest = str_slice(m->text, st->st.tokens[1].end, st->st.end);
    return arena_printf(a, "SET %.*s", STR_ARG(rest));
}

/* Rows that come with it: nothing to see, but what follows may need them. */
static enum status copy_in(struct tracing *t, struct rehearsed_statement *seen, struct error *err)
{
    const struct statement *st = &t->st->st;
    const struct str rows = str_slice(t->m->text, st->copy_start, st->copy_end);
    const enum status status = session_copy_in(t->inner->session, t->st->source, rows, 0, NULL, err);
    seen->why = status ? arena_cstr(t->r->a, str_of(err->primary)) : "it brings rows with it";
    t->diverged = t->diverged || status == ST_SERVER;
    return status == ST_SERVER && session_usable(t->inner->session) ? ST_OK : status;
}

static enum status trace_one(struct tracing *t, struct error *err)
{
    struct rehearsed_statement *seen = vec_push(t->r->a, &t->r->statements);
    const int64_t begun = clock_monotonic_ms();
    enum status status = ST_OK;
    *seen =
        (struct rehearsed_statement){.version = t->m->version, .text = t->text, .form = t->form, .line = t->st->line};
    if (t->diverged) {
        seen->why = "a statement before it could not run by itself";
    } else if (t->st->st.copy_end > t->st->st.copy_start) {
        status = copy_in(t, seen, err);
    } else {
        const struct str sql = without_local(t->r->a, t->m, t->st);
        status = trace_statement(t->inner->session, t->observer, sql, true, t->r->a, &seen->trace, err);
        seen->traced = !status && seen->trace.accepted;
        seen->why = seen->traced ? NULL : arena_cstr(t->r->a, str_of(seen->trace.message));
        /* The executor ran it: it is running alone that it does not bear. */
        t->diverged = !status && !seen->traced;
    }
    seen->ms = clock_monotonic_ms() - begun;
    if (!status && seen->traced) {
        const struct comparison c = {.differ = differ, .arg = t, .lenient = true};
        trace_compare(&c, &t->st->effects, t->st->source, &seen->trace, &t->inner->arena);
    }
    return status;
}

static enum status trace_migration(struct tracing *t, struct judge *judge, struct error *err)
{
    struct judged_part part;
    enum status status = judge_part(judge, t->m, false, &t->inner->arena, &part, err);
    for (size_t i = 0; i < part.statements.n && !status; i++) {
        t->st = &part.statements.at[i];
        if (t->st->kind != STATEMENT_TRANSACTION && !t->st->inner) {
            t->text = arena_str(t->r->a, t->st->source);
            t->form = arena_str(t->r->a, form_of(t->st));
            status = trace_one(t, err);
        }
    }
    /* A migration's settings end with it. */
    session_settings_again(t->inner->session);
    return status ? status : session_simple(t->inner->session, STR("RESET ALL"), 0, NULL, err);
}

static enum status trace_all(struct tracing *t, struct error *err)
{
    struct context *inner = t->inner;
    struct catalog catalog;
    struct catalog_info info = {0};
    struct judge judge;
    catalog_init(&catalog, &inner->arena);
    enum status status = base_catalog(inner, &catalog, &info, err);
    const struct judge_options options = base_options(inner, &catalog, &info);
    judge_init(&judge, &inner->book, &options, &catalog);
    for (size_t i = 0; i < t->r->chosen.n && !status; i++) {
        t->m = t->r->chosen.at[i].migration;
        status = trace_migration(t, &judge, err);
        if (status) {
            error_context(err, "while statements were traced one by one");
        }
    }
    judge_free(&judge);
    return status;
}

enum status rehearse_trace(struct rehearsal *r, struct error *err)
{
    struct context inner;
    struct tracing t = {.r = r, .inner = &inner};
    rehearsal_enter(r, "traced", &inner);
    enum status status = context_connect(&inner, err);
    status = status ? status : session_open(inner.loop, &inner.target, &t.observer, err);
    status = status ? status : trace_all(&t, err);
    session_close(t.observer);
    rehearsal_leave(&inner);
    return status;
}

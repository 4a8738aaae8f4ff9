#include "cmd/clone_locks.h"

#include "base/clock.h"
#include "base/term.h"
#include "report/json.h"
#include "report/plan.h"
#include "report/style.h"

enum { EVERY_MS = 20, LOOK_MS = 2000 };

/* Relations only, and nothing that every reader has. The look itself has such locks alone. */
static const char locks_sql[] =
    "SELECT l.mode, l.relation::pg_catalog.regclass::pg_catalog.text FROM pg_catalog.pg_locks l"
    " JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid JOIN pg_catalog.pg_class c ON c.oid = l.relation"
    " WHERE pg_catalog.starts_with(a.application_name, $1::pg_catalog.text) AND l.granted AND l.locktype = 'relation'"
    " AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"
    " AND l.mode <> 'AccessShareLock' AND c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'v', 'f')"
    " AND c.relnamespace <> ALL (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $2::pg_catalog.name)";

static void saw(struct clone_locks *l, struct str mode, struct str relation)
{
    struct arena *a = &l->c->arena;
    struct clone_step *step = &l->steps.at[l->steps.n - 1];
    const int64_t now = clock_monotonic_ms();
    for (size_t i = 0; i < step->locks.n; i++) {
        struct clone_lock *lock = &step->locks.at[i];
        if (str_eq(str_of(lock->mode), mode) && str_eq(str_of(lock->relation), relation)) {
            lock->last_ms = now;
            return;
        }
    }
    *vec_push(a, &step->locks) = (struct clone_lock){arena_cstr(a, mode), arena_cstr(a, relation), now, now};
}

static void look(void *arg)
{
    struct clone_locks *l = arg;
    struct rows *rows = NULL;
    struct error ignored;
    const struct param params[] = {{l->application}, {l->c->set.schema}};
    if (l->steps.n == 0 || l->steps.at[l->steps.n - 1].ms >= 0 || !session_usable(l->s)) {
        return;
    }
    if (!session_query(l->s, locks_sql, params, 2, LOOK_MS, &rows, &ignored)) {
        for (size_t i = 0; i < rows_count(rows); i++) {
            saw(l, rows_value(rows, i, 0), rows_value(rows, i, 1));
        }
    }
    rows_free(rows);
}

static void open_second(struct clone_locks *l, const char *run_id)
{
    struct error err;
    snprintf(l->application, sizeof(l->application), "migrate/%.12s", run_id);
    if (session_open(l->c->loop, &l->c->target, &l->s, &err)) {
        l->s = NULL;
        context_say(arena_printf(&l->c->arena, "migrate: note: locks are not looked at: %s\n", err.primary));
        return;
    }
    l->timer = loop_timer_add(l->c->loop, EVERY_MS, look, l);
}

static void begin_step(struct clone_locks *l, const struct event *e)
{
    struct arena *a = &l->c->arena;
    struct strbuf title;
    const struct clone_step *last = l->steps.n > 0 ? &l->steps.at[l->steps.n - 1] : NULL;
    const struct str version = e->migration->version;
    if (last && last->ms < 0 && last->ordinal == e->step->ordinal && str_eq(last->version, version)) {
        return; /* another try */
    }
    strbuf_init(&title, 1024);
    step_title(&title, e->step);
    *vec_push(a, &l->steps) = (struct clone_step){.version = arena_str(a, version),
                                                  .title = arena_str(a, strbuf_str(&title)),
                                                  .kind = step_kind_name(e->step->kind),
                                                  .ordinal = e->step->ordinal,
                                                  .ms = -1};
    strbuf_free(&title);
}

static void hear(void *arg, const struct event *e)
{
    struct clone_locks *l = arg;
    if (e->kind == EVENT_RUN_BEGIN && !l->s) {
        open_second(l, e->run_id);
    } else if (e->kind == EVENT_STEP_BEGIN) {
        begin_step(l, e);
    } else if (e->kind == EVENT_STEP_END && l->steps.n > 0) {
        l->steps.at[l->steps.n - 1].ms = e->ms;
    }
}

void clone_locks_begin(struct clone_locks *l, struct context *c)
{
    *l = (struct clone_locks){.c = c};
    c->also = (struct event_sink){hear, l};
}

/* ---- telling ---- */

static void add_text(struct strbuf *out, const struct clone_step *s)
{
    strbuf_addf(out, "%.*s, step %u: ", STR_ARG(s->version), s->ordinal);
    term_escape(out, s->title);
    if (s->ms >= 0) {
        strbuf_add_cstr(out, "  done in ");
        clock_duration(s->ms, out);
    } else {
        strbuf_add_cstr(out, "  not done");
    }
    strbuf_add_char(out, '\n');
    for (size_t i = 0; i < s->locks.n; i++) {
        const struct clone_lock *k = &s->locks.at[i];
        strbuf_addf(out, "    %s on ", k->mode);
        term_escape(out, str_of(k->relation));
        strbuf_add_cstr(out, ", held for about ");
        clock_duration(k->last_ms - k->first_ms + EVERY_MS, out);
        strbuf_add_char(out, '\n');
    }
}

static json_t *step_json(const struct clone_step *s)
{
    json_t *o = json_new_object(), *list = json_new_array();
    json_put(o, "version", json_text(s->version));
    json_put(o, "step", json_integer(s->ordinal));
    json_put(o, "kind", json_string(s->kind));
    json_put(o, "title", json_text(s->title));
    json_put(o, "ms", s->ms < 0 ? json_null() : json_integer(s->ms));
    for (size_t i = 0; i < s->locks.n; i++) {
        const struct clone_lock *k = &s->locks.at[i];
        json_t *lock = json_new_object();
        json_put(lock, "relation", json_text_c(k->relation));
        json_put(lock, "mode", json_string(k->mode));
        json_put(lock, "ms", json_integer(k->last_ms - k->first_ms + EVERY_MS));
        json_push(list, lock);
    }
    json_put(o, "locks", list);
    return o;
}

static void tell(const struct clone_locks *l)
{
    struct strbuf out;
    if (l->c->set.json) {
        json_t *o = json_new_object(), *steps = json_new_array();
        for (size_t i = 0; i < l->steps.n; i++) {
            json_push(steps, step_json(&l->steps.at[i]));
        }
        json_put(o, "event", json_string("rehearsed"));
        json_put(o, "steps", steps);
        json_write(o, stdout);
        return;
    }
    strbuf_init(&out, 1 << 24);
    for (size_t i = 0; i < l->steps.n; i++) {
        add_text(&out, &l->steps.at[i]);
    }
    context_print(strbuf_str(&out));
    strbuf_free(&out);
}

void clone_locks_end(struct clone_locks *l)
{
    if (l->timer > 0) {
        loop_timer_remove(l->c->loop, l->timer);
    }
    session_close(l->s);
    l->c->also = (struct event_sink){0};
    if (l->steps.n > 0) {
        tell(l);
    }
}

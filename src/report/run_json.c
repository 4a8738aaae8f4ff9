/* Runs of the journal as JSON. */
#include "report/json.h"
#include "report/run_view.h"

static void put_text(json_t *o, const char *key, struct str s)
{
    if (s.n > 0) {
        json_put(o, key, json_text(s));
    }
}

static void put_known(json_t *o, const char *key, int64_t n)
{
    if (n >= 0) {
        json_put(o, key, json_integer(n));
    }
}

static const char *life_name(enum journal_life life)
{
    static const char *const names[] = {"ended", "running", "died", "unknown"};
    return names[life];
}

static json_t *run_object(const struct journal_run *r)
{
    json_t *o = json_new_object();
    json_put(o, "id", json_text(r->id));
    json_put(o, "command", json_text(r->command));
    json_put(o, "direction", json_string(r->down ? "down" : "up"));
    json_put(o, "database", json_text(r->database));
    if (r->server_version > 0) {
        json_put(o, "server_version", json_integer(r->server_version));
    }
    put_text(o, "tool_version", r->tool_version);
    put_text(o, "host", r->host);
    put_text(o, "os_user", r->os_user);
    json_put(o, "pid", json_integer(r->pid));
    json_put(o, "started_ms", json_integer(r->started_ms));
    json_put(o, "state", json_string(life_name(r->life)));
    put_known(o, "ended_ms", r->ended_ms);
    put_known(o, "duration_ms", r->duration_ms);
    put_text(o, "result", r->result);
    put_known(o, "exit_code", r->exit_code);
    put_text(o, "error", r->error);
    put_text(o, "hint", r->hint);
    put_text(o, "sqlstate", r->sqlstate);
    put_text(o, "place", r->place);
    put_known(o, "migrations", r->migrations);
    put_known(o, "done", r->done);
    if (r->left_out > 0) {
        json_put(o, "events_left_out", json_integer(r->left_out));
    }
    return o;
}

json_t *json_runs(const struct journal_run_list *runs, size_t limit)
{
    json_t *document = json_new_object(), *list = json_new_array();
    json_put(document, "schema", json_integer(1));
    for (size_t i = 0; i < runs->n && i < limit; i++) {
        json_push(list, run_object(&runs->at[i]));
    }
    json_put(document, "runs", list);
    return document;
}

static json_t *step_object(const struct step_view *s)
{
    static const char *const outcomes[] = {"done", "earlier", "failed", "open"};
    json_t *o = json_new_object();
    json_put(o, "number", json_integer(s->step->number));
    json_put(o, "version", json_text(s->step->version));
    put_text(o, "name", s->step->name);
    put_text(o, "file", s->step->file);
    json_put(o, "direction", json_string(s->step->down ? "down" : "up"));
    json_put(o, "step", json_integer(s->step->ordinal));
    json_put(o, "steps", json_integer(s->step->of));
    json_put(o, "kind", json_text(s->step->kind));
    json_put(o, "statements", json_integer(s->step->statements));
    put_text(o, "sql", s->step->sql);
    put_text(o, "locks", s->step->locks);
    put_known(o, "estimate_ms", s->step->estimate_ms);
    json_put(o, "outcome", json_string(outcomes[s->outcome]));
    json_put(o, "from_ms", json_integer(s->from));
    json_put(o, "to_ms", json_integer(s->to));
    json_put(o, "tries", json_integer(s->tries));
    json_put(o, "waited_ms", json_integer(s->outside_ms));
    json_put(o, "gave_way_ms", json_integer(s->wasted_ms));
    json_put(o, "paused_ms", json_integer(s->paused_ms));
    json_put(o, "rows", json_integer(s->rows));
    return o;
}

static json_t *event_object(const struct journal_event *e)
{
    json_t *o = json_new_object();
    json_put(o, "at_ms", json_integer(e->at_ms));
    json_put(o, "event", json_text(e->kind));
    if (e->step > 0) {
        json_put(o, "number", json_integer(e->step));
    }
    put_text(o, "version", e->version);
    put_known(o, "attempt", e->attempt);
    put_known(o, "ms", e->ms);
    put_known(o, "wait_ms", e->wait_ms);
    put_known(o, "rows", e->rows);
    put_known(o, "done", e->done);
    put_known(o, "total", e->total);
    if (str_eq(e->kind, STR("metric"))) {
        json_put(o, "value", json_real(e->rate));
    } else if (e->rate > 0) {
        json_put(o, "per_second", json_real(e->rate));
    }
    put_known(o, "batch_rows", e->batch);
    put_known(o, "lag_ms", e->lag_ms);
    put_known(o, "lag_bytes", e->lag_bytes);
    put_text(o, "sqlstate", e->sqlstate);
    put_text(o, "detail", e->detail);
    put_known(o, "pid", e->pid);
    put_known(o, "age_ms", e->age_ms);
    put_text(o, "user", e->user);
    put_text(o, "application", e->application);
    put_text(o, "state", e->state);
    put_text(o, "query", e->query);
    return o;
}

static json_t *metrics_object(const struct run_view *v)
{
    json_t *o = json_new_object();
    for (size_t i = 0; i < v->metrics.n; i++) {
        const struct metric_view *m = &v->metrics.at[i];
        json_t *points = json_new_array();
        char name[128];
        for (size_t k = 0; k < m->points.n; k++) {
            json_t *point = json_new_object();
            json_put(point, "at_ms", json_integer(m->points.at[k].at_ms));
            json_put(point, "value", json_real(m->points.at[k].value));
            json_push(points, point);
        }
        snprintf(name, sizeof(name), "%.*s", STR_ARG(m->name));
        json_put(o, name, points);
    }
    return o;
}

json_t *json_run(const struct run_view *v)
{
    json_t *document = json_new_object(), *steps = json_new_array(), *events = json_new_array();
    json_put(document, "schema", json_integer(1));
    json_put(document, "run", run_object(&v->story->run));
    for (size_t i = 0; i < v->steps.n; i++) {
        json_push(steps, step_object(&v->steps.at[i]));
    }
    for (size_t i = 0; i < v->story->events.n; i++) {
        json_push(events, event_object(&v->story->events.at[i]));
    }
    json_put(document, "steps", steps);
    json_put(document, "metrics", metrics_object(v));
    json_put(document, "events", events);
    return document;
}

/* Events as lines of JSON, for programs that watch a run. */
#include "report/json.h"
#include "report/progress.h"

static void set_text(json_t *o, const char *key, const char *value)
{
    if (value && value[0]) {
        json_put(o, key, json_text_c(value));
    }
}

static void set_step(json_t *o, const struct event *e)
{
    json_put(o, "version", json_text(e->migration->version));
    json_put(o, "direction", json_string(e->down ? "down" : "up"));
    if (e->step) {
        json_put(o, "step", json_integer(e->step->ordinal));
        json_put(o, "kind", json_string(step_kind_name(e->step->kind)));
    }
    if (e->n_steps > 0) {
        json_put(o, "steps", json_integer(e->n_steps));
    }
}

void event_json(const struct event *e, FILE *stream)
{
    json_t *o = json_new_object();
    json_put(o, "event", json_string(event_kind_name(e->kind)));
    if (e->migration) {
        set_step(o, e);
    }
    if (e->n_migrations > 0) {
        json_put(o, "migrations", json_integer(e->n_migrations));
    }
    if (e->attempt > 0) {
        json_put(o, "attempt", json_integer(e->attempt));
    }
    if (e->kind == EVENT_STEP_END || e->kind == EVENT_MIGRATION_END || e->kind == EVENT_RUN_END ||
        e->kind == EVENT_ANALYZED || e->kind == EVENT_WAIT_END) {
        json_put(o, "ms", json_integer(e->ms));
    }
    if (e->kind == EVENT_STEP_END) {
        json_put(o, "rows", json_integer(e->rows));
    }
    if (e->kind == EVENT_STEP_RETRY || e->kind == EVENT_WAIT_BEGIN) {
        json_put(o, "wait_ms", json_integer(e->wait_ms));
    }
    if (e->kind == EVENT_SNAPSHOT_WAIT) {
        json_put(o, "percent", e->done < 0 ? json_null() : json_integer(e->done));
    }
    if (e->kind == EVENT_PROGRESS) {
        json_put(o, "done", e->done < 0 ? json_null() : json_integer(e->done));
        json_put(o, "total", e->total < 0 ? json_null() : json_integer(e->total));
        json_put(o, "per_second", json_real(e->rate));
        if (e->batch_rows > 0) {
            json_put(o, "batch_rows", json_integer(e->batch_rows));
        }
        if (e->lag_ms > 0) {
            json_put(o, "lag_ms", json_integer(e->lag_ms));
        }
        if (e->lag_bytes > 0) {
            json_put(o, "lag_bytes", json_integer(e->lag_bytes));
        }
    }
    if (e->kind == EVENT_METRIC) {
        json_put(o, "value", json_real(e->rate));
        json_put(o, "age_ms", json_integer(e->age_ms));
    }
    if (e->kind == EVENT_WATCHDOG) {
        json_put(o, "sessions", json_integer(e->rows));
        json_put(o, "ms", json_integer(e->ms));
    }
    if (e->kind == EVENT_BLOCKED || e->kind == EVENT_TERMINATED) {
        json_put(o, "pid", json_integer(e->pid));
        json_put(o, "age_ms", json_integer(e->age_ms));
        set_text(o, "user", e->user);
        set_text(o, "application", e->application);
        set_text(o, "state", e->state);
        set_text(o, "query", e->query);
    }
    set_text(o, "run", e->run_id);
    if (e->kind == EVENT_PREFLIGHT) {
        set_text(o, "check", e->check);
        set_text(o, "level", e->level);
        set_text(o, "meaning", e->meaning);
        set_text(o, "way_out", e->way_out);
    }
    set_text(o, "sqlstate", e->sqlstate);
    set_text(o, "detail", e->detail);
    json_write(o, stream);
    fflush(stream);
}

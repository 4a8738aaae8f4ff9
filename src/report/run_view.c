#include "report/run_view.h"

#include "base/clock.h"
#include "report/style.h"

const char *step_outcome_name(enum step_outcome o)
{
    static const char *const names[] = {"done", "done in an earlier run", "failed", "under way"};
    return names[o];
}

const char *run_result_text(const struct journal_run *run, struct arena *a)
{
    switch (run->life) {
    case JOURNAL_ENDED:
        return arena_cstr(a, run->result);
    case JOURNAL_RUNNING:
        return "running";
    case JOURNAL_DIED:
        return "died";
    case JOURNAL_UNKNOWN:
        break;
    }
    return "not known";
}

void add_time(struct strbuf *out, int64_t ms)
{
    struct tm tm;
    char text[64];
    const time_t t = (time_t)(ms / 1000);
    if (gmtime_r(&t, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) > 0) {
        strbuf_add_cstr(out, text);
    }
}

/* ---- other events ---- */

void add_session(struct strbuf *out, const struct journal_event *e)
{
    strbuf_addf(out, "pid %" PRId64, e->pid);
    if (e->user.n > 0) {
        strbuf_addf(out, ", user %.*s", STR_ARG(e->user));
    }
    if (e->application.n > 0) {
        strbuf_addf(out, ", %.*s", STR_ARG(e->application));
    }
    if (e->state.n > 0) {
        strbuf_addf(out, ", %.*s", STR_ARG(e->state));
    }
}

void add_event_text(struct strbuf *out, const struct journal_event *e)
{
    if (str_eq(e->kind, STR("watchdog"))) {
        strbuf_addf(out, "cancelled, because %" PRId64 " session%s waited behind it", e->rows, e->rows == 1 ? "" : "s");
        if (e->ms > 0) {
            strbuf_add_cstr(out, ", one of them for ");
            clock_duration(e->ms, out);
        }
    } else if (str_eq(e->kind, STR("terminated"))) {
        strbuf_add_cstr(out, e->sqlstate.n > 0 ? "could not end " : "ended ");
        add_session(out, e);
        strbuf_addf(out, e->detail.n > 0 ? ": %.*s" : "%.*s", STR_ARG(e->detail));
    } else if (str_eq(e->kind, STR("analyzed"))) {
        strbuf_addf(out, "%s%.*s", e->sqlstate.n > 0 ? "could not analyze " : "", STR_ARG(e->detail));
        if (e->sqlstate.n == 0) {
            strbuf_add_cstr(out, " in ");
            clock_duration(e->ms, out);
        }
    } else {
        strbuf_add(out, e->detail);
    }
}

/* ---- steps ---- */

static struct step_view *view_of(struct run_view *v, int64_t number)
{
    /* Steps are numbered from 1 without gaps; a damaged file may have others. */
    for (size_t i = 0; i < v->steps.n; i++) {
        if (v->steps.at[i].step->number == number) {
            return &v->steps.at[i];
        }
    }
    return NULL;
}

static struct stretch *last_span(struct step_view *s)
{
    return s->spans.n > 0 ? &s->spans.at[s->spans.n - 1] : NULL;
}

/* Work goes on (or begins) at this time: behind a pause a new stretch, else the same one. */
static void work_at(struct step_view *s, int64_t at, bool begins, struct arena *a)
{
    const struct stretch *last = last_span(s);
    if (last && last->kind == SPAN_WORK && !begins) {
        return;
    }
    if (last && last->kind == SPAN_PAUSE && at < last->to) {
        s->spans.at[s->spans.n - 1].to = at;
    }
    *vec_push(a, &s->spans) = (struct stretch){SPAN_WORK, at, at, NULL};
}

static void retry(struct step_view *s, const struct journal_event *e, struct arena *a)
{
    const int64_t wait = e->wait_ms > 0 ? e->wait_ms : 0;
    struct stretch *last = last_span(s);
    if (last && last->kind == SPAN_WORK && str_eq(s->step->kind, STR("backfill")) && s->points.n > 0) {
        /* Only the last batch gave way; the ones before were work. */
        const int64_t worked = s->points.at[s->points.n - 1]->at_ms;
        last->to = worked > last->from ? worked : last->from;
        *vec_push(a, &s->spans) = (struct stretch){SPAN_GAVE_WAY, last->to, e->at_ms, e};
    } else if (last && last->kind == SPAN_WORK) {
        *last = (struct stretch){SPAN_GAVE_WAY, last->from, e->at_ms, e};
    } else {
        *vec_push(a, &s->spans) = (struct stretch){SPAN_GAVE_WAY, e->at_ms, e->at_ms, e};
    }
    *vec_push(a, &s->spans) = (struct stretch){SPAN_PAUSE, e->at_ms, e->at_ms + wait, e};
}

static void wait_begins(struct step_view *s, const struct journal_event *e, int64_t before, struct arena *a)
{
    struct stretch *last = last_span(s);
    if (last && last->kind == SPAN_WORK && last->from == before) {
        last->kind = SPAN_WAIT; /* the look that found somebody was all that was done so far */
        return;
    }
    if (last && last->kind == SPAN_PAUSE && e->at_ms < last->to) {
        last->to = e->at_ms;
    }
    *vec_push(a, &s->spans) = (struct stretch){SPAN_WAIT, e->at_ms, e->at_ms, NULL};
}

static void waits_for(struct step_view *s, const struct journal_event *e, struct arena *a)
{
    for (size_t i = 0; i < s->in_way.n; i++) {
        if (s->in_way.at[i]->pid == e->pid) {
            return;
        }
    }
    *vec_push(a, &s->in_way) = e;
}

static void step_event(struct step_view *s, const struct journal_event *e, struct arena *a)
{
    const int64_t before = s->to;
    s->from = s->from < 0 ? e->at_ms : s->from;
    s->to = e->at_ms;
    if (str_eq(e->kind, STR("step-begin"))) {
        work_at(s, e->at_ms, true, a);
        s->tries++;
    } else if (str_eq(e->kind, STR("step-retry"))) {
        retry(s, e, a);
        s->to = e->at_ms + (e->wait_ms > 0 ? e->wait_ms : 0);
    } else if (str_eq(e->kind, STR("wait-begin"))) {
        wait_begins(s, e, before, a);
    } else if (str_eq(e->kind, STR("wait-end"))) {
        work_at(s, e->at_ms, true, a);
    } else if (str_eq(e->kind, STR("blocked")) && last_span(s) && last_span(s)->kind == SPAN_WAIT) {
        waits_for(s, e, a);
    } else if (str_eq(e->kind, STR("progress"))) {
        work_at(s, e->at_ms, false, a);
        *vec_push(a, &s->points) = e;
        s->rows = e->rows > s->rows ? e->rows : s->rows;
    } else if (str_eq(e->kind, STR("step-end"))) {
        work_at(s, e->at_ms, false, a);
        s->outcome = OUTCOME_DONE;
        s->rows = e->rows > 0 ? e->rows : s->rows;
    } else if (str_eq(e->kind, STR("step-skipped"))) {
        s->outcome = OUTCOME_EARLIER;
    }
}

static void end_step(struct run_view *v, struct step_view *s, bool last)
{
    if (s->outcome == OUTCOME_OPEN && last && v->story->run.life != JOURNAL_RUNNING) {
        s->outcome = OUTCOME_FAILED;
        s->to = v->ms; /* also in a pause that was to last longer */
    } else if (s->outcome == OUTCOME_OPEN && last) {
        s->to = v->ms;
    }
    for (size_t i = 0; i < s->spans.n; i++) {
        struct stretch *span = &s->spans.at[i];
        if (span->kind == SPAN_WORK || span->kind == SPAN_WAIT) {
            span->to = i + 1 < s->spans.n ? s->spans.at[i + 1].from : s->to;
        }
        span->to = span->to > v->ms ? v->ms : span->to;
        span->to = span->to < span->from ? span->from : span->to;
        const int64_t ms = span->to - span->from;
        s->outside_ms += span->kind == SPAN_WAIT ? ms : 0;
        s->paused_ms += span->kind == SPAN_PAUSE ? ms : 0;
        s->wasted_ms += span->kind == SPAN_GAVE_WAY ? ms : 0;
    }
    s->from = s->from < 0 ? 0 : s->from;
    v->waited_ms += step_waited_ms(s);
}

/* ---- blockers ---- */

static void blocked(struct run_view *v, const struct journal_event *e, struct arena *a)
{
    struct blocker *b = NULL;
    for (size_t i = 0; i < v->blockers.n && !b; i++) {
        b = v->blockers.at[i].event->pid == e->pid && v->blockers.at[i].step == e->step ? &v->blockers.at[i] : NULL;
    }
    if (!b) {
        b = vec_push(a, &v->blockers);
        b->first_ms = e->at_ms;
        b->step = e->step;
    }
    b->event = e;
    b->seen++;
    b->longest_ms = e->age_ms > b->longest_ms ? e->age_ms : b->longest_ms;
}

static int by_age(const void *x, const void *y)
{
    const struct blocker *a = x, *b = y;
    if (a->longest_ms != b->longest_ms) {
        return (a->longest_ms < b->longest_ms) - (a->longest_ms > b->longest_ms);
    }
    return (a->first_ms > b->first_ms) - (a->first_ms < b->first_ms);
}

/* ---- what AWS measured ---- */

static void measured(struct run_view *v, const struct journal_event *e, struct arena *a)
{
    struct metric_view *m = NULL;
    const int64_t at = e->at_ms - (e->age_ms > 0 ? e->age_ms : 0);
    for (size_t i = 0; i < v->metrics.n && !m; i++) {
        m = str_eq(v->metrics.at[i].name, e->detail) ? &v->metrics.at[i] : NULL;
    }
    if (!m) {
        m = vec_push(a, &v->metrics);
        *m = (struct metric_view){.name = e->detail, .least = e->rate, .most = e->rate};
    }
    m->least = e->rate < m->least ? e->rate : m->least;
    m->most = e->rate > m->most ? e->rate : m->most;
    *vec_push(a, &m->points) = (struct metric_point){at > 0 ? at : 0, e->rate};
}

void add_metric_value(struct strbuf *out, struct str name, double value)
{
    if (str_eq(name, STR("FreeableMemory"))) {
        add_bytes(out, (int64_t)value);
    } else if (str_eq(name, STR("AuroraReplicaLag"))) {
        clock_duration((int64_t)value, out);
    } else {
        strbuf_addf(out, str_ends(name, STR("Utilization")) ? "%.0f %%" : "%.1f", value);
    }
}

/* ---- all ---- */

static bool is_told_elsewhere(struct str kind)
{
    static const char *const kinds[] = {"run-begin", "run-end",    "migration-begin", "migration-end", "step-begin",
                                        "step-end",  "progress",   "step-skipped",    "step-retry",    "blocked",
                                        "metric",    "wait-begin", "wait-end"};
    for (size_t i = 0; i < countof(kinds); i++) {
        if (str_eq(kind, str_of(kinds[i]))) {
            return true;
        }
    }
    return false;
}

void run_view_make(const struct journal_story *story, struct arena *a, struct run_view *out)
{
    *out = (struct run_view){.story = story, .ms = story->run.duration_ms};
    for (size_t i = 0; i < story->steps.n; i++) {
        *vec_push(a, &out->steps) =
            (struct step_view){.step = &story->steps.at[i], .outcome = OUTCOME_OPEN, .from = -1};
    }
    for (size_t i = 0; i < story->events.n; i++) {
        const struct journal_event *e = &story->events.at[i];
        struct step_view *s = view_of(out, e->step);
        out->ms = e->at_ms > out->ms ? e->at_ms : out->ms;
        if (s) {
            step_event(s, e, a);
        }
        if (str_eq(e->kind, STR("metric"))) {
            measured(out, e, a);
        } else if (str_eq(e->kind, STR("blocked"))) {
            blocked(out, e, a);
        } else if (!is_told_elsewhere(e->kind)) {
            *vec_push(a, &out->other) = e;
        }
    }
    for (size_t i = 0; i < out->steps.n; i++) {
        end_step(out, &out->steps.at[i], i + 1 == out->steps.n);
    }
    if (out->blockers.n > 1) {
        qsort(out->blockers.at, out->blockers.n, sizeof(out->blockers.at[0]), by_age);
    }
}

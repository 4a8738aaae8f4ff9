/*
 * run_view.h - the journal of one run, put together: what `migrate report` shows.
 */
#ifndef MIGRATE_REPORT_RUN_VIEW_H
#define MIGRATE_REPORT_RUN_VIEW_H

#include "exec/journal.h"

enum span_kind { SPAN_WORK, SPAN_WAIT, SPAN_GAVE_WAY, SPAN_PAUSE };

/* A stretch of a step's time, in ms since the run began. */
struct stretch {
    enum span_kind kind;
    int64_t from, to;
    const struct journal_event *event; /* SPAN_GAVE_WAY, SPAN_PAUSE: the retry; else NULL */
};

/* A session in the way: all sightings of one pid in one step. */
struct blocker {
    const struct journal_event *event; /* the last sighting */
    int64_t step, first_ms, seen, longest_ms;
};

enum step_outcome { OUTCOME_DONE, OUTCOME_EARLIER, OUTCOME_FAILED, OUTCOME_OPEN };
const char *step_outcome_name(enum step_outcome o); /* "done", "done in an earlier run", "failed", "under way" */

struct step_view {
    const struct journal_step *step;
    enum step_outcome outcome;
    int64_t from, to; /* in ms since the run began */
    int64_t tries;
    int64_t outside_ms, paused_ms,
        wasted_ms; /* waits outside of the queue; pauses between tries; tries that gave way */
    VEC(const struct journal_event *) in_way; /* who those waits were for, each pid once */
    int64_t rows;
    VEC(struct stretch) spans;
    VEC(const struct journal_event *) points; /* progress */
};

/* What CloudWatch or Performance Insights measured, over the run's time. */
struct metric_point {
    int64_t at_ms; /* since the run began; what was measured before that is at 0 */
    double value;
};
struct metric_view {
    struct str name;
    double least, most;
    VEC(struct metric_point) points;
};

struct run_view {
    const struct journal_story *story;
    int64_t ms;        /* the whole run's, as far as it is known */
    int64_t waited_ms; /* in all steps: outside of the queue, in tries that gave way and in pauses */
    VEC(struct step_view) steps;
    VEC(struct metric_view) metrics;
    VEC(struct blocker) blockers; /* the longest in the way first */
    VEC(const struct journal_event *)
    other; /* waiting for the run lock, snapshot, repairs, notices, and what this version does not know */
};

static inline int64_t step_waited_ms(const struct step_view *s)
{
    return s->outside_ms + s->wasted_ms + s->paused_ms;
}

void run_view_make(const struct journal_story *story, struct arena *a, struct run_view *out);

/* How the run ended, for people: "done", "gave way", "running", "died", "not known". */
const char *run_result_text(const struct journal_run *run, struct arena *a);
/* What one of `other` says, as plain text that is not escaped. */
void add_event_text(struct strbuf *out, const struct journal_event *e);
/* "pid 4711, user app, report, idle in transaction", as plain text that is not escaped. */
void add_session(struct strbuf *out, const struct journal_event *e);
/* A metric's value with its unit: "41 %", "3.2 GB". */
void add_metric_value(struct strbuf *out, struct str name, double value);
/* "2026-11-20 10:36:24 UTC" */
void add_time(struct strbuf *out, int64_t ms);

void run_list_text(struct strbuf *out, const struct journal_run_list *runs, size_t limit, bool colour);
void run_text(struct strbuf *out, const struct run_view *v, bool colour);
/* One page that needs nothing else: no script, no other file. */
void run_html(struct strbuf *out, const struct run_view *v);

#endif

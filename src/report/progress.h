/*
 * progress.h - what a run tells while it runs: an event sink.
 *
 * On a terminal the current step is one line that is written over; off it, plain lines, and at most one line of
 * progress in ten seconds. With --json every event is one line of JSON on standard output, and nothing is told on
 * standard error.
 */
#ifndef MIGRATE_REPORT_PROGRESS_H
#define MIGRATE_REPORT_PROGRESS_H

#include "exec/event.h"

struct progress {
    FILE *stream;
    bool terminal; /* lines may be written over */
    bool colour, quiet, verbose, json;
    bool open_line;     /* a line that was not ended */
    char reason[80];    /* that the last line gave, as far as its first colon; "" for none */
    int64_t last_ms;    /* when progress was last told */
    int64_t blocked_ms; /* when a blocker was last told */
    int blocked_pid;
    struct strbuf line;
};

void progress_init(struct progress *p, FILE *stream);
void progress_free(struct progress *p);
/* The sink's function; arg is the struct progress. */
void progress_emit(void *arg, const struct event *e);

/* One event as a line of JSON, as migrate-json(7) describes it. */
void event_json(const struct event *e, FILE *stream);

#endif

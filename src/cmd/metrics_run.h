/*
 * metrics_run.h - CloudWatch and Performance Insights beside a run: as limits of backfills, and in the journal for the report.
 *
 * A process of its own asks them, so that no answer that is late keeps the run from watching over its locks; what it learns lies in memory that
 * both share. It is started when limits need it, or once the run has lasted for as long as a minute's metrics take.
 */
#ifndef MIGRATE_CMD_METRICS_RUN_H
#define MIGRATE_CMD_METRICS_RUN_H

#include "aws/metrics.h"
#include "cmd/context.h"
#include "exec/event.h"
#include "exec/throttle.h"

struct metrics_seen;

struct metrics_run {
    struct context *c;
    struct event_sink sink;
    struct metrics_seen *seen; /* shared; NULL: nothing is read */
    pid_t pid;                 /* 0: not started */
    int timer;
    uint64_t told;                 /* how much of *seen the listeners know */
    int64_t told_at[METRIC_COUNT]; /* the minute of the last value that they were told */
    unsigned n, every;             /* readings so far; one in so many is told */
    bool unmeasured[2];            /* it was said that CloudWatch, Performance Insights are not looked at */
};

/* Begin, when settings say so; c->loop and c->target are there. The source goes into the run's throttle (look NULL: there are no limits). */
struct throttle_source metrics_run_begin(struct metrics_run *m, struct context *c, struct event_sink sink);
void metrics_run_end(struct metrics_run *m);

#endif

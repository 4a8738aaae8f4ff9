/*
 * watch.h - a second pair of eyes while a statement runs: who blocks it, and how far it is.
 *
 * A second connection, opened when the first look is due and kept for the run. Not being able to open one is said once and costs nothing but
 * the report. Its questions are single statements in autocommit: it holds neither a transaction nor a snapshot.
 */
#ifndef MIGRATE_EXEC_WATCH_H
#define MIGRATE_EXEC_WATCH_H

#include "db/loop.h"
#include "exec/event.h"

enum { WATCH_MAX_TOLD = 16 };

struct watch {
    struct loop *loop;
    const struct target *target;
    const struct event_sink *sink;
    struct session *s;        /* NULL: not opened yet */
    bool blind;               /* it could not be opened */
    int timer;                /* 0: not watching */
    bool progress;            /* also ask for the progress of an index build */
    int pid;                  /* of the watched backend */
    struct event base;        /* migration, step, direction, attempt */
    int told[WATCH_MAX_TOLD]; /* blockers already told of during this wait */
    size_t n_told;
};

void watch_init(struct watch *w, struct loop *loop, const struct target *target, const struct event_sink *sink);
void watch_free(struct watch *w);
/*
 * Look every every_ms at what the backend pid waits for, emitting EVENT_BLOCKED once for each blocker. progress: for long builds, EVENT_PROGRESS as
 * well, and blockers at every look. base gives the events their migration, step and attempt.
 */
void watch_start(struct watch *w, int pid, int64_t every_ms, bool progress, const struct event *base);
void watch_stop(struct watch *w);

#endif

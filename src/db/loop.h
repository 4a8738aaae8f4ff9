/*
 * loop.h - the event loop: sockets, timers and signals of one process, without threads.
 *
 * Everything that waits, waits in loop_run_until(). Timers are for the watcher (who blocks us), heartbeats and progress.
 */
#ifndef MIGRATE_DB_LOOP_H
#define MIGRATE_DB_LOOP_H

#include "base/error.h"

struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *l);

/* Call fn(arg) every interval_ms from now until removed; returns an id. fn may use other sessions. */
int loop_timer_add(struct loop *l, int64_t interval_ms, void (*fn)(void *arg), void *arg);
void loop_timer_remove(struct loop *l, int id);

/* Wait ms milliseconds, serving the rest; ST_INTERRUPTED as soon as a signal is pending. */
NODISCARD enum status loop_sleep(struct loop *l, int64_t ms, struct error *err);

#endif

/*
 * loop.h - the event loop: sockets, timers and signals of one process, without threads.
 *
 * Everything that waits, waits in loop_wait(). Timers are for the watcher (who blocks us), heartbeats and progress.
 *
 * What may nest: a timer's callback may run requests on any session but the one that is waiting, and loop_sleep(). While a callback
 * runs no other timer fires, so waits nest two deep and no deeper; the waiting session's answer is looked at when the
 * callback is back. That is why a request without a deadline made in a callback gets one of LOOP_CALLBACK_MS.
 */
#ifndef MIGRATE_DB_LOOP_H
#define MIGRATE_DB_LOOP_H

#include "base/error.h"

struct loop;

enum { LOOP_CALLBACK_MS = 5000 };

struct loop *loop_new(void);
void loop_free(struct loop *l); /* NULL is fine. Sessions are closed first */

/* Call fn(arg) every interval_ms (at least 1) from now until removed; returns an id > 0. Timers fire only while something waits. */
int loop_timer_add(struct loop *l, int64_t interval_ms, void (*fn)(void *arg), void *arg);
void loop_timer_remove(struct loop *l, int id); /* from anywhere, its own callback too; an id that is gone is fine */

/* Wait ms milliseconds, serving the rest; ST_INTERRUPTED as soon as a signal is pending. */
NODISCARD enum status loop_sleep(struct loop *l, int64_t ms, struct error *err);

/*
 * A signal makes every wait and every new request end with ST_INTERRUPTED, until this says that it was seen: what follows (rolling back,
 * recording, giving up the run lock) then runs as usual. A second signal still ends the process.
 */
void loop_acknowledge_signal(struct loop *l);
bool loop_interrupted(const struct loop *l); /* a signal is pending and was not acknowledged */
/* Fill *err for the pending signal; returns ST_INTERRUPTED. */
enum status loop_interrupt_error(struct error *err);

/* For those who own a socket (sessions). */
enum loop_event {
    LOOP_READY,   /* the socket is as wished, or broken */
    LOOP_TIMEOUT, /* the deadline passed */
    LOOP_SIGNAL,  /* loop_interrupted() */
};
/*
 * Wait until fd (-1: none) has one of events (POLLIN, POLLOUT), the deadline (of clock_monotonic_ms(); 0: none) passes, or, when
 * heed_signals, a signal came.
 */
enum loop_event loop_wait(struct loop *l, int fd, short events, int64_t deadline, bool heed_signals);
/* The deadline for a request that may take budget_ms (0: for ever); see above for callbacks. */
int64_t loop_deadline(const struct loop *l, int64_t budget_ms);

#endif

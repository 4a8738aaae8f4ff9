/*
 * child.h - run a function that blocks in a process of its own, while the loop goes on here.
 *
 * For the two calls of which there is no other form everywhere: looking up a name (getaddrinfo) and libpq's cancel request before version 17.
 */
#ifndef MIGRATE_DB_CHILD_H
#define MIGRATE_DB_CHILD_H

#include "db/loop.h"

enum child_end {
    CHILD_DONE,    /* it ended by itself; out has all that it wrote */
    CHILD_TIMEOUT, /* the deadline passed: it was killed */
    CHILD_SIGNAL,  /* a signal came: it was killed */
    CHILD_FAILED   /* there is no process to be had: errno */
};

/*
 * fn gets the descriptor to write to; returning ends the child. deadline of clock_monotonic_ms(); heed_signals: give up when one is pending. The
 * child is in a group of its own, so that a Ctrl-C at the terminal does not end a cancel request.
 */
NODISCARD enum child_end child_run(struct loop *l, void (*fn)(int fd, void *arg), void *arg, int64_t deadline,
                                   bool heed_signals, struct strbuf *out);

#endif

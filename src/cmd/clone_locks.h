/*
 * clone_locks.h - what a rehearsal on a clone took: the time of each step, and the locks that were seen while it ran.
 *
 * A second connection looks every few milliseconds which locks the run's backend has. One that was shorter than that may go unseen, and is no
 * trouble for anybody.
 */
#ifndef MIGRATE_CMD_CLONE_LOCKS_H
#define MIGRATE_CMD_CLONE_LOCKS_H

#include "cmd/context.h"

struct clone_lock {
    const char *mode, *relation; /* as pg_locks says them */
    int64_t first_ms, last_ms;   /* when it was seen, on the monotonic clock */
};

struct clone_step {
    struct str version, title;
    const char *kind;
    unsigned ordinal;
    int64_t ms; /* -1: it did not end */
    VEC(struct clone_lock) locks;
};

struct clone_locks {
    struct context *c;
    struct session *s; /* of the second connection; NULL: there is none */
    int timer;
    char application[32]; /* how the run's names begin */
    VEC(struct clone_step) steps;
};

/* Listen to the run that is to come: c->also. */
void clone_locks_begin(struct clone_locks *l, struct context *c);
/* No more; print what was seen. */
void clone_locks_end(struct clone_locks *l);

#endif

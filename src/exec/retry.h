/*
 * retry.h - how long to wait for a lock, how long to pause before the next attempt, and when to give way.
 *
 * The first attempts wait little, since whoever waits for an ACCESS EXCLUSIVE lock holds up everyone behind it; later ones wait
 * longer. While others do queue behind it, though, RETRY_SHORT attempts stay as short as the first: many short waits are as likely to
 * meet a moment in which the table is free, and nobody notices them. Pauses are random over their whole length ("full jitter"), so that
 * two runners, or a runner and a periodic job, do not meet again and again. A pause may end early when whoever was in the way has gone; an early
 * end that brought nothing makes the next pauses longer at the least.
 */
#ifndef MIGRATE_EXEC_RETRY_H
#define MIGRATE_EXEC_RETRY_H

#include "db/session.h"

enum { RETRY_SHORT = 10 };

struct retry {
    int64_t first_ms, max_ms; /* lock_timeout of the first rung and of the last one */
    int64_t pause_ms;         /* longest pause after the first failure; doubles */
    int64_t pause_max_ms;
    int64_t budget_ms; /* all attempts and pauses together */
    unsigned max_attempts;
    unsigned attempt; /* 1 during the first */
    unsigned rung;    /* of the ladder, from 0 */
    unsigned n_short; /* attempts that were kept short for the sake of those behind */
    bool queued;      /* others queued behind this attempt */
    bool in_way;      /* somebody was seen in the way before this attempt, and had not gone when it was made */
    bool early;       /* the pause before this attempt ended early */
    int64_t least_ms; /* of a pause that ends early */
    int64_t begun_ms; /* clock_monotonic_ms() at the start */
};

/* Start at the first attempt. first_ms 0: no lock_timeout on any rung. */
void retry_begin(struct retry *r, int64_t first_ms, int64_t max_ms, int64_t budget_ms, unsigned max_attempts);
/* The lock_timeout of the current attempt in ms: 1, 2.5, 5 and 15 times the first, never above the last rung. */
int64_t retry_lock_timeout(const struct retry *r);
/* How long, in ms, others may queue behind us while we only wait: as long as the first rung. 0: that was tried often enough, or there is none. */
int64_t retry_queue_limit(const struct retry *r);
/* After a failed attempt: false when attempts or budget are spent; otherwise counts on, climbs, and says how long to pause. */
bool retry_next(struct retry *r, int64_t *pause_ms);
/* Is this failure one that goes away by itself (lock timeout, deadlock)? */
bool retry_class(enum sql_class c);

#endif

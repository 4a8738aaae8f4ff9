/*
 * watch.h - a second pair of eyes while a statement runs: who blocks it, whom it blocks, and how far it is.
 *
 * A second connection, opened when the first look is due and kept for the run. Not being able to open one is said once; then the timeouts alone
 * keep the step from doing harm. Its questions are single statements in autocommit: it holds neither a transaction nor a snapshot.
 *
 * The watchdog: a lock that is waited for already blocks everybody who comes behind and wants what it does not go along with, and one that is held
 * goes on doing so. The watch counts the sessions behind ours, directly or behind one another, and cancels our statement when they are too many or
 * one has waited for too long; sooner, when we only wait as well. What it does to others or to us goes into the history's interventions.
 */
#ifndef MIGRATE_EXEC_WATCH_H
#define MIGRATE_EXEC_WATCH_H

#include "exec/history_sql.h"
#include "exec/retry.h"
#include "exec/runner.h"

enum { WATCH_MAX_TOLD = 16 };

struct watch {
    struct loop *loop;
    const struct run_options *o;
    const struct history_sql *sql;
    const char *run_id;
    struct session *s;                  /* NULL: not opened yet */
    bool blind;                         /* it could not be opened */
    bool reached;                       /* it was open once */
    int timer;                          /* 0: not watching */
    int64_t every_ms;                   /* its interval */
    bool progress;                      /* also ask for the progress of an index build */
    bool guard;                         /* the watchdog is on */
    int pid;                            /* of the watched backend */
    int64_t begun_ms, blockers_from_ms; /* since when; how long after that blockers are of interest */
    int64_t behind_since_ms;            /* since when somebody waits behind us; 0: nobody does */
    int64_t queue_ms;                   /* how long one may wait behind us while we wait, too; 0: max_block_ms alone */
    struct retry *retry;                /* the attempt, to be told whether others queued behind it */
    bool cancelled;                     /* by the watchdog, since watch_start() */
    struct event base;                  /* migration, step, direction, attempt */
    int told[WATCH_MAX_TOLD];           /* blockers already told of during this wait */
    size_t n_told;
};

/* The options, the SQL and the id are the caller's and outlive it. */
void watch_init(struct watch *w, struct loop *loop, const struct run_options *o, const struct history_sql *sql,
                const char *run_id);
void watch_free(struct watch *w);
/*
 * Look every every_ms at what the backend pid waits for, emitting EVENT_BLOCKED once for each blocker. progress: for long builds, EVENT_PROGRESS as
 * well, and blockers at every look. base gives the events their migration, step and attempt.
 */
void watch_start(struct watch *w, int pid, int64_t every_ms, bool progress, const struct event *base);
/*
 * The same for a statement whose lock keeps others from reading or writing: with the watchdog, and with blockers told when four fifths of
 * the attempt's lock_timeout (0: no limit) have passed, so that they are seen while they still block. It tells the attempt whether others queued
 * behind it.
 */
void watch_guard(struct watch *w, int pid, struct retry *retry, const struct event *base);
void watch_stop(struct watch *w);
/*
 * Ask the server something by the second connection, opened when there is none. ST_SERVER: it could not be asked (08001, or what it was refused
 * with); it does not count as blind for that.
 */
NODISCARD enum status watch_ask(struct watch *w, const char *sql, const struct param *params, size_t n,
                                struct rows **rows, struct error *err);
/* Is the failure of the statement watched last the watchdog's doing? */
bool watch_cancelled(const struct watch *w, const struct error *err);

/* ---- for watch_act.c ---- */
void watch_emit(struct watch *w, struct event *e);
/* A blocker as a look found it; texts are NUL-terminated. */
struct blocker {
    int pid;
    const char *user, *application, *state, *query, *backend_start;
    int64_t age_ms;
};
/* End the session if the options ask for it and it is (still) of that kind; tells and records what came of it. */
void watch_terminate(struct watch *w, const struct blocker *b);
/* n sessions wait behind the watched backend, which waits as well or not, one for ms: cancel its statement if that is too much. */
void watch_judge(struct watch *w, int64_t n, int64_t ms, bool waits);

#endif

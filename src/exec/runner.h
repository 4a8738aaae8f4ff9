/*
 * runner.h - run plans so that they can be killed at any moment and picked up again.
 */
#ifndef MIGRATE_EXEC_RUNNER_H
#define MIGRATE_EXEC_RUNNER_H

#include "db/loop.h"
#include "exec/event.h"
#include "exec/foreign.h"
#include "exec/history.h"
#include "exec/throttle.h"
#include "plan/analyze.h"

/* The snapshot that the last run named, when that run was cut short, or ended before it changed anything. */
struct snapshot_left {
    const char *id; /* NULL: there is none */
    const char *run_id;
    int64_t age_s; /* since that run began */
};

/* The place of the snapshot before the first change: cmd/ fills it (from aws/ or a command), the executor only calls it. */
struct snapshot_source {
    /*
     * Name the snapshot before anything is made of it, so that history knows the name whatever happens next. *id stays empty: none is
     * wanted. A run that follows one that was cut short may take that one's name. NULL: it has none beforehand.
     */
    enum status (*choose)(void *arg, const char *run_id, const struct snapshot_left *left, struct strbuf *id,
                          struct error *err);
    /*
     * Take it and wait until it is usable; *id may be made to say more, for history. ST_REMOTE: nothing is changed. Meanwhile the run's session is
     * kept awake by the executor: it is not to be used here.
     */
    enum status (*take)(void *arg, const char *run_id, struct strbuf *id, struct error *err);
    void *arg; /* take NULL: no snapshot */
};

/* Whose sessions may be ended when they block a step: nobody's, unless asked for. */
enum terminate { TERMINATE_NONE, TERMINATE_AUTOVACUUM, TERMINATE_IDLE, TERMINATE_ALL };
struct run_options {
    const struct target *target;
    const char *schema;           /* of history */
    struct mirror mirror;         /* another tool's table to be written as well; tool NULL: none */
    int64_t run_lock_wait_ms;     /* how long to wait for another run (10 000); 0: not at all */
    int64_t reconnect_ms;         /* how long to try for another connection when one is lost (120 000) */
    int64_t answer_timeout_ms;    /* how long nothing at all may come from the server (60 000); see pulse.h */
    int64_t lock_timeout_ms;      /* first rung (200) */
    int64_t lock_timeout_max_ms;  /* last rung (3000) */
    int64_t lock_budget_ms;       /* all attempts of one step together (600 000) */
    unsigned lock_attempts;       /* at most (30) */
    enum terminate terminate;     /* blockers of these kinds are ended */
    int64_t max_blocked_sessions; /* the watchdog cancels a step that more sessions wait behind (20); 0: however many */
    int64_t max_block_ms;         /* … or that one has waited behind for longer (1000); 0: however long */
    int64_t
        max_xact_age_ms; /* an older transaction in the way ends the run before its first change (300 000); 0: none does */
    bool preflight_only; /* look, and change nothing */
    bool undo;           /* instead of going on, take back the shadow change that the one item is in the middle of */
    const char *window;  /* the hours for changes, see window.h; NULL: all */
    bool window_wait;    /* outside them wait; else give way */
    bool redact;         /* no text of other sessions' statements in events and history */
    struct event_sink sink;
    struct snapshot_source snapshot;
    enum analyze_mode analyze;       /* behind each migration */
    const char *run_id;              /* 32 hexadecimal digits; NULL: one is made up */
    int64_t backfill_rows;           /* an automatic backfill of at most so many rows is one batch (100 000) */
    struct throttle_limits throttle; /* of backfills */
    const char *source_revision;     /* of the migrations (git), for the runs table; NULL: unknown */
};
/* Schema "migrate", 10 s for the run lock, the numbers in parentheses above; no target, sink or snapshot. */
void run_options_default(struct run_options *o);

/* What is to be run, in this order. The planner's and the migrations' memory is the caller's. */
struct run_item {
    const struct migration_plan *plan;
    unsigned first_step; /* steps before it were done by an earlier run, as the caller saw it */
};

struct run_result {
    char run_id[33];
    unsigned n_done; /* migrations finished */
    int64_t ms;
};

/*
 * Take the run lock on s, verify with history that the items are still what is to be done, run them, record. s is the executing session: it
 * carries the run lock. What another run has done meanwhile is passed over; items whose steps were done in part go on at the first step that is
 * not done, as history under the lock says (first_step is only what the caller saw).
 *
 * When the connection is lost, the run opens another one to options->target, learns from history what became of the last COMMIT, and goes
 * on; s is then no longer usable (session_usable()) and stays the caller's to close. Without a target a lost connection ends the run.
 *
 * On failure *err says what and result what was finished. Statuses: ST_SERVER, ST_GAVE_WAY, ST_CONFLICT, ST_RUN_LOCKED,
 * ST_PARTIAL (a step that cannot be rolled back was cut short), ST_REMOTE, ST_INTERRUPTED.
 */
NODISCARD enum status run_plans(struct loop *loop, struct session *s, const struct run_options *options,
                                const struct run_item *items, size_t n, struct run_result *result, struct error *err);

/* How history and the journal call the way a run ended: "done", "gave way", "interrupted", "failed" … */
const char *run_result_name(enum status status);

#endif

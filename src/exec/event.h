/*
 * event.h - what happened while running. The executor emits events and prints nothing; progress, the journal and --json listen.
 */
#ifndef MIGRATE_EXEC_EVENT_H
#define MIGRATE_EXEC_EVENT_H

#include "plan/plan.h"

enum event_kind {
    EVENT_RUN_BEGIN,       /* n_migrations, run_id */
    EVENT_PREFLIGHT,       /* what may be or is in the way: check, level, detail, meaning, way_out */
    EVENT_WINDOW,          /* outside the hours for changes: detail says why it waits, wait_ms until they begin */
    EVENT_RUN_LOCK_WAIT,   /* another run holds the lock: detail says who */
    EVENT_SNAPSHOT_WAIT,   /* detail; done: percent, or -1 */
    EVENT_SNAPSHOT,        /* detail */
    EVENT_MIGRATION_BEGIN, /* migration, n_steps */
    EVENT_MIGRATION_END,   /* migration, ms */
    EVENT_STEP_BEGIN,      /* migration, step, attempt */
    EVENT_STEP_END,        /* migration, step, ms, rows */
    EVENT_STEP_SKIPPED,    /* done in an earlier run */
    EVENT_STEP_RETRY,      /* attempt (that failed), sqlstate, detail, wait_ms: lock not had; next attempt in wait_ms */
    EVENT_WAIT_BEGIN, /* before an attempt: waits outside of the queue, for wait_ms at most, for the blockers that follow */
    EVENT_WAIT_END, /* that is over after ms: the attempt follows */
    EVENT_BLOCKED,  /* a blocker: pid, user, application, state, age_ms, query */
    EVENT_PROGRESS, /* the server's own progress of an index build, or a backfill: done, total, rate, batch_rows, lag_ms, detail (reason of a pause) */
    EVENT_TERMINATED, /* a blocker was ended, as asked for: as EVENT_BLOCKED; detail and sqlstate: it could not be */
    EVENT_WATCHDOG,   /* the step was cancelled: rows sessions waited behind it, one of them for ms */
    EVENT_BLIND,      /* no second connection to watch with: detail says why */
    EVENT_ANALYZED,   /* migration, ms, detail: the table; with sqlstate: it could not be, detail says why */
    EVENT_REPAIR,     /* detail: an invalid index dropped, a row of history settled */
    EVENT_NOTICE,     /* server notice: severity in detail's first word */
    EVENT_METRIC, /* detail: its name, rate: its value, age_ms: how old that is (CloudWatch, Performance Insights) */
    EVENT_UNMEASURED, /* detail: which of these are not looked at, and why */
    EVENT_RUN_END,    /* ms, n_migrations */
};
const char *event_kind_name(enum event_kind kind); /* "step-begin" … as in --json */

struct event {
    enum event_kind kind;
    const struct migration *migration;
    const struct step *step;
    bool down;
    unsigned n_migrations, n_steps;
    unsigned attempt;
    int64_t ms, wait_ms;
    int64_t rows;
    int64_t done, total; /* -1: unknown */
    double rate;         /* per second */
    int64_t batch_rows;  /* keys of the last batch; 0: not known */
    int64_t lag_ms,
        lag_bytes;      /* of the replica furthest behind, as far as the service tells; 0: none is, or not known */
    const char *run_id; /* as in history */
    char sqlstate[6];
    const char *detail; /* NULL: none. Valid during the call */
    /* preflight: "rights" …; "note", "warning", "stop"; what it means and what to do, "" where it goes without saying */
    const char *check, *level, *meaning, *way_out;
    /* blocker */
    int pid;
    const char *user, *application, *state, *query;
    int64_t age_ms;
};

struct event_sink {
    void (*emit)(void *arg, const struct event *e);
    void *arg;
};

#endif

/*
 * run.h - what the files of a run share: runner.c, item.c, recover.c, step.c, way.c, single.c, backfill.c.
 *
 * The course of a run:
 *
 *     lock ─► history (read, made when missing) ─► place each item ─► snapshot ─► lock and history again ─► items ─► result
 *
 * and of an item: its steps in order, each with its row of history in its own transaction where it has one. When the connection is lost the
 * run opens another, takes the lock again (which waits for the old backend to be gone), reads the history again and goes on from what
 * that says: the outcome of a COMMIT nobody answered is looked up, never guessed.
 */
#ifndef MIGRATE_EXEC_RUN_H
#define MIGRATE_EXEC_RUN_H

#include "exec/history_rows.h"
#include "exec/pipe.h"
#include "exec/pulse.h"
#include "exec/retry.h"
#include "exec/runlock.h"
#include "exec/runner.h"
#include "exec/touch.h"
#include "exec/watch.h"

enum { LOCK_AGAIN_MS = 30000, MAX_LOSSES = 5, MAX_ORDERED_LOSSES = 2, ANSWER_MS = 60000, HEARTBEAT_MS = 30000 };

/* Which cluster, and since which promotion; "": the server does not tell. */
struct identity {
    char cluster[24], timeline[9];
};

struct run {
    struct loop *loop;
    struct session *s;      /* executes and carries the run lock */
    struct session *first;  /* the caller's; s when there is no other, usable or not */
    struct session *opened; /* == s when it is ours: opened after the caller's was lost */
    const struct run_options *o;
    const struct run_item *items;
    size_t n_items;
    struct run_result *result;
    struct history_sql sql;
    struct runlock lock;
    const struct session *lock_of; /* whose backend that names */
    struct identity identity;
    const char *host; /* ours */
    struct watch watch;
    struct pulse pulse;
    struct arena arena;   /* for the run */
    struct arena scratch; /* for one step's texts and parameters */
    char application[64]; /* "migrate/1f2e3d4c5b6a@host:4711": what pg_stat_activity shows */
    char pid_text[16];
    char role[128];    /* the role that the session began with; "" not asked yet */
    struct item *list; /* n_items, placed */
    bool window_waits; /* the window has closed, and is to be waited for: see window.h */
    bool again;        /* items that were done are not any more (the server crashed): start over */
    /* As the session has them; -1: not known */
    int64_t lock_timeout_ms, statement_timeout_ms;
    bool bounded;  /* what runs has a limit: when its connection is lost, its backend is not waited for without one */
    int durable;   /* 1: COMMIT waits for the disk, 0: it does not */
    bool recorded; /* there is a row in runs */
};

/* One migration of the run, as far as it is. */
struct item {
    const struct migration_plan *plan;
    const struct migration *m;
    bool down;
    struct migration_params params;
    bool text_recorded;     /* in this run: later rows need not carry it again */
    bool finished;          /* nothing (more) to do */
    bool was_finished;      /* … before this run began */
    struct step_list steps; /* those that are done as they were recorded, then the plan's */
    size_t next;            /* index of the first step that is not done */
    bool started;           /* that step was begun before, outside a transaction, and its end is not known */
    int started_pid;        /* of the backend that ran it */
    const char *started_backend;
    uint64_t moved; /* batches done: a lost connection is forgiven as long as there is progress */
    struct touch
        touch; /* what its statements may leave in the session: put right behind it, the lock behind each step */
};

static inline const struct step *item_step(const struct item *it)
{
    return &it->steps.at[it->next];
}

/* ---- runner.c ---- */
void run_emit(const struct run *r,
              struct event *e); /* done and total 0 with no other use are the caller's to set to -1 */
struct event run_event(const struct item *it, const struct step *step, enum event_kind kind);
void run_repair(const struct run *r, const struct item *it, const char *fmt, ...) PRINTF(3, 4); /* EVENT_REPAIR */

/*
 * After a lost connection: is this run's row there, as it should be on the same database? A standby that was behind may have lost it: it is
 * written again, if the cluster is known to be the same.
 */
NODISCARD enum status run_record_again(struct run *r, bool same_cluster, struct error *err);
/* Read history and place all items in it; a schema that is missing is made. The lock is held. */
NODISCARD enum status run_place(struct run *r, struct error *err);

/* ---- item.c ---- */
NODISCARD enum status item_make(struct run *r, const struct run_item *from, struct item *it, struct error *err);
/* Find its place in what history says. ST_CONFLICT when that does not fit the plan. */
NODISCARD enum status item_place(struct run *r, struct item *it, const struct history *h,
                                 const struct recorded_list *steps, struct error *err);
/* Run it to its end; or r->again is set. */
NODISCARD enum status item_run(struct run *r, struct item *it, struct error *err);
/* Session settings made by steps that are done already (SET search_path …): for a session that did not run them. */
NODISCARD enum status item_replay_settings(struct run *r, struct item *it, struct error *err);

/* ---- analyze.c ---- */
/* ANALYZE what the options ask for. A failure is told and is none of the run's; the session is usable afterwards, or r->again is set. */
NODISCARD enum status item_analyze(struct run *r, struct item *it, struct error *err);

/* ---- align.c ---- */
/* Lay the plan over the steps that history has of this version: it->steps, next, started. ST_CONFLICT: they are not the plan's statements. */
NODISCARD enum status item_align(struct run *r, struct item *it, struct str version,
                                 const struct recorded_list *recorded, struct error *err);

/* ---- record.c: rows of history ---- */
/* Put the step's row (and its migration's) into the message; last: with this step the migration is finished. */
void record_step(struct run *r, struct item *it, struct pipe *p, enum recorded_state state, bool last,
                 unsigned attempts, int64_t waited_ms, int64_t rows);
/* The same, alone, in a transaction of its own. */
NODISCARD enum status record_now(struct run *r, struct item *it, enum recorded_state state, bool last,
                                 unsigned attempts, int64_t rows, struct error *err);
/* Note a failure, as far as the server still answers; clean: the step left nothing behind, so that it counts as not begun. */
void record_failure(struct run *r, struct item *it, bool clean, unsigned attempts, const struct error *why);
/* A migration without any statement. */
NODISCARD enum status record_empty(struct run *r, struct item *it, struct error *err);

/* ---- recover.c ---- */
void run_listen(struct run *r); /* the session's notices become events */
/* runlock_take() for this run. */
NODISCARD enum status run_lock(struct run *r, int64_t wait_ms, struct error *err);
/* Back to a session as it was opened, with the lock, behind a migration that may have left something in it. */
NODISCARD enum status run_settings_again(struct run *r, struct error *err);
/* Refuse a standby, a read-only session, a pooler that hands one server connection to many clients. */
NODISCARD enum status run_check_server(struct run *r, struct error *err);

/* ---- reconnect.c ---- */
/* Who the server is, as far as it tells. */
NODISCARD enum status run_identity(struct run *r, struct identity *out, struct error *err);
/* Connect again to the same database, wait for the old backend, take the lock again. */
NODISCARD enum status run_recover(struct run *r, struct error *err);

/* ---- step.c ---- */
NODISCARD enum status step_run(struct run *r, struct item *it, struct error *err);
/*
 * Put the settings into the message if the session has others; step_settings_unknown() when the message failed. durable: whether
 * COMMIT waits until it is on disk. It need not while more transactions of the same run follow: history is in the same transaction as what it
 * records, so a server that crashes forgets both or neither, the run then looks again from its first item on, and before the run ends or gives
 * up a durable COMMIT follows, which has all earlier ones with it.
 */
void step_settings(struct run *r, struct pipe *p, int64_t lock_ms, int64_t statement_ms, bool durable);
void step_settings_unknown(struct run *r);
/* For what builds an index at leisure: with a gentle pace it takes one of the server's processors, not what parallel workers can get. */
void step_gentle_build(const struct run *r, struct pipe *p);
/*
 * The deadline on our side for n statements of at most statement_ms each, should the server's own timeouts not come (its process is frozen): they,
 * their waits for locks and the time that an answer may take. 0 (none) when statement_ms is 0.
 */
int64_t step_deadline(const struct run *r, int64_t statement_ms, int64_t lock_ms, size_t n);
/* After a failed attempt: true when another one is to be made (the pause is over), false when *err is the end of it. */
bool step_again(struct run *r, struct item *it, struct retry *retry, enum status *status, struct error *err);
void step_error_place(struct run *r, const struct item *it, const struct planned_statement *st, struct error *err);
NODISCARD enum status transaction_run(struct run *r, struct item *it, struct error *err);

/* ---- way.c ---- */
/*
 * Before an attempt at the step's locks: as long as a transaction of some age has one in the way, an attempt would fail and meanwhile keep everybody
 * waiting who comes behind it. So look, tell who it is, and wait outside of the queue, for a sixtieth of the lock budget at most. Not for what lets
 * the application work on, nor where blockers are to be ended. What the role may not see is not waited for. ST_INTERRUPTED, or the session is lost.
 */
NODISCARD enum status way_wait(struct run *r, const struct item *it, struct retry *retry, struct error *err);
/*
 * The pause of so many ms before another attempt. It ends early when a transaction of some age that was seen in the way has gone and no other is
 * there; while none was seen it stays whole. The step holds nothing meanwhile. Errors as above.
 */
NODISCARD enum status way_pause(struct run *r, const struct item *it, struct retry *retry, int64_t ms,
                                struct error *err);

/* ---- single.c, backfill.c ---- */
NODISCARD enum status single_run(struct run *r, struct item *it, struct error *err);
/*
 * For a statement that has a transaction: a question behind it that fails (division by zero) unless the server has what it promised. Its place
 * in the message; SIZE_MAX: there is nothing to ask.
 */
size_t single_add_check(const struct item *it, struct pipe *p);
NODISCARD enum status backfill_run(struct run *r, struct item *it, struct error *err);
NODISCARD enum status shadow_run(struct run *r, struct item *it, struct error *err); /* shadow.c */
/* shadow_undo.c: take back the shadow change that the item's step began: the table is as it was, and the step not begun. */
NODISCARD enum status shadow_undo(struct run *r, struct item *it, struct error *err);

#endif

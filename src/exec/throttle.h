/*
 * throttle.h - how hard a backfill may press the server.
 *
 * A second connection asks once a second what the server suffers, and makes one number of it: the utilisation, the largest of signal / limit. Below
 * 0.7 batches follow one another; from there to 1 the backfill sleeps more and more between them (up to twice a batch's time); from 1 on it
 * stands still. Without an answer for BLIND_MS it stands still as well: who cannot see must not drive. The reason is always told.
 *
 * It also sees whether anybody else writes: by the transactions that got an id and are over, less the backfills' own batches.
 */
#ifndef MIGRATE_EXEC_THROTTLE_H
#define MIGRATE_EXEC_THROTTLE_H

#include "base/arena.h"
#include "db/loop.h"
#include "db/session.h"

enum { THROTTLE_EVERY_MS = 1000, THROTTLE_BLIND_MS = 15000, THROTTLE_LAG_BYTES = 64 << 20, THROTTLE_LAG_MS = 10000 };
/* From so many transactions of others a second on batches are short, and stay so for a while. Claims, passes and the like are a few of its own. */
enum { THROTTLE_WRITES_PER_S = 10, THROTTLE_QUIET_MS = 5000 };

/* What others know of the load: cmd/ fills it with AWS's metrics, exec/ only calls it, once a second. It does not wait. */
struct throttle_seen {
    double utilisation;
    char reason[200];
};
struct throttle_source {
    void (*look)(void *arg, struct throttle_seen *seen); /* NULL: there is none. seen comes in as zeros */
    void *arg;
};

/* Limits; 0: not looked at. */
struct throttle_limits {
    int64_t lag_bytes;       /* WAL that the slowest replica has not replayed (pg_stat_replication) */
    int64_t lag_ms;          /* replica lag where the service tells time (Aurora) */
    int64_t slot_bytes;      /* WAL that the oldest replication slot holds back */
    int64_t active_sessions; /* other sessions that run something */
    int64_t archive_files;   /* WAL files that wait for the archiver */
    const char *query;       /* a number: 1 or more (or true) stops, less is the utilisation; NULL: none */
    struct throttle_source source;
    bool gentle; /* batches sleep between their rows, whatever the server says: about half of the speed */
};
/* 64 MiB of lag, 10 s, no limit for slots, sessions and archive, no query. */
void throttle_limits_default(struct throttle_limits *l);

struct throttle;

/*
 * Connect and read for the first time. Without a target nothing is looked at. own_sql tells how many transactions of
 * backfills are over (HSQL_BACKFILL_BATCHES); the caller's, and outlives it. ST_INTERRUPTED is the only failure: a server that cannot be asked
 * makes it blind, which is told by throttle_reason().
 */
NODISCARD enum status throttle_start(struct loop *loop, const struct target *target,
                                     const struct throttle_limits *limits, int watched_pid, const char *own_sql,
                                     struct throttle **out, struct error *err);
void throttle_stop(struct throttle *t); /* NULL is fine */
/* How long to sleep behind a batch that took batch_ms, in ms; unslept: of a gentle one, see throttle_unslept(). */
double throttle_pause(const struct throttle *t, double batch_ms, double unslept);
/* Why to stand still just now; NULL: go on. Valid until the next wait. */
const char *throttle_reason(const struct throttle *t);
/* What slows it down, for people; NULL: nothing does. */
const char *throttle_slowed(const struct throttle *t);
/* Has it been seen since the last call that others wait for the watched backend's locks? */
bool throttle_blocks_others(struct throttle *t);
/* Do others write, or has it not been possible to tell? Without a second connection nobody is known to. */
bool throttle_others_write(const struct throttle *t);
/* How far the slowest replica is behind, in bytes of WAL; on Aurora in time. -1: there is none, or it is not known. */
struct replica_lag {
    int64_t bytes, ms;
};
struct replica_lag throttle_lag(const struct throttle *t);
/* The same for a session that has no throttle; of a standby nothing is known. */
NODISCARD enum status replica_lag_ask(struct session *s, struct replica_lag *out, struct error *err);

/* The sleep behind a batch for a utilisation, where a gentle one has not slept for that share of its time: pure, for tests. */
double throttle_sleep(double utilisation, double unslept, double batch_ms);
/* The share of a gentle batch's time that went to keys whose rows its statement left out, between which it need not have slept: pure, for tests. */
double throttle_unslept(int64_t keys, int64_t changed);
/* Transactions that were over at a time; what lies between two of them is others' writing, a second: pure, for tests. -1: no telling. */
struct throttle_over {
    int64_t all, own, at_ms; /* at_ms 0: not read */
};
double throttle_writes(const struct throttle_over *before, const struct throttle_over *now);

#endif

/*
 * runlock.h - at most one run per database and history schema.
 *
 * A session-level advisory lock, held by the session that executes: as long as that backend lives and works, nobody else begins, and when it
 * dies the lock is gone. It is polled, never waited for inside the server: a session that blocks in pg_advisory_lock() has a snapshot, which
 * CREATE INDEX CONCURRENTLY waits for, and the two deadlock. The key is told in migrate-history(7).
 */
#ifndef MIGRATE_EXEC_RUNLOCK_H
#define MIGRATE_EXEC_RUNLOCK_H

#include "db/loop.h"
#include "exec/event.h"
#include "exec/history_sql.h"

/* What the lock's first question also tells of the session. */
struct runlock {
    int64_t key;
    int pid;                /* of the backend that answered */
    char backend_start[48]; /* as the server writes it; with pid it names this backend for ever */
    bool standby, read_only;
    char synchronous_commit[16]; /* as the session began with it */
};

/*
 * Take it, giving the session this application_name (NULL: leave it) for others to see, and trying for wait_ms (0: once), at first every 25 ms, then slower, up to every second. While it is held elsewhere EVENT_RUN_LOCK_WAIT
 * is emitted once per holder (sink may be NULL). Errors: ST_RUN_LOCKED with who holds it, since when and from where; ST_SERVER, ST_INTERRUPTED.
 */
NODISCARD enum status runlock_take(struct loop *loop, struct session *s, const struct history_sql *sql,
                                   const char *application, int64_t wait_ms, const struct event_sink *sink,
                                   struct runlock *out, struct error *err);
/* Is it (still) ours? ST_SERVER when it could not be asked. */
NODISCARD enum status runlock_held(struct session *s, const struct history_sql *sql, bool *held, struct error *err);
/* Give it back; a session that is gone has given it back already. */
void runlock_release(struct session *s, const struct history_sql *sql);

#endif

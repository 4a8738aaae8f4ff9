/*
 * headroom.h - what is left of disk and replication before a step that writes much.
 */
#ifndef MIGRATE_EXEC_HEADROOM_H
#define MIGRATE_EXEC_HEADROOM_H

#include "base/arena.h"
#include "exec/throttle.h"

struct headroom {
    int64_t replicas; /* that stream from this server; -1: a standby does not tell */
    struct replica_lag lag;
    int64_t slots;
    struct str slot;    /* that holds back the most WAL */
    int64_t slot_bytes; /* so much; -1: none does */
    int64_t slot_limit; /* max_slot_wal_keep_size in bytes, behind which a slot is lost; -1: none */
    int64_t disk_free;  /* bytes where the database is (disk.h); -1: not to be seen from here */
};
/* ST_SERVER: the server does not answer, or the session is lost. */
NODISCARD enum status headroom_ask(struct session *s, int64_t deadline_ms, struct arena *a, struct headroom *out,
                                   struct error *err);

#endif

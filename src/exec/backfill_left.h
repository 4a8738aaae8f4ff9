/*
 * backfill_left.h - how far a backfill is, for those who watch it.
 */
#ifndef MIGRATE_EXEC_BACKFILL_LEFT_H
#define MIGRATE_EXEC_BACKFILL_LEFT_H

#include "exec/history_sql.h"

struct backfill_left {
    double share;  /* of the keys of this pass that is done, 0 to 1; -1: not known */
    int64_t total; /* rows of its tables by the server's estimate; -1: some was never analysed */
    int64_t left;  /* of these; -1: not known */
    double others; /* keys a second of the workers in other sessions */
};

/*
 * Ask the server; identity: version, direction, ordinal. The session must not be in a transaction. Where the server will not tell (no right to
 * read the table, a lock on it) the keys that are counted have to do. ST_SERVER only when the history cannot be read, or the session is lost.
 */
NODISCARD enum status backfill_left(struct session *s, const struct history_sql *sql, const struct param identity[3],
                                    struct arena *a, struct backfill_left *out, struct error *err);

#endif

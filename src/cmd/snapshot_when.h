/*
 * snapshot_when.h - is a run worth a snapshot: snapshot.when.
 */
#ifndef MIGRATE_CMD_SNAPSHOT_WHEN_H
#define MIGRATE_CMD_SNAPSHOT_WHEN_H

#include "base/tri.h"
#include "plan/plan.h"

struct snapshot_when {
    enum { WHEN_ALWAYS, WHEN_DESTRUCTIVE, WHEN_TABLES } kind;
    int64_t bytes; /* WHEN_TABLES: of more than so many */
};

/* "always", "destructive", "tables>10GB" (kB, MB, GB, TB; 1024 each). ST_USAGE. NULL or empty: always. */
NODISCARD enum status snapshot_when_parse(const char *text, struct snapshot_when *out, struct error *err);

/*
 * Do these plans call for one? What cannot be told counts as a yes. *because (may be NULL) is the first reason, in the arena.
 */
bool snapshot_wanted(const struct snapshot_when *when, const struct migration_plan *plans, size_t n, struct arena *a,
                     struct str *because);

#endif

/*
 * verify_compare.h - what the rulebook says of a statement beside what a server did.
 */
#ifndef MIGRATE_CMD_VERIFY_COMPARE_H
#define MIGRATE_CMD_VERIFY_COMPARE_H

#include "cmd/verify_trace.h"
#include "rules/effects.h"

struct comparison {
    /* Called for each difference: "lock on", "public.t", "SHARE", "no lock". */
    void (*differ)(void *arg, const char *what, struct str name, const char *claimed, const char *seen);
    void *arg;
    /*
     * A rehearsal: what the rulebook only fears (a condition was not known) need not come, and of tables without rows it is not told whether
     * they are read. Otherwise all that is claimed must be seen.
     */
    bool lenient;
};

/* sql is the statement's text; memory for the time of the call from the arena. */
void trace_compare(const struct comparison *c, const struct effects *e, struct str sql, const struct trace *t,
                   struct arena *a);

#endif

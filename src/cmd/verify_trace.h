/*
 * verify_trace.h - what one statement really did on a server.
 *
 * A statement that may run in a transaction is run in one that is rolled back, or kept; a second session reads pg_locks while it
 * is open. Rewrites and builds are told by the file a relation is stored in, scans by the server's DEBUG1 messages and
 * the transaction's own counters of rows read.
 */
#ifndef MIGRATE_CMD_VERIFY_TRACE_H
#define MIGRATE_CMD_VERIFY_TRACE_H

#include "catalog/lockmode.h"
#include "db/session.h"

struct seen_relation {
    struct str name;     /* schema.name, as the server quotes it */
    char kind;           /* relkind */
    int64_t oid, file;   /* pg_relation_filenode; 0: none */
    int64_t table;       /* of an index: its table's oid */
    int64_t rows;        /* before the statement */
    int64_t scans, read; /* sequential scans and rows read by them, before; then by the statement */
    bool was_there;      /* before the statement */
    enum lock_mode lock; /* held behind the statement; LOCK_NONE: none, or it ran outside a transaction */
    bool rewritten, emptied, scanned, built;
};

VEC_DECLARE(seen_relation_list, struct seen_relation);

struct trace {
    bool accepted;    /* the statement ran */
    char sqlstate[6]; /* when it did not */
    char message[256];
    bool validates;                 /* foreign keys: how much of the referenced table that reads depends on the plan */
    bool in_transaction;            /* it ran inside one; false: refused there (25001), so run alone */
    struct seen_relation_list seen; /* user relations; indexes too */
};

/*
 * Memory from the arena. worker runs, observer looks on. keep: what the statement did stays. Errors are those of the tracing itself; a statement
 * that is refused (also at its COMMIT) is not accepted.
 */
NODISCARD enum status trace_statement(struct session *worker, struct session *observer, struct str sql, bool keep,
                                      struct arena *a, struct trace *out, struct error *err);

#endif

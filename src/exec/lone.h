/*
 * lone.h - what a statement that runs by itself is about: enough of it to look at the server afterwards.
 *
 * What a statement does to locks and transactions is the rulebook's business; this only finds the names that decide, on a rerun, whether the
 * statement was carried out before its run died.
 */
#ifndef MIGRATE_EXEC_LONE_H
#define MIGRATE_EXEC_LONE_H

#include "base/arena.h"

enum lone_kind {
    LONE_OTHER,
    LONE_CREATE_INDEX, /* CONCURRENTLY */
    LONE_DROP_INDEX,   /* CONCURRENTLY */
    LONE_REINDEX,      /* CONCURRENTLY; of an index or a table */
    LONE_DETACH,       /* ALTER TABLE … DETACH PARTITION … CONCURRENTLY */
    LONE_VALIDATE,     /* ALTER TABLE … VALIDATE CONSTRAINT */
    LONE_ADD_VALUE,    /* ALTER TYPE … ADD VALUE */
    LONE_MAYBE_PARTLY, /* CALL and DO: may have committed part of their work */
};

struct lone {
    enum lone_kind kind;
    bool unique, if_exists, if_not_exists;
    struct str
        table; /* as written, with its schema: of the index, of the constraint, the parent of the partition, the type */
    struct str name;  /* CREATE INDEX: the name alone, folded (empty: the server makes one); VALIDATE: the constraint's;
                         DROP INDEX, REINDEX, DETACH: as written, with schema */
    struct str rest;  /* CREATE INDEX: what follows the table */
    struct str value; /* ADD VALUE: the label */
};

/* Memory from the arena, or views of sql. Never fails: what it does not know is LONE_OTHER. */
void lone_read(struct str sql, struct arena *a, struct lone *out);

#endif

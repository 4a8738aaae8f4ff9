/*
 * naming.h - what a file's path says in the layouts of other tools: its place in the order, and which way it goes.
 *
 *     20260131_x.sql, 1.2_x.sql                   most tools; x.up.sql and x.down.sql where each way has a file
 *     V1.2__x.sql, U1.2__x.sql, R__x.sql          Flyway: forward, undo, repeatable (behind all versions)
 *     2026-01-31-120000_x/up.sql, …/down.sql      Diesel
 *     20260131120000_x/migration.sql              Prisma
 *     deploy/x.sql, revert/x.sql                  Sqitch
 */
#ifndef MIGRATE_MIGRATION_NAMING_H
#define MIGRATE_MIGRATION_NAMING_H

#include "base/arena.h"

struct naming {
    struct str folder;  /* that holds the migrations: not the one that Diesel, Prisma and Sqitch make within it */
    struct str version; /* empty: none */
    struct str stem;    /* the same of both halves of a pair: how files without a version are ordered */
    bool undo;          /* it undoes another one */
    bool repeatable;    /* it comes behind all that have a version */
};

/* Memory is the arena's, or the path's. */
void naming_of(struct str path, struct arena *a, struct naming *out);
/* Is this the name of a folder that Diesel or Prisma would make for one migration? */
bool naming_is_folder(struct str name);

#endif

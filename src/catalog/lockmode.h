/*
 * lockmode.h - PostgreSQL's table-level lock modes (manual, "Explicit Locking").
 */
#ifndef MIGRATE_CATALOG_LOCKMODE_H
#define MIGRATE_CATALOG_LOCKMODE_H

#include "base/str.h"

enum lock_mode { /* weakest first, numbered as in the server */
                 LOCK_NONE,
                 LOCK_ACCESS_SHARE,
                 LOCK_ROW_SHARE,
                 LOCK_ROW_EXCLUSIVE,
                 LOCK_SHARE_UPDATE_EXCLUSIVE,
                 LOCK_SHARE,
                 LOCK_SHARE_ROW_EXCLUSIVE,
                 LOCK_EXCLUSIVE,
                 LOCK_ACCESS_EXCLUSIVE,
};

enum lock_blocks { BLOCKS_NONE, BLOCKS_DDL, BLOCKS_WRITES, BLOCKS_READS };

const char *lock_mode_name(enum lock_mode mode);             /* "SHARE UPDATE EXCLUSIVE" */
const char *lock_mode_catalog_name(enum lock_mode m);        /* "ShareUpdateExclusiveLock", as in pg_locks */
bool lock_mode_parse(struct str name, enum lock_mode *mode); /* either spelling */
bool lock_conflicts(enum lock_mode a, enum lock_mode b);
/* Add the catalog names of all modes that it conflicts with, each between blanks: for a question to pg_locks. */
void lock_add_conflicting(enum lock_mode mode, struct strbuf *out);
/* What the lock keeps the application from: reads (and all else), writes, only other DDL, nothing. */
enum lock_blocks lock_blocks(enum lock_mode mode);
const char *lock_blocks_name(enum lock_blocks blocks); /* "reads", "writes", "ddl", "none" */

#endif

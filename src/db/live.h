/*
 * live.h - a server's catalog read into the model.
 */
#ifndef MIGRATE_DB_LIVE_H
#define MIGRATE_DB_LIVE_H

#include "catalog/model.h"
#include "db/session.h"

/*
 * Read all schemas but the system's into c (fresh from catalog_init()): relations with sizes and row estimates, columns, constraints,
 * indexes, types, functions, search path, time zone, version. One round trip and one snapshot; inside a transaction of the caller it
 * is part of that. Waits for no table: one that somebody holds or wants ACCESS EXCLUSIVE is read without its expressions
 * (predicates, CHECKs) and marked as not complete. rows and bytes are -1 where the server never analyzed; bytes of what VACUUM or
 * ANALYZE saw last. Fails with ST_SERVER, ST_GAVE_WAY (2 minutes), ST_INTERRUPTED; c is then as it was.
 */
NODISCARD enum status live_catalog(struct session *s, struct catalog *c, struct error *err);

#endif

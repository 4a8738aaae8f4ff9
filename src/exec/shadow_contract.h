/*
 * shadow_contract.h - the closing half of a shadow change: what takes the first column away.
 */
#ifndef MIGRATE_EXEC_SHADOW_CONTRACT_H
#define MIGRATE_EXEC_SHADOW_CONTRACT_H

#include "base/arena.h"
#include "exec/history_sql.h"

/*
 * The statements, each on a line, for the shadow changes that this version made and whose first columns are still there: their indexes
 * CONCURRENTLY, then triggers, functions and columns. ST_USAGE: there are none, or one is to stay longer (keep-old).
 */
NODISCARD enum status shadow_contract(struct session *s, const char *schema, const char *version, struct arena *a,
                                      struct str *out, struct error *err);

/* A first column of a shadow change of this version that is still there, "schema.table.column"; none: empty. */
NODISCARD enum status shadow_kept(struct session *s, const struct history_sql *sql, const char *version,
                                  struct arena *a, struct str *name, struct error *err);

#endif

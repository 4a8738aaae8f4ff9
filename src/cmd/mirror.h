/*
 * mirror.h - a run beside another tool whose table is kept as well (adopt --mirror).
 */
#ifndef MIGRATE_CMD_MIRROR_H
#define MIGRATE_CMD_MIRROR_H

#include "cmd/run.h"
#include "exec/foreign.h"

/*
 * Is a tool mirrored? Then take its lock until the session ends, and see what it did since: what it applied is recorded and taken out of *chosen.
 * ST_CONFLICT: it undid what is to be undone; ST_RUN_LOCKED: it is running.
 */
NODISCARD enum status mirror_begin(struct context *c, struct chosen_list *chosen, bool down, struct mirror *out,
                                   struct error *err);

/*
 * For what changes our history alone: the mirrored tool, its lock taken until the session ends, and its rows. out->tool NULL: none is. The history
 * need not be there yet.
 */
NODISCARD enum status mirror_open(struct context *c, struct mirror *out, struct foreign_row_list *rows,
                                  struct error *err);
/* Does that tool know the migration as applied? */
bool mirror_knows(const struct mirror *mirror, const struct foreign_row_list *rows, const struct migration *m);

#endif


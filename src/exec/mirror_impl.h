/*
 * mirror_impl.h - what the files that write other tools' histories share.
 */
#ifndef MIGRATE_EXEC_MIRROR_IMPL_H
#define MIGRATE_EXEC_MIRROR_IMPL_H

#include "exec/foreign.h"
#include "exec/pipe.h"

/* The tool's statement with the names in it: `@` its table, `#` our history's schema. */
const char *mirror_expand(const char *text, struct str relation, const char *identifier, struct arena *a);
/* mirror_add() for sqitch, whose history is five tables. */
void mirror_add_sqitch(const struct mirror *mirror, const struct migration *m, bool undone, struct pipe *p);

#endif

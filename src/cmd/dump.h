/*
 * dump.h - a schema with its history, as text: dump and rehearse.
 */
#ifndef MIGRATE_CMD_DUMP_H
#define MIGRATE_CMD_DUMP_H

#include "cmd/context.h"

/*
 * What migrate dump writes of the connected database, in c's arena; more: further arguments of pg_dump, NULL ends them. ST_CONFLICT: a
 * migration is half done.
 */
NODISCARD enum status dump_text(struct context *c, const char *const *more, struct str *text, struct error *err);

#endif

/*
 * verify.h - the rulebook's claims against a server: `rules verify`.
 */
#ifndef MIGRATE_CMD_VERIFY_H
#define MIGRATE_CMD_VERIFY_H

#include "cmd/context.h"
#include "cmd/verify_trace.h"

/*
 * Run each form's examples on the server (setup, then the statement) and compare the locks held, the tables rewritten
 * and read, the indexes built with what the rulebook says. One line per difference; ST_CHECK if there is any. Refuses a
 * database that holds relations: it drops what examples make.
 */
NODISCARD enum status verify(struct context *c, struct error *err);

#endif

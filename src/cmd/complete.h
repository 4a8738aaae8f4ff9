/*
 * complete.h - what may stand at the end of a command line that is being typed, from the tables of commands and options.
 */
#ifndef MIGRATE_CMD_COMPLETE_H
#define MIGRATE_CMD_COMPLETE_H

#include "cmd/context.h"

/*
 * The words behind `migrate`, the last being the one that is typed (perhaps empty). Appended are lines: what that word may become, a tab, what
 * it is; then perhaps ":files", ":folders" or ":programs", which shells find better themselves. What it may become is made of letters
 * and marks that mean nothing to a shell. No database is asked; what cannot be read is left out.
 */
void complete(struct context *c, const struct text_list *words, struct strbuf *out);

#endif

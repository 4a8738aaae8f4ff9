/*
 * command_man.h - a page of the manual for a command, made from its rows: migrate-up(1) and so on.
 */
#ifndef MIGRATE_CMD_COMMAND_MAN_H
#define MIGRATE_CMD_COMMAND_MAN_H

#include "cmd/options.h"

/* What a page says beyond the help of its command, in manual_prose.c. */
struct manual_prose {
    const char *command;
    const char *text; /* as in help, see man_paragraphs(); NULL: nothing */
    const char *see;  /* other pages: "migrate-plan 1, migrate-history 7", in the order of section and name */
};
/* The row of a command; NULL: it has none. */
const struct manual_prose *manual_prose(const char *command);

/* Append the page (mdoc). */
void command_man(const struct command *c, struct strbuf *out);

#endif

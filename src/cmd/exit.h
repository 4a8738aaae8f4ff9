/*
 * exit.h - how the program ends: the one table from status to exit code.
 */
#ifndef MIGRATE_CMD_EXIT_H
#define MIGRATE_CMD_EXIT_H

#include "base/error.h"

/* The exit code of a status; signal is for ST_INTERRUPTED. */
int exit_code(enum status status, int signal);
/* What an exit code means, for help. */
const char *exit_code_meaning(int code);

#endif

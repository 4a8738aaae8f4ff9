/*
 * rows.h - groups of option rows that several commands share.
 */
#ifndef MIGRATE_CMD_ROWS_H
#define MIGRATE_CMD_ROWS_H

#include "cmd/options.h"

struct option_rows {
    unsigned group; /* enum option_group */
    const char *title;
    const struct option *rows;
    size_t n;
};

/* Group i, in the order of help; NULL behind the last. */
const struct option_rows *option_group_rows(size_t i);

/* rows_aws.c */
enum { ROWS_LOGIN = 13, ROWS_SNAPSHOT = 11 };
extern const struct option rows_login[ROWS_LOGIN], rows_snapshot[ROWS_SNAPSHOT];

#endif

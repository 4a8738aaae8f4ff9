/*
 * lint_read.h - what stands beside a file and decides how it is sent.
 */
#ifndef MIGRATE_CMD_LINT_READ_H
#define MIGRATE_CMD_LINT_READ_H

#include "migration/migration.h"
#include "rules/runner.h"

/* A file beside it may say that the runner (NULL: none) opens no transaction. One that cannot be read says nothing. */
void lint_read_side(const struct runner *r, struct migration *m, struct arena *a);

#endif

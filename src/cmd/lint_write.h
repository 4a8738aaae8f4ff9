/*
 * lint_write.h - what `lint --fix` writes into files, and `--diff` on standard output.
 */
#ifndef MIGRATE_CMD_LINT_WRITE_H
#define MIGRATE_CMD_LINT_WRITE_H

#include "cmd/lint_fix.h"

/*
 * Do what --fix or --diff asks, with `how` as far as it is filled (who may be written is worked out here). Tells on standard error what was done
 * and what was left. ST_USAGE: standard input is to be fixed. ST_SYSTEM: a file could not be written; those before it are. Errors
 * of connecting for --applied-in and of git.
 */
NODISCARD enum status lint_write(struct context *c, const struct lint_folder_list *folders,
                                 struct lint_fix_options *how, struct error *err);

#endif

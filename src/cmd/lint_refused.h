/*
 * lint_refused.h - what is wrong with a folder of native migrations, so that `up` would refuse it, though each statement can be judged.
 */
#ifndef MIGRATE_CMD_LINT_REFUSED_H
#define MIGRATE_CMD_LINT_REFUSED_H

#include "cmd/lint_files.h"
#include "rules/judge.h"

VEC_DECLARE(path_texts, struct str);

/*
 * The refusals as findings, rule refused-by-up, one part for each file. unmarked: files that were read and have no markers. Memory is the
 * arena's. ST_SYSTEM when the folder cannot be read.
 */
NODISCARD enum status lint_refused(const struct lint_folder *folder, const struct path_texts *unmarked,
                                   const struct judge_options *options, struct arena *a, struct judged_part_list *out,
                                   struct error *err);

#endif

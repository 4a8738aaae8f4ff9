/*
 * lint_refused.h - what is wrong with a folder of migrations, so that `up` would refuse it, though each statement can be judged.
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
/*
 * The same of files that graphile-migrate signed: one that is not what its hash says, or does not stand behind the file that it was committed
 * behind. Of the folder's files those that are judged are told.
 */
NODISCARD enum status lint_refused_signed(const struct lint_folder *folder, const struct judge_options *options,
                                          struct arena *a, struct judged_part_list *out, struct error *err);

#endif

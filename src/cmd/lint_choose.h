/*
 * lint_choose.h - which of the files found are judged, and which only replayed: --since and --start-after.
 */
#ifndef MIGRATE_CMD_LINT_CHOOSE_H
#define MIGRATE_CMD_LINT_CHOOSE_H

#include "cmd/context.h"
#include "cmd/lint_files.h"

/* Files that were to be judged, and why they are not. */
struct lint_passed {
    uint64_t unchanged; /* --since */
    uint64_t before;    /* --start-after */
    uint64_t applied;   /* says the catalog; counted by who reads it */
};

/*
 * Take `judged` from the files that git says are unchanged and from those up to the version. Standard input is always as changed as can be.
 * Errors as git_changed() and context_start_after().
 */
NODISCARD enum status lint_choose(struct context *c, struct lint_folder_list *folders, struct lint_passed *passed,
                                  struct error *err);
/* One line for each reason, on standard error. */
void lint_passed_tell(const struct context *c, const struct lint_passed *passed);

#endif

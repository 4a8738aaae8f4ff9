/*
 * lint_fix.h - `lint --fix` and `--diff`: migrations written in their safe form, as far as that holds.
 *
 * Passes over a folder's files: judge all of them, write the drafts of their findings (rules/fix.h) into the texts in memory, judge again. A
 * fix stays when what it was for is gone and nothing else is found anew, anywhere in the folder; otherwise it is taken back and not
 * tried again. That goes on until no fix is left to try, so a second run finds nothing to do.
 */
#ifndef MIGRATE_CMD_LINT_FIX_H
#define MIGRATE_CMD_LINT_FIX_H

#include "cmd/context.h"
#include "cmd/lint_files.h"

/* What became of one finding. */
struct lint_fixed {
    struct str rule;
    unsigned line;
    bool divided;    /* with it the transaction that the file makes */
    struct str left; /* why it is as it was; empty: it was written */
};

struct lint_fix_file {
    const struct lint_file *file;
    struct str before, after; /* the same: nothing was written */
    VEC(struct lint_fixed) done;
};
VEC_DECLARE(lint_fix_list, struct lint_fix_file);

struct lint_fix_options {
    const struct layout *layout;
    const struct runner *runner;
    /* May this file be written? Empty: yes; else why not. NULL: all may. */
    struct str (*refuse)(void *data, const struct lint_file *f);
    void *data;
    /* Suppress findings that the project does not count; begin_walk is called before the files are judged once more. Both or none. */
    void (*begin_walk)(void *data);
    void (*forget)(void *data, const struct judged_part *part);
};

/*
 * Work out the safe form of the judged files of these folders; nothing is written. One entry for each judged file that could be read, in
 * order. Memory is the arena's. Errors: those of opening the catalog.
 */
NODISCARD enum status lint_fix(struct context *c, const struct lint_folder_list *folders,
                               const struct lint_fix_options *options, struct arena *a, struct lint_fix_list *out,
                               struct error *err);

#endif

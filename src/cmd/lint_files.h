/*
 * lint_files.h - which files `lint` reads: those named, those in named folders, and the earlier migrations they build
 * on.
 */
#ifndef MIGRATE_CMD_LINT_FILES_H
#define MIGRATE_CMD_LINT_FILES_H

#include "base/file.h"
#include "migration/migration.h"

struct lint_file {
    struct str path;    /* NUL-terminated; "-": standard input */
    struct str version; /* empty: none in the name */
    bool judged;        /* false: only replayed, for the schema it leaves */
};

VEC_DECLARE(lint_file_list, struct lint_file);

/*
 * The files of one folder, in the order in which they are applied: by version, those without one behind them by name.
 */
struct lint_folder {
    struct str path;
    struct lint_file_list files;
};

VEC_DECLARE(lint_folder_list, struct lint_folder);

/*
 * Find the files of these operands (files, folders searched at any depth for *.sql, "-"). A versioned file takes the
 * earlier ones of its folder with it, to be replayed. Errors: an operand that is not there, or no file at all
 * (ST_USAGE).
 */
NODISCARD enum status lint_files_find(const struct str *operands, size_t n, struct arena *a,
                                      struct lint_folder_list *out, struct error *err);

#endif

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
    struct str name;    /* what it is called in reports; the path, but for standard input */
    struct str version; /* empty: none in the name */
    struct str stem;    /* orders files without a version */
    bool undo;          /* by its name it undoes another one */
    bool repeatable;    /* comes behind all others */
    long rank;          /* in Sqitch's plan, from 1; 0: in none */
    bool judged;        /* false: only replayed, for the schema it leaves */
};

VEC_DECLARE(lint_file_list, struct lint_file);

/*
 * The files of one folder, in the order in which they are applied: by version, those without one behind them by name.
 */
struct lint_folder {
    struct str path;
    struct lint_file_list files;
    bool searched; /* all its files are here, not only some that were named */
};

VEC_DECLARE(lint_folder_list, struct lint_folder);

struct lint_files_options {
    const char *stdin_name; /* the file that standard input stands for; NULL: none, it is called "stdin" */
    bool allow_empty;       /* to find nothing is fine */
};

/*
 * Find the files of these operands (files, folders searched at any depth for *.sql, patterns as in glob.h, "-"). What exists is
 * no pattern. A versioned file takes the earlier ones of its folder with it, to be replayed. Errors (ST_USAGE, naming the
 * operand): it is not there, a pattern that matches nothing, no file at all, a stdin_name without "-".
 */
NODISCARD enum status lint_files_find(const struct str *operands, size_t n, const struct lint_files_options *options,
                                      struct arena *a, struct lint_folder_list *out, struct error *err);

#endif

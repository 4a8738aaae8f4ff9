/*
 * file.h - files and folders.
 */
#ifndef MIGRATE_BASE_FILE_H
#define MIGRATE_BASE_FILE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/vec.h"

/*
 * Read a whole file ("-" is standard input) into the arena. The text is NUL-terminated behind its end. Refuses what
 * is not a regular file or a pipe, and more than max_bytes. Errors: ST_USAGE for a file that is missing, a folder or too large
 * (the user named it), ST_SYSTEM for the rest.
 */
NODISCARD enum status file_read(const char *path, size_t max_bytes, struct arena *a, struct str *text,
                                struct error *err);

/* Write a file by way of a temporary one in the same folder, fsync and rename: readers see the old or the new, whole. */
NODISCARD enum status file_write_atomic(const char *path, struct str text, struct error *err);

/*
 * Write new text into a file that is there, in the same way: through symbolic links, and with the mode and as far as possible the owner that it
 * had. ST_CONFLICT, and nothing is done, when its text is no longer `before`.
 */
NODISCARD enum status file_rewrite(const char *path, struct str before, struct str after, struct error *err);

enum file_kind { FILE_MISSING, FILE_REGULAR, FILE_FOLDER, FILE_OTHER };
enum file_kind file_kind(const char *path); /* follows symbolic links */

struct file_entry {
    struct str name;     /* in the folder */
    enum file_kind kind; /* of what a symbolic link points to; FILE_MISSING: a dangling link */
    bool link;           /* it is a symbolic link */
};
VEC_DECLARE(file_list, struct file_entry);
/* The entries of a folder without "." and "..", sorted by the bytes of their names. */
NODISCARD enum status file_list(const char *folder, struct arena *a, struct file_list *list, struct error *err);

struct str path_join(struct arena *a, struct str folder, struct str name); /* NUL-terminated */
struct str path_base(struct str path);                                     /* the last part */
struct str path_folder(struct str path);                                   /* "." when there is none */

#endif

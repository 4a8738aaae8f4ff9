/*
 * glob.h - patterns of file names, for those who call without a shell that would expand them (CI files, quoted arguments).
 */
#ifndef MIGRATE_CMD_GLOB_H
#define MIGRATE_CMD_GLOB_H

#include "base/file.h"

VEC_DECLARE(path_list, struct str);

/* Has it a *, ? or [? */
bool glob_is_pattern(struct str text);
/*
 * Append the files and folders that match, sorted by the bytes of each part. "*", "?" and "[...]" match within one part of a path
 * and, at its beginning, no full stop; a part "**" is any number of folders, hidden ones and links apart, and at the end the
 * folder itself. No match is no error;
 * a folder that cannot be read is.
 */
NODISCARD enum status glob_find(struct str pattern, struct arena *a, struct path_list *out, struct error *err);

#endif

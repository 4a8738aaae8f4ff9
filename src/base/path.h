/*
 * path.h - where a path leads, and how to say it from another folder.
 */
#ifndef MIGRATE_BASE_PATH_H
#define MIGRATE_BASE_PATH_H

#include "base/arena.h"

/*
 * The path from the root, without links in its folder; its last part stays as it is, also when that is a link. A folder that is not
 * there is taken as written. NUL-terminated.
 */
struct str path_absolute(struct arena *a, struct str path);
/* `path` as seen from `folder`: both as path_absolute() gives them. "." when they are the same. NUL-terminated. */
struct str path_from(struct arena *a, struct str folder, struct str path);

#endif

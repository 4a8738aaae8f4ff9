/*
 * git.h - which files of a working tree are not as a revision has them. git is run as a child process, by argv, with no pager, hook,
 * external diff or lock.
 */
#ifndef MIGRATE_CMD_GIT_H
#define MIGRATE_CMD_GIT_H

#include "base/error.h"
#include "base/map.h"
#include "base/vec.h"

struct git_repository {
    struct str root;    /* of its working tree, as path_absolute() gives it */
    struct map changed; /* paths from the file system's root */
    struct map added;   /* those of them that the revision does not have */
};

struct git_since {
    const char *revision;
    const char *const *environment; /* for git: "NAME=value", ends with NULL */
    struct arena *a;
    VEC(struct git_repository) repositories; /* asked so far */
};

void git_since_init(struct git_since *g, const char *revision, const char *const *environment, struct arena *a);
/*
 * Was the *.sql file added or changed in the working tree (committed, staged or neither, untracked and ignored included) since this line of
 * history left that of the revision? A renamed file counts as added. Asks git once per repository. ST_USAGE: the file is in no working
 * tree, the revision is not there, nothing joins it and HEAD (a shallow clone), there is no git; with git's words as the detail.
 */
NODISCARD enum status git_changed(struct git_since *g, struct str file, bool *changed, struct error *err);
/* The same question for a file that the revision does not have at all. Errors as git_changed(). */
NODISCARD enum status git_added(struct git_since *g, struct str file, bool *added, struct error *err);

#endif

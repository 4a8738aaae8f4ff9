/*
 * guardian.h - the process that runs a throw-away server and outlives us just long enough to remove it.
 */
#ifndef MIGRATE_DB_GUARDIAN_H
#define MIGRATE_DB_GUARDIAN_H

#include "base/error.h"
#include "base/process.h"

struct guardian {
    int pid;
    int life;   /* our end: when it closes, however that comes about, the guardian cleans up and ends */
    int server; /* at its end, thus readable, once the server has ended */
};

/* What it runs, one after the other; each argv[0] is a path. Their output is appended to the file log. */
struct guarded {
    const char *const *prepare; /* has to succeed first: initdb */
    const char *const *serve;
    const char *log;
    const char *folder;              /* removed at the end with all that is in it */
    const struct process_user *user; /* whose folder it is and who runs them; NULL: as we are */
};

/* Fork the guardian, which does all that. ST_SYSTEM when there is no process or pipe to be had. */
NODISCARD enum status guardian_start(const struct guarded *what, struct guardian *g, struct error *err);
void guardian_end(struct guardian *g); /* clean up now and wait for it */
void remove_tree(const char *folder);  /* with all that is in it, following no link; what cannot be removed stays */

#endif

/*
 * process.h - run another program without a shell and read what it says.
 */
#ifndef MIGRATE_BASE_PROCESS_H
#define MIGRATE_BASE_PROCESS_H

#include "base/error.h"

/* Which user a child becomes. Only root can change it. */
struct process_user {
    const char *name; /* for initgroups() */
    unsigned uid, gid;
};

struct process {
    const char *const *argv;         /* argv[0] is looked up in PATH when it has no slash; ends with NULL */
    const char *const *env;          /* "NAME=value", ends with NULL; NULL: ours */
    const char *folder;              /* working directory; NULL: ours */
    struct str input;                /* its standard input; empty: at its end from the start */
    size_t max_output;               /* bytes kept of each stream; what is more is read and dropped. 0: 64 kB */
    int64_t timeout_ms;              /* 0: none */
    const struct process_user *user; /* NULL: stays as we are */
    bool
        after_signal; /* a signal has come and is being acted on: it does not stop this program (the next ends us at once) */
};

struct process_result {
    int exit_code;          /* 128 + signal when it was killed */
    struct strbuf out, err; /* .overflow: it said more */
};

/*
 * Run it and wait. ST_OK when it ran to its end, whatever its exit code: look at result->exit_code. ST_USAGE when there is no such program,
 * ST_GAVE_WAY when timeout_ms passed, ST_INTERRUPTED when a signal came (in both cases it and its children were killed),
 * ST_SYSTEM for the rest. result is to be freed in every case.
 */
NODISCARD enum status process_run(const struct process *p, struct process_result *result, struct error *err);
void process_result_free(struct process_result *result);

/* Find an unprivileged user by the first of these names that exists (NULL ends them); *out.name points into names. */
bool process_find_user(const char *const *names, struct process_user *out);

/*
 * For one's own fork(): in the child, become that user for good, with its groups and no way back. False: not possible (errno).
 */
NODISCARD bool process_become(const struct process_user *user);
/* In the child: default signal handling, nothing blocked, no descriptor open but 0, 1, 2 and those in keep (ends with -1). */
void process_clean_child(const int *keep);

#endif

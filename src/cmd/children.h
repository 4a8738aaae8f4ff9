/*
 * children.h - one command for many targets, each in a process of its own: who goes when, what they said, how it ended.
 *
 * The first may go alone, the canary: only when it is done the others follow, several at a time, until too many have failed.
 */
#ifndef MIGRATE_CMD_CHILDREN_H
#define MIGRATE_CMD_CHILDREN_H

#include "cmd/context.h"

enum child_state { CHILD_WAITING, CHILD_RUNNING, CHILD_DONE, CHILD_FAILED, CHILD_NOT_STARTED };

struct child {
    const char *name; /* of its target */
    void *arg;        /* the caller's */
    enum child_state state;
    int exit_code;
    int64_t begun_ms, ms;
    pid_t pid;
    int out,
        said; /* files without a name: what it writes to standard output and error; the same one unless they are told apart */
    struct str answer; /* apart: its standard output */
};
VEC_DECLARE(child_list, struct child);

struct children {
    struct context *c;
    struct child_list list;
    size_t jobs;   /* at a time */
    size_t enough; /* no other begins when so many have failed; 0: however many */
    bool canary;
    bool apart; /* keep standard output for the caller; else it is shown with the rest */
    /*
     * The child's work, behind fork(): signals are as in a new program, standard input is empty, no descriptor but 0 to 2 is open. It does not
     * come back.
     */
    void (*work)(struct children *k, const struct child *one);
    size_t running, failed;
    bool stopped; /* a signal came, and was passed on */
};

/*
 * Run them all and wait. What a child said is shown with its target's name before each line when it ends. An error is one of ours, such as a
 * process that cannot be made; the children's own failures are in the list.
 */
NODISCARD enum status children_run(struct children *k, struct error *err);
/* One line for each, or one JSON document, with the answers where they were kept apart. */
void children_tell(const struct children *k);
/* ST_OK, ST_INTERRUPTED, or what all that failed have in common (ST_SERVER: nothing). what: "target". */
NODISCARD enum status children_end(const struct children *k, const char *what, struct error *err);

#endif

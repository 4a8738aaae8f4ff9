/*
 * pipe.h - statements collected for one round trip.
 *
 * Knows which of them are the migration's own, so that a failure can be told at its line of the file.
 */
#ifndef MIGRATE_EXEC_PIPE_H
#define MIGRATE_EXEC_PIPE_H

#include "base/arena.h"
#include "db/session.h"
#include "plan/plan.h"

/* A message is sent when it has so many statements or bytes: the answers of one message are held in memory together. */
enum { PIPE_MAX_ITEMS = 256, PIPE_MAX_BYTES = 1 << 20 };

struct pipe {
    struct arena *arena; /* of texts and parameters; the caller's, until pipe_run() is back */
    VEC(struct pipelined) items;
    VEC(const struct planned_statement *) own; /* parallel; NULL: ours */
    size_t bytes;
    const struct planned_statement *failed; /* the migration's statement that failed, or NULL */
    size_t failed_at; /* its place, or that of one of ours, in the message; SIZE_MAX: none failed */
    int64_t rows;     /* changed by the migration's statements so far */
};

void pipe_begin(struct pipe *p, struct arena *a);
void pipe_add(struct pipe *p, const char *sql);
void pipe_add_params(struct pipe *p, const char *sql, const struct param *params,
                     size_t n); /* copies the list, not the texts */
void pipe_add_statement(struct pipe *p, const struct planned_statement *st);
bool pipe_full(const struct pipe *p);
/*
 * Send what is collected, wait for the answers, and be empty again. *last (may be NULL) gets the rows of the last statement. Errors: the
 * statement's, p->failed says whose.
 */
NODISCARD enum status pipe_run(struct pipe *p, struct session *s, int64_t deadline_ms, struct rows **last,
                               struct error *err);

#endif

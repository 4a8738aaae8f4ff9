/*
 * pulse.h - does the server still work on what our session waits for?
 *
 * tcp_user_timeout and keepalives find a dead network. They do not find a peer that is gone while something in between, or a kernel whose
 * process is frozen, goes on acknowledging packets: the statement then seems to run for ever, and one without a time limit (CONCURRENTLY,
 * VALIDATE, a whole UPDATE) would be waited for as long. So a second connection asks what our backend does whenever ours has been silent for a while:
 *
 *     it works                      wait on
 *     it waits for us, or is gone   its answer, or our question, was lost: so is the connection
 *     nobody answers there either   after answer_timeout_ms the connection is lost, too
 *
 * A lost connection goes the usual way (reconnect.c): history says what became of the step.
 */
#ifndef MIGRATE_EXEC_PULSE_H
#define MIGRATE_EXEC_PULSE_H

#include "db/loop.h"

struct run;

struct pulse {
    struct run *r;
    int timer;
    int64_t every_ms;
    int64_t unheard_ms; /* since when looks have brought no answer; 0: the last one did */
    int64_t idle_ms;    /* since when the backend has been seen waiting for us; 0: it was not */
};

/* Begin to feel it, for r's executing session, until pulse_end(); nothing without a target to connect to. */
void pulse_begin(struct pulse *p, struct run *r);
void pulse_end(struct pulse *p);

#endif

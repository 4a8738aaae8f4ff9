/*
 * learn.h - how long earlier migrations of a database took, for the estimates of later ones.
 */
#ifndef MIGRATE_CMD_LEARN_H
#define MIGRATE_CMD_LEARN_H

#include "cmd/context.h"

/*
 * Read from the history of the connected server what its steps took, and add what can be learned to *out: of a backfill by the rows
 * that it changed; of a migration that is one step with one statement by the size that its table has now in `catalog`: it
 * counts for the kind of most of its work. Only steps of more than a second that needed one attempt, and the last 500 of them. Time spent
 * waiting for locks is taken off. What cannot be read teaches nothing and is no error.
 */
void learn_measured(struct context *c, struct catalog *catalog, struct measured *out);

#endif

/*
 * listen.h - who hears the events of a run: the user, and the journal.
 */
#ifndef MIGRATE_CMD_LISTEN_H
#define MIGRATE_CMD_LISTEN_H

#include "cmd/context.h"
#include "exec/journal.h"
#include "report/progress.h"

struct listeners {
    struct context *c;
    struct progress progress;
    struct journal *journal; /* NULL: none is kept */
};

/* Open the journal (saying so once when that fails) and prepare what is told. */
void listen_begin(struct listeners *l, struct context *c, bool down);
/* The sink's function; arg is the struct listeners. */
void listen_emit(void *arg, const struct event *e);
/* The run is over; err is looked at when status is not ST_OK. */
void listen_end(struct listeners *l, enum status status, const struct error *err);

/* The journal's file as options, migrate.yaml and the environment say; "": none. */
const char *journal_path(struct context *c);

#endif

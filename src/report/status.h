/*
 * status.h - every migration with its state, for people.
 */
#ifndef MIGRATE_REPORT_STATUS_H
#define MIGRATE_REPORT_STATUS_H

#include "base/vec.h"

struct backfill_row_list;

enum migration_state {
    STATE_APPLIED,
    STATE_PENDING,
    STATE_PARTIAL,      /* begun: steps_done of n_steps */
    STATE_CHANGED,      /* applied, and its file was edited since */
    STATE_MISSING,      /* applied, and its file is gone */
    STATE_OUT_OF_ORDER, /* pending, though a later version is applied */
};
const char *migration_state_name(enum migration_state s); /* "out-of-order" */

struct status_row {
    struct str version, name, file; /* file empty: gone */
    enum migration_state state;
    bool going_down; /* PARTIAL: of its down part */
    bool changed;    /* the file differs from what was applied (also when PARTIAL) */
    unsigned steps_done, n_steps;
    struct str applied_at; /* empty: not applied */
};

VEC_DECLARE(status_list, struct status_row);

/* A table, one migration a line with its backfills behind it, and a last line that counts. */
void status_text(struct strbuf *out, const struct status_list *rows, const struct backfill_row_list *backfills,
                 bool colour, bool quiet);

#endif

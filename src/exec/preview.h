/*
 * preview.h - what a backfill would be, asked of the server before anything runs: for `plan`.
 */
#ifndef MIGRATE_EXEC_PREVIEW_H
#define MIGRATE_EXEC_PREVIEW_H

#include "db/session.h"
#include "plan/plan.h"

struct preview_options {
    int64_t backfill_rows; /* see batch_size_whole() */
    bool gentle;           /* the pace */
    bool explain;          /* with the plan of one batch as the server prints it */
};

/*
 * Fill step->batch->preview; memory from the arena. What the server cannot say yet (the table or a column is made by an earlier step) is left unknown; what it
 * would refuse when the backfill begins is told in preview->refused. Errors: only of the connection.
 */
NODISCARD enum status backfill_preview(struct session *s, struct step *step, const struct preview_options *o,
                                       struct arena *a, struct error *err);

/* The same for a change by a shadow column: spec->phases and spec->refused. */
NODISCARD enum status shadow_preview(struct session *s, struct shadow_spec *spec, struct arena *a, struct error *err);

#endif

/*
 * shadow.h - a column's type changed by a second column.
 *
 *     shadow.c       its course: the phases one after the other, each recorded as done with what it did
 *     shadow_make.c  what the phases are, from the catalog
 *     shadow_sql.c   the question that makes them
 *
 * Phases: expand (one short transaction: the column, and triggers that keep it) -> backfill -> indexes CONCURRENTLY, constraints NOT VALID and
 * VALIDATE -> compare both columns over all keys -> swap (one short transaction, with the step's own row of history). They are made once, from the
 * catalog as it was, and kept in the history's table shadows: a run that takes the step up again goes by those.
 */
#ifndef MIGRATE_EXEC_SHADOW_H
#define MIGRATE_EXEC_SHADOW_H

#include "exec/run.h"

enum shadow_kind { SHADOW_TX, SHADOW_ALONE, SHADOW_INDEX, SHADOW_BACKFILL, SHADOW_COMPARE, SHADOW_SWAP };

struct shadow_phase {
    enum shadow_kind kind;
    struct str title; /* for people */
    struct str_list
        statements; /* BACKFILL: the UPDATE; COMPARE: the condition that no row may meet; INDEX: DROP, CREATE */
    bool done;
};
VEC_DECLARE(shadow_phase_list, struct shadow_phase);

/*
 * Make the phases from the server's catalog. Errors: ST_USAGE without place: what cannot be done so, by name; ST_SERVER.
 */
NODISCARD enum status shadow_make(struct session *s, const struct shadow_spec *spec, struct arena *a,
                                  struct shadow_phase_list *out, struct error *err);
const char *shadow_kind_name(enum shadow_kind kind);
/* shadow_sql.c: the column's facts; what stands in the way; the phases. Each in pieces (C99 wants strings short), NULL behind the last. */
extern const char *const shadow_column_sql[], *const shadow_obstacles_sql[], *const shadow_phases_sql[];

#endif

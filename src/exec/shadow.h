/*
 * shadow.h - a column's type changed by a second column: what its files share.
 *
 *     shadow.c       its course: the phases one after the other, each recorded as done with what it did
 *     shadow_make.c  what the phases are, from the catalog
 *     shadow_sql.h   the questions that make them
 *     shadow_compare.c  both columns over all keys
 *     shadow_undo.c  a change that was not swapped yet taken back
 *
 * Phases: expand (one short transaction: the column, and triggers that keep it) -> backfill -> indexes CONCURRENTLY, constraints NOT VALID and
 * VALIDATE -> compare both columns over all keys -> swap (one short transaction, with the step's own row of history). They are made from the
 * catalog as it was, and kept in the history's table shadows: a run that takes the step up again goes by those. What came to hang on the column
 * meanwhile (a view, an index, a partition) is found before the swap, which then waits for phases of its own.
 *
 * Down, what the way up kept is swapped back: compare -> CHECK that both agree, NOT VALID and VALIDATE -> swap. Where nothing kept it, the type is
 * changed as on the way up.
 */
#ifndef MIGRATE_EXEC_SHADOW_H
#define MIGRATE_EXEC_SHADOW_H

#include "exec/run.h"

enum shadow_kind { SHADOW_TX, SHADOW_ALONE, SHADOW_INDEX, SHADOW_BACKFILL, SHADOW_COMPARE, SHADOW_SWAP };

struct shadow_phase {
    enum shadow_kind kind;
    struct str title; /* for people */
    struct str_list
        statements; /* BACKFILL: the UPDATE; COMPARE: the condition that no row may meet, and an UPDATE of its column; INDEX: DROP, CREATE */
    bool done;
};
VEC_DECLARE(shadow_phase_list, struct shadow_phase);

/* One under way. */
struct shadow {
    struct run *r;
    struct item *it;
    const struct step *step;
    struct shadow_phase_list phases;
    const char *ordinal;
    struct arena *a;
    int64_t rows;
    unsigned replanned; /* how often, in this run */
    bool taken_back;    /* in this run: nothing of it is left */
};

/* ---- shadow_make.c ---- */
/*
 * Make the phases from the server's catalog; begun: those that are left of a change whose second column is filled, the swap last. Errors: ST_USAGE
 * without place: what cannot be done so, by name; ST_SERVER.
 */
NODISCARD enum status shadow_make(struct session *s, const struct shadow_spec *spec, bool begun, struct arena *a,
                                  struct shadow_phase_list *out, struct error *err);
/* The statements of one short transaction that takes away what was made before the swap. Errors as above. */
NODISCARD enum status shadow_unmake(struct session *s, const struct shadow_spec *spec, struct arena *a,
                                    struct str_list *out, struct error *err);
const char *shadow_kind_name(enum shadow_kind kind);
/* Do these phases swap back what was kept? */
bool shadow_goes_back(const struct shadow_phase_list *phases);

/* ---- shadow_compare.c ---- */
/* Our own UPDATE, read as the planner reads a file's. */
NODISCARD enum status shadow_read_update(struct shadow *s, struct str sql, struct batch_spec *out, struct error *err);
/*
 * Phase i: walk all keys of the table and its partitions. Errors when rows differ: ST_PARTIAL, and on the way back, where that means that there is
 * none, ST_USAGE.
 */
NODISCARD enum status shadow_compare(struct shadow *s, size_t i, struct error *err);

/* ---- shadow_undo.c ---- */
/* Take it away, under the ladder of lock timeouts, and the step's rows of history with it: the table is as it was before. */
NODISCARD enum status shadow_take_back(struct shadow *s, struct error *err);
/* version, direction, ordinal as parameters. */
void shadow_add_identity(const struct shadow *s, struct param *params, size_t *n);

#endif

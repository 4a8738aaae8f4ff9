/*
 * run.h - from chosen migrations to plans, through the gate, to the executor: shared by up, plan, down, redo and goto.
 */
#ifndef MIGRATE_CMD_RUN_H
#define MIGRATE_CMD_RUN_H

#include "cmd/state.h"

struct chosen {
    const struct migration *migration;
    unsigned first_step; /* steps before it were done by an earlier run */
    unsigned statements; /* that those steps have: the plan may cut the file otherwise now */
    bool edited;         /* the file is not as it was then */
    bool undo;           /* the shadow change that it is in the middle of is to be taken back */
};

VEC_DECLARE(chosen_list, struct chosen);

/*
 * Judge these migrations on top of the server's catalog, plan them, and, unless it is a dry run, run them in this
 * order. Going up, findings at or above --gate stop everything before the first step (ST_CHECK). Prints the plan (dry
 * run) or the last line of the run on standard output, progress and findings on standard error.
 */
NODISCARD enum status run_chosen(struct context *c, const struct chosen_list *chosen, bool down, struct error *err);

/*
 * The migration that is in the middle of a shadow change, for run_chosen(…, false, …) to take that back; none: an empty list. Its file must be there.
 */
NODISCARD enum status choose_undo(struct state *s, struct arena *a, struct chosen_list *out, struct error *err);

/* Pending migrations in order, at most `limit` of them, up to version `to` (empty: all). */
void choose_up(const struct state *s, size_t limit, struct str to, struct arena *a, struct chosen_list *out);

/*
 * Applied ones, the last applied first: at most `limit`, and only those applied after version `to` (empty: all). The
 * recorded text stands in for a file that is gone. ST_CONFLICT: one is part-way up; ST_USAGE: one has no down part.
 */
NODISCARD enum status choose_down(struct context *c, struct state *s, size_t limit, struct str to,
                                  struct chosen_list *out, struct error *err);

/* The number that an operand says (SIZE_MAX when there is none, which is `absent`). */
NODISCARD enum status operand_count(const struct context *c, size_t absent, size_t *count, struct error *err);

#endif

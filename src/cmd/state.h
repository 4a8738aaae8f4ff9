/*
 * state.h - files and history side by side: what every command that runs or tells needs first.
 */
#ifndef MIGRATE_CMD_STATE_H
#define MIGRATE_CMD_STATE_H

#include "cmd/context.h"
#include "report/status.h"

struct state {
    struct migration_list migrations; /* files, by version */
    struct history history;
    struct status_list rows; /* both, by version */
};

/* Read the files, connect, read the history, compare. Memory is the context's. */
NODISCARD enum status state_read(struct context *c, bool with_texts, struct state *out, struct error *err);

/* Lay files and history side by side (what state_read() does last). */
void state_compare(struct state *s, struct arena *a);

/*
 * May migrations go up? ST_CONFLICT lists the edited, missing (below the newest file; later ones are from a newer
 * checkout), half undone and, unless allowed, out-of-order ones.
 */
NODISCARD enum status state_check_up(const struct state *s, bool allow_out_of_order, struct error *err);

/* The version an operand or --to names, as a file's or history's version; ST_USAGE when neither knows it. */
NODISCARD enum status state_version(const struct state *s, const char *word, struct str *version, struct error *err);

#endif

/*
 * rulebook_check.h - a rulebook's own examples, run: `rules test`.
 */
#ifndef MIGRATE_CMD_RULEBOOK_CHECK_H
#define MIGRATE_CMD_RULEBOOK_CHECK_H

#include "cmd/context.h"

/*
 * Does every hazard find its failing examples and spare its passing ones, is every form's example of that form? One
 * line per breach; ST_CHECK if any.
 */
NODISCARD enum status rulebook_check(struct context *c, struct error *err);

/* Judge an example as a migration of its own, its setup replayed before as an earlier file. Memory from the arena. */
NODISCARD enum status example_judge(struct context *c, const struct example *e, int server_version, struct arena *a,
                                    struct judged_part *part, struct error *err);

#endif

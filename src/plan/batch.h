/*
 * batch.h - from a plain UPDATE, DELETE or INSERT … SELECT to a statement that takes a key range.
 */
#ifndef MIGRATE_PLAN_BATCH_H
#define MIGRATE_PLAN_BATCH_H

#include "plan/plan.h"

/*
 * Read the statement of st into *out; directive is what stands before it, or NULL. Accepted:
 *
 *     [WITH reading …] UPDATE [ONLY] table [[AS] alias] SET … [FROM …] [WHERE …]
 *     [WITH reading …] DELETE FROM [ONLY] table [[AS] alias] [USING …] [WHERE …]
 *     INSERT INTO other [(columns)] SELECT … FROM [ONLY] table [[AS] alias] … [WHERE …] [ON CONFLICT …]
 *
 * Everything whose meaning batches would change, or that cannot be read, is refused with the reason and what to write instead
 * (ST_USAGE with the place). What only the server knows (key, triggers, rules, volatile functions of its own) is asked when the
 * backfill begins.
 */
NODISCARD enum status batch_spec_of(const struct judged_statement *st, struct str text, const char *file,
                                    const struct directive *directive, struct arena *a, struct batch_spec *out,
                                    struct error *err);

#endif

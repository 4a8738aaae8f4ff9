/*
 * shadow.h - ALTER TABLE … ALTER COLUMN … TYPE read for a change by a shadow column.
 */
#ifndef MIGRATE_PLAN_SHADOW_H
#define MIGRATE_PLAN_SHADOW_H

#include "plan/plan.h"

/*
 * Read the statement of st into *out: ALTER TABLE table ALTER [COLUMN] column [SET DATA] TYPE type [COLLATE …] [USING expression], one action.
 * Anything else is refused with the reason (ST_USAGE with the place). version and down are the caller's to fill.
 */
NODISCARD enum status shadow_spec_of(const struct judged_statement *st, struct str text, const char *file,
                                     struct arena *a, struct shadow_spec *out, struct error *err);

#endif

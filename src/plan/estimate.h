/*
 * estimate.h - how long a step may take, from the sizes that the catalog knows.
 */
#ifndef MIGRATE_PLAN_ESTIMATE_H
#define MIGRATE_PLAN_ESTIMATE_H

#include "plan/plan.h"

/*
 * Milliseconds, once the locks are had; 0 for a change of the catalog alone, -1 when a size that matters is unknown. An
 * order of magnitude, by the model of rules/estimate.h and what earlier runs took (may be NULL).
 */
int64_t estimate_step(const struct step *step, const struct measured *measured);

#endif

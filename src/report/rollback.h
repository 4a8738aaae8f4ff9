/*
 * rollback.h - the way back of a plan, for people and as JSON.
 */
#ifndef MIGRATE_REPORT_ROLLBACK_H
#define MIGRATE_REPORT_ROLLBACK_H

#include <jansson.h>

#include "plan/rollback.h"

/* What `down` would run for a migration, or that nothing undoes it; and the data that neither way brings back. */
void rollback_text(struct strbuf *out, const struct rollback *r, bool colour);
/* How far back down leads for all n together, and what is left to a backup. snapshot: the run takes one. */
void rollback_summary(struct strbuf *out, const struct rollback *all, size_t n, bool snapshot, bool colour);
/* {"by":"down|none|refused|repeatable", …} */
json_t *rollback_json(const struct rollback *r);

#endif

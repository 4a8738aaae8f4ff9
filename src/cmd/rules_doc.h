/*
 * rules_doc.h - `migrate rules doc`.
 */
#ifndef MIGRATE_CMD_RULES_DOC_H
#define MIGRATE_CMD_RULES_DOC_H

#include "cmd/context.h"

/* Print the rulebook as --format says: Markdown or a page of the manual. */
NODISCARD enum status rules_doc(struct context *c, struct error *err);

#endif

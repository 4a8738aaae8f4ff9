/*
 * backfill.h - the list of backfills, for people and as JSON.
 */
#ifndef MIGRATE_REPORT_BACKFILL_H
#define MIGRATE_REPORT_BACKFILL_H

#include <jansson.h>

#include "exec/backfill_control.h"

/* "running", "paused", "waiting", "stopped", "done". */
const char *backfill_state(const struct backfill_row *b);
void backfill_list_text(struct strbuf *out, const struct backfill_row_list *list, bool colour);
json_t *backfill_list_json(const struct backfill_row_list *list);

#endif

/*
 * backfill.h - the list of backfills, for people and as JSON.
 */
#ifndef MIGRATE_REPORT_BACKFILL_H
#define MIGRATE_REPORT_BACKFILL_H

#include <jansson.h>

#include "exec/backfill_control.h"

/* "running", "paused", "waiting", "stopped", "done". */
const char *backfill_state(const struct backfill_row *b);
/* Colour by whether it runs; "step 1: public.t by id" and a newline; then how far, how fast, what it waits for, a line each. */
void backfill_state_text(struct strbuf *out, const struct backfill_row *b, bool colour);
void backfill_where_text(struct strbuf *out, const struct backfill_row *b);
void backfill_text(struct strbuf *out, const struct backfill_row *b);
json_t *backfill_json(const struct backfill_row *b);
void backfill_list_text(struct strbuf *out, const struct backfill_row_list *list, bool colour);
json_t *backfill_list_json(const struct backfill_row_list *list);

#endif

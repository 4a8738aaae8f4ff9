/*
 * json.h - the documents of --json, as migrate-json(7) describes them. Schema 1.
 */
#ifndef MIGRATE_REPORT_JSON_H
#define MIGRATE_REPORT_JSON_H

#include <jansson.h>

#include "plan/analyze.h"
#include "plan/rollback.h"
#include "report/status.h"

struct run_view;
struct journal_run_list;

/* New references. Memory running out ends the process. */
json_t *json_new_object(void);
json_t *json_new_array(void);
json_t *json_text(struct str s); /* bytes that are not UTF-8 as U+FFFD */
json_t *json_text_c(const char *s);
json_t *json_text_cut(struct str s, size_t max); /* at most max bytes, cut at a character */
json_t *json_finding(const struct finding *f);
json_t *json_locks(const struct relation_lock_list *locks);
json_t *json_explain(const struct judged_part *part, int server_version);
/* done, back: as for plan_text(). */
json_t *json_plan(const struct migration_plan *plans, const unsigned *done, const struct rollback *back, size_t n,
                  enum analyze_mode mode);
json_t *json_status(const struct status_list *rows, const struct backfill_row_list *backfills);
/* The newest `limit` runs of the journal; one with its steps and events. */
json_t *json_runs(const struct journal_run_list *runs, size_t limit);
json_t *json_run(const struct run_view *v);

/* Set a key; append an element. The value's reference is taken. */
void json_put(json_t *object, const char *key, json_t *value);
void json_push(json_t *array, json_t *value);

/* Append the value, without blanks, and drop the reference. */
void json_add(struct strbuf *out, json_t *value);
/* Write the document and a newline, and drop the reference. */
void json_write(json_t *document, FILE *stream);

#endif

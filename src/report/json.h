/*
 * json.h - the documents of --json, as migrate-json(7) describes them. Schema 1.
 */
#ifndef MIGRATE_REPORT_JSON_H
#define MIGRATE_REPORT_JSON_H

#include <jansson.h>

#include "plan/plan.h"
#include "report/status.h"

/* New references. Memory running out ends the process. */
json_t *json_text(struct str s); /* bytes that are not UTF-8 as U+FFFD */
json_t *json_finding(const struct finding *f);
json_t *json_locks(const struct relation_lock_list *locks);
json_t *json_explain(const struct judged_part *part, int server_version);
/* done: as for plan_text(). */
json_t *json_plan(const struct migration_plan *plans, const unsigned *done, size_t n);
json_t *json_status(const struct status_list *rows);

/* Write the document and a newline, and drop the reference. */
void json_write(json_t *document, FILE *stream);

#endif

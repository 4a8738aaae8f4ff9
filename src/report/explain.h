/*
 * explain.h - what statements do, for people.
 */
#ifndef MIGRATE_REPORT_EXPLAIN_H
#define MIGRATE_REPORT_EXPLAIN_H

#include "rules/judge.h"

/* Each statement with its form, locks and what they block, rewrite, scan, index builds; then its findings. */
void explain_text(struct strbuf *out, const struct judged_part *part, int server_version, bool colour);
/* One statement, and its findings not. */
void explain_statement(struct strbuf *out, const struct judged_statement *st, int server_version, bool colour);
/* "ACCESS EXCLUSIVE on app.orders (41 GB, 212 M rows): reads and writes wait" */
void lock_text(struct strbuf *out, const struct relation_lock *lock);

#endif

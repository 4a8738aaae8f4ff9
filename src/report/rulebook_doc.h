/*
 * rulebook_doc.h - the rulebook as a manual: man/migrate-rules.5 and docs/rules.md are made from it.
 *
 * What is written depends on the rulebook alone, so that both files can be held against it.
 */
#ifndef MIGRATE_REPORT_RULEBOOK_DOC_H
#define MIGRATE_REPORT_RULEBOOK_DOC_H

#include "base/arena.h"
#include "rules/rulebook.h"

/* Append all of it as Markdown: every hazard with its examples, every form with its effects by version. */
void rulebook_markdown(const struct rulebook *book, struct strbuf *out);
/* Append it as a page of the manual (mdoc): notation, predicates, selectors, every hazard in short. */
void rulebook_man(const struct rulebook *book, struct strbuf *out);

/* The opening of that page, up to the predicates: lines of mdoc, NULL behind the last. */
extern const char *const rulebook_man_opening[];

/* Append the forms as Markdown tables: locks and work, with the server versions that have them. */
void rulebook_forms_markdown(const struct rulebook *book, struct strbuf *out);

/* Append prose with Markdown's own characters escaped; {place} as emphasis where the text is a template. */
void add_markdown_prose(struct strbuf *out, struct str text, bool template);
/* Append "name($table[, $name])": how a predicate or selector is called; arguments as in struct predicate. */
void add_rule_call(struct strbuf *out, const char *name, const char *arguments);

#endif

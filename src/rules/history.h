/*
 * history.h - what only the end of all files settles: kept from one part to the next, and asked when nothing follows.
 *
 * A part's memory is given back before the next one, so what is kept is copied: the statement with its file's text, and
 * the finding that it would be.
 */
#ifndef MIGRATE_RULES_HISTORY_H
#define MIGRATE_RULES_HISTORY_H

#include "rules/finding.h"

struct history;

struct history *history_new(void);
void history_free(struct history *h);

/* The findings that the entries of ASK_END_OF_HISTORY would be, to *later in their order, taken as if they applied. */
void history_findings(struct finding_context *c, struct finding_list *later);
/*
 * Keep those entries with their findings. There is a limit to what is kept, so that memory does not grow with the history: behind it an entry is
 * asked here and now, and what applies goes to c->out.
 */
void history_keep(struct history *h, struct finding_context *c, const struct finding_list *later,
                  struct arena *scratch);
/* See judge_finish(). Nothing is kept any more. */
void history_finish(struct history *h, struct arena *a, struct judged_part_list *out);

#endif

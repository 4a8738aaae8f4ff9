/*
 * finding.h - from a hazard that applies to what is told of it.
 */
#ifndef MIGRATE_RULES_FINDING_H
#define MIGRATE_RULES_FINDING_H

#include "rules/facts.h"
#include "rules/judge.h"

/* The part that is being judged, and what its findings share. */
struct finding_context {
    const struct migration *migration;
    const struct line_map *lines;
    struct arena *a; /* of the part */
    struct finding_list *out;
};

/* The bytes of an action to underline: its first key words. */
void action_range(const struct judged_statement *s, const struct shape *shape, uint32_t *start, uint32_t *end);

/* A finding at [start, end) with everything but its texts; the fingerprint is made from rule, file, the canonical statement and how
 * often both came before. */
struct finding *finding_add(struct finding_context *c, struct str rule, enum severity severity, uint32_t start,
                            uint32_t end, const struct judged_statement *s);

/* Evaluate the hazards that watch the action and add a finding for each that applies; one per statement and remedy. */
void findings_of_action(struct finding_context *c, const struct judged_statement *s, const struct judged_action *action,
                        struct eval *e, size_t first_of_statement);

/* Order by place, then severity (worst first), then rule. */
void findings_sort(struct finding_list *list);

#endif

/*
 * finding.h - from a hazard that applies to what is told of it.
 */
#ifndef MIGRATE_RULES_FINDING_H
#define MIGRATE_RULES_FINDING_H

#include "rules/facts.h"
#include "rules/judge.h"

/* A hazard whose `when` did not say no, and whose `unless` is asked later: see enum ask_time. */
struct deferred {
    const struct hazard *hazard;
    const struct expr *unless; /* NULL: it has none */
    const struct judged_statement *statement;
    const struct judged_action *action;
    struct eval eval; /* as it was before the statement */
    bool when_unknown;
    size_t first; /* of the statement's findings */
};

VEC_DECLARE(deferred_list, struct deferred);

/* The part that is being judged, and what its findings share. */
struct finding_context {
    const struct migration *migration;
    const struct line_map *lines;
    struct arena *a; /* of the part */
    bool no_fingerprints;
    bool down; /* it is a down part */
    bool fixes;
    struct finding_list *out;
    struct map marks;  /* first half of a fingerprint -> how often it was given; see fingerprint() */
    struct map hashes; /* rule -> the hash of the newest long statement that it was found in; likewise */
    struct deferred_list deferred;
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

/*
 * Ask what was put off to this time and add the findings; memory that asking needs is the scratch arena's. Of one
 * statement the entries from `from` on; the others of that time too when `from` is 0.
 */
void findings_ask(struct finding_context *c, enum ask_time time, size_t from, struct arena *scratch);
/* The finding that it is when it applies, whatever else was found of the statement. */
void finding_of_deferred(struct finding_context *c, struct deferred *d);
/* The answer to the `unless` of what was put off: does the finding stay? */
bool deferred_applies(struct deferred *d, struct arena *scratch, bool *unknown);

/* A copy of a statement with all that hangs on it but its directives, as small as can be. */
struct judged_statement *judged_statement_copy(const struct judged_statement *from, struct arena *a);
/* The statement in hand stays only as that copy of it. */
void deferred_move(struct deferred *d, const struct judged_statement *from, const struct judged_statement *to);

/* Say in the remark how many more actions the finding is about. */
void findings_tell_more(struct finding_list *list, struct arena *a);

/* Order by place, then severity (worst first), then rule. */
void findings_sort(struct finding_list *list);

#endif

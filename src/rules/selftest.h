/*
 * selftest.h - the examples of the rulebook, tried: every rule does what its file says.
 *
 * Of a hazard, each failing example gives a finding of it and each passing one none; its safe way, filled from the
 * first failing
 * example, gives none either, and no finding of any rule that is worse than a note. What its fix writes for a failing
 * example has the finding no more and no other anew, and for one at least something is written. Of a form, each example is
 * classified as that form.
 */
#ifndef MIGRATE_RULES_SELFTEST_H
#define MIGRATE_RULES_SELFTEST_H

#include "rules/judge.h"

struct selftest_failure {
    const char *file; /* the rule file */
    unsigned line;
    struct str rule; /* of the form or hazard */
    struct str message;
};

VEC_DECLARE(selftest_failure_list, struct selftest_failure);

struct selftest {
    unsigned forms, hazards, examples; /* tried */
    unsigned fixable;                  /* of the hazards */
    struct selftest_failure_list failures;
};

/* Try all rules, or only the one of this id (empty: all). Memory from the arena. */
void rules_test(const struct rulebook *book, struct str only, struct arena *a, struct selftest *out);

/*
 * The safe way of a hazard as SQL: filled from its first failing example that gives one. Empty: there is none.
 * Memory from the arena.
 */
struct str hazard_instead(const struct rulebook *book, const struct hazard *h, struct arena *a);

#endif

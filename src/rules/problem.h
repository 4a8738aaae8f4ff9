/*
 * problem.h - the findings that no rule file makes: what is wrong with a file, its directives, or what stands beside it.
 *
 * They have names like rules, so that they can be allowed and given another severity.
 */
#ifndef MIGRATE_RULES_PROBLEM_H
#define MIGRATE_RULES_PROBLEM_H

#include "base/str.h"

struct problem {
    struct str id, title, why;
};

/* The one of that name; NULL: there is none. */
const struct problem *problem_find(struct str id);
/* Row i of the table; NULL behind the last. */
const struct problem *problem_at(size_t i);

#endif

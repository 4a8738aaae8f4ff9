/*
 * synopsis_match.h - does a shape match a synopsis, and what do its captures hold?
 */
#ifndef MIGRATE_RULES_SYNOPSIS_MATCH_H
#define MIGRATE_RULES_SYNOPSIS_MATCH_H

#include "rules/synopsis_program.h"

enum match { MATCH_NO, MATCH_YES, MATCH_LIMIT };

struct group {
    uint32_t start, end; /* equal: took no part */
};

/*
 * Match the shape's text from its first token on. groups[i] are the captures' places, as many as the synopsis has; *end is where the match
 * ends: the text's end, or where an ellipsis leaves open what follows. Bounded in steps and in depth: past a bound the answer is
 * MATCH_LIMIT.
 */
enum match synopsis_match(const struct program *program, struct str text, struct group groups[FORM_MAX_CAPTURES],
                          size_t *end);

#endif

/*
 * usage.h - the usage text of a command, taken apart: what may stand where.
 *
 * Its notation: NAME a value, name that very word, 'X' or - as it is, a|b one of both ways to go on, (a|b) X one of the words and then
 * X, [x] may be left out, x… or x... any number of them, --name and -x VALUE options.
 */
#ifndef MIGRATE_CMD_USAGE_H
#define MIGRATE_CMD_USAGE_H

#include "base/vec.h"

VEC_DECLARE(usage_words, struct str);

/*
 * What may stand as operand `at` (from 0) behind these: literal words as they are, names of values in upper case. In the arena; views
 * into the usage.
 */
void usage_operand(const char *usage, const char *const *before, size_t at, struct arena *a, struct usage_words *out);

/* Take the next way to go on, the part of *rest before a | outside brackets, and advance past it; false when *rest is used up. */
bool usage_way(struct str *rest, struct str *way);

/* Is it the name of a value (FILE), not a word to be typed? */
bool usage_is_value(struct str word);

#endif

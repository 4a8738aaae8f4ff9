/*
 * words.h - split a command line into words as a shell does, without a shell.
 */
#ifndef MIGRATE_BASE_WORDS_H
#define MIGRATE_BASE_WORDS_H

#include "base/vec.h"

VEC_DECLARE(word_list, const char *);

/*
 * Words are divided by white space; '…' keeps all, "…" keeps all but \" \\ \$ and \`, a backslash keeps the next character. Nothing is expanded. The list ends
 * with a NULL that n does not count, so that it is an argv. False: a quote is not closed, or there is no word.
 */
NODISCARD bool words_split(struct str line, struct arena *a, struct word_list *out);

#endif

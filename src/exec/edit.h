/*
 * edit.h - what was changed between two texts, for people.
 */
#ifndef MIGRATE_EXEC_EDIT_H
#define MIGRATE_EXEC_EDIT_H

#include "base/str.h"

/*
 * Append the lines that differ, from the first to the last such, those of `was` with "-", those of `now` with "+", at most max_lines of each. Nothing
 * when only line ends differ.
 */
void edit_show(struct str was, struct str now, unsigned max_lines, struct strbuf *out);

#endif

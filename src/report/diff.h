/*
 * diff.h - the difference of two texts as `diff -u` shows it, for `git apply` and `patch -p1`.
 */
#ifndef MIGRATE_REPORT_DIFF_H
#define MIGRATE_REPORT_DIFF_H

#include "base/str.h"

/*
 * Append the unified diff with three lines of context; nothing when the texts are the same. `path` is shown as a/path and b/path; one from
 * the root is shown as it is. Lines are split at \n and kept with all other bytes; with colour (a terminal) control characters are
 * escaped.
 */
void diff_unified(struct strbuf *out, struct str path, struct str before, struct str after, bool colour);

#endif

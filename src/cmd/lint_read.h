/*
 * lint_read.h - from the files that lint reads to the parts that it judges.
 */
#ifndef MIGRATE_CMD_LINT_READ_H
#define MIGRATE_CMD_LINT_READ_H

#include "cmd/lint_files.h"
#include "rules/runner.h"

/*
 * The parts as the runner (NULL: this tool) has them. A file beside it may say that it opens no transaction; one that cannot be read says
 * nothing. A file with another tool's lines between its parts is one part to a runner that does not know them.
 */
void lint_as_sent(const struct runner *r, struct migration *m, struct arena *a);
/* Does the second undo the first (NULL: there is none), by their names? */
bool lint_is_pair(const struct lint_file *up, const struct lint_file *down);

#endif

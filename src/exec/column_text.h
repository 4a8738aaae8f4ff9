/*
 * column_text.h - definitions that the server wrote, said of another column.
 */
#ifndef MIGRATE_EXEC_COLUMN_TEXT_H
#define MIGRATE_EXEC_COLUMN_TEXT_H

#include "base/arena.h"

/*
 * The text with `fresh` (as SQL writes it) in place of the column: behind the first parenthesis, and before the columns
 * that a foreign key references. A name in front of a parenthesis is a function's, behind :: a type's, behind a point somebody else's.
 */
const char *column_text(struct str sql, struct str column, const char *fresh, struct arena *a);

#endif

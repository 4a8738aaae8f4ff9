/*
 * violation.h - which rows a constraint does not hold for, after VALIDATE CONSTRAINT failed over the first of them.
 */
#ifndef MIGRATE_EXEC_VIOLATION_H
#define MIGRATE_EXEC_VIOLATION_H

#include "exec/run.h"

/*
 * Add to the error of a step that ended with foreign_key_violation (23503) or check_violation (23514) in a VALIDATE CONSTRAINT how many rows
 * violate it, and some of them: a foreign key's values without a match, most frequent first, or the keys of rows that fail the check. The
 * session is outside of a transaction. Takes VIOLATION_MS at most; what could not be found out is left out. With --redact only numbers.
 */
void violation_tell(struct run *r, const struct item *it, struct error *err);

#endif

/*
 * mask.h - SQL that may be shown where its values must not be.
 */
#ifndef MIGRATE_SQL_MASK_H
#define MIGRATE_SQL_MASK_H

#include "base/str.h"

/*
 * Append sql with the inside of every string constant (dollar-quoted ones, bit strings too) as '***'. A string or comment that
 * does not end (pg_stat_activity cuts queries) hides the rest. Numbers, names and comments stay.
 */
void mask_strings(struct strbuf *out, struct str sql);
/* The same only where some word of it says that a string may be a secret (PASSWORD, CONNECTION, token …); else as it is. */
void mask_secrets(struct strbuf *out, struct str sql);

#endif

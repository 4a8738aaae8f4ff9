/*
 * directive_own.h - one of our own directives, "migrate:NAME …".
 */
#ifndef MIGRATE_MIGRATION_DIRECTIVE_OWN_H
#define MIGRATE_MIGRATION_DIRECTIVE_OWN_H

#include "migration/directive.h"

/* Does what a comment says, without its signs and blanks, begin with "migrate:" or nearly so? */
bool directive_is_own(struct str body);

/*
 * Read the directive text[d->start, d->end), for which directive_is_own() holds, into *d. *skip: it is a marker, or prose that begins
 * so. Errors as directives_parse(); *at is the offset of what is wrong.
 */
NODISCARD enum status directive_read_own(struct str text, struct arena *a, struct directive *d, bool *skip,
                                         uint32_t *at, struct error *err);

#endif

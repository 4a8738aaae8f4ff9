/*
 * read.h - the two halves of migration_read(), for who looks at all names before it reads the first file.
 */
#ifndef MIGRATE_MIGRATION_READ_H
#define MIGRATE_MIGRATION_READ_H

#include "migration/migration.h"

/* Set layout, version and name from m->file. Errors as migration_read(). */
NODISCARD enum status migration_name(struct migration *m, const struct migration_options *options, struct error *err);
/* Read m->file into the arena and find its parts. Errors as migration_read(). */
NODISCARD enum status migration_fetch(struct migration *m, const struct migration_options *options, struct arena *a,
                                      struct error *err);

#endif

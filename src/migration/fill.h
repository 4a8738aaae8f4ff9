/*
 * fill.h - placeholders: ${name} and the like, filled with the values that the project or the environment gives.
 */
#ifndef MIGRATE_MIGRATION_FILL_H
#define MIGRATE_MIGRATION_FILL_H

#include "migration/migration.h"

/*
 * Fill m->text as its layout does (layout.h, enum fill_syntax), keeping what the file says in m->bytes if anything was filled. Values
 * go in as they are, but psql's :'name' and :"name", which quote. A placeholder without a value stays, and the planner refuses it
 * with its place; where the lexer cannot see it (Flyway's, within strings too) it is ST_USAGE here. `values` may be NULL.
 */
NODISCARD enum status migration_fill(struct migration *m, const struct placeholder_list *values, struct arena *a,
                                     struct error *err);

#endif

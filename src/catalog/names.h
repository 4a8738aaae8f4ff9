/*
 * names.h - maps by qualified name, and the names that PostgreSQL makes up for constraints, indexes and sequences.
 *
 * Source: PostgreSQL, makeObjectName(), ChooseRelationName(), ChooseConstraintName() and ChooseIndexColumnNames() in
 * src/backend/commands/indexcmds.c and src/backend/catalog/pg_constraint.c, and what servers 13 to 18 were seen to do.
 */
#ifndef MIGRATE_CATALOG_NAMES_H
#define MIGRATE_CATALOG_NAMES_H

#include "catalog/model.h"

enum { NAME_MAX_BYTES = 63 };

void *name_map_get(const struct map *m, struct str schema, struct str name);
void name_map_put(struct map *m, struct str schema, struct str name, void *value); /* copies the key */
void name_map_remove(struct map *m, struct str schema, struct str name);

/* Count a constraint's name in a schema up or down; relation_add_constraint() does it for tables, domains are left to the caller. */
void constraint_name_count(struct catalog *c, struct str schema, struct str name, int by);

/* relation_constraint() that is quick when no table of the schema has a constraint of that name. */
struct constraint *constraint_find(const struct catalog *c, const struct relation *r, struct str name);
/* The types and functions of a schema that is being renamed. */
void schema_move_names(struct catalog *c, struct str from, struct str to);

/* "first_second_label" within 63 bytes: the longer of the first two is shortened first. second may be empty. */
struct str name_compose(struct arena *a, struct str first, struct str second, struct str label);
/* Column names joined by _, the way they go into a generated name. */
struct str name_join(struct arena *a, const struct name_list *names);
/*
 * The first of table_addition_label, …label1, …label2 that is free. As the server does it: a relation's name
 * must be free among the schema's relations, a constraint's among the schema's constraints, an index's behind a constraint among both.
 */
enum name_use { NAME_RELATION, NAME_CONSTRAINT, NAME_BOTH };
struct str name_choose(struct catalog *c, struct str schema, struct str table, struct str addition, const char *label,
                       enum name_use use);

#endif

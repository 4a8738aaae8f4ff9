/*
 * order.h - what stands in a catalog's maps, by schema and name: equal models give equal texts and files.
 */
#ifndef MIGRATE_CATALOG_ORDER_H
#define MIGRATE_CATALOG_ORDER_H

#include "catalog/model.h"

VEC_DECLARE(value_list, void *);

/* Pointers to struct schema, type and function. The lists are in the arena. */
struct value_list catalog_schemas(const struct catalog *c, struct arena *a);
struct value_list catalog_types(const struct catalog *c, struct arena *a);
struct value_list catalog_functions(const struct catalog *c, struct arena *a);

#endif

/*
 * builtin_function.h - which functions of PostgreSQL itself are volatile.
 */
#ifndef MIGRATE_CATALOG_BUILTIN_FUNCTION_H
#define MIGRATE_CATALOG_BUILTIN_FUNCTION_H

#include "base/str.h"
#include "base/tri.h"

/* Is any function of that name in pg_catalog (servers 13 to 18) volatile? UNKNOWN: there is none of that name. */
enum tri builtin_function_volatile(struct str name);
/* The same for the functions of a few extensions that migrations commonly use. */
enum tri extension_function_volatile(struct str name);

#endif

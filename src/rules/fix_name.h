/*
 * fix_name.h - the names that PostgreSQL makes up, for statements that must name what the original leaves to the server.
 *
 * Kinds: fkey of { FOREIGN KEY $columns | $column REFERENCES }, check of $check, key and pkey of $columns, not_null of
 * $column, not_null_check (a CHECK that stands in for it for a while).
 * Source: see catalog/names.h.
 */
#ifndef MIGRATE_RULES_FIX_NAME_H
#define MIGRATE_RULES_FIX_NAME_H

#include "catalog/names.h"
#include "rules/expr.h"

bool fix_name_known(struct str kind);
/* The name for the statement's $table, free in the model as it is before the statement. */
struct str fix_name(struct eval *e, struct str kind);
/* The same for columns or the addition that the caller knows: "table_addition_label". */
struct str fix_name_of(struct eval *e, const struct relation *table, struct str addition, struct str kind);
/* The columns that a CHECK's expression (tokens [first, last) of the statement) gives its name: the only one, or none. */
struct str fix_name_check_column(struct eval *e, const struct relation *table, size_t first, size_t last);

#endif

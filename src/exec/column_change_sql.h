/*
 * column_change_sql.h - the questions behind column_change.h. They run with an empty search path, so that all names that the server puts out have their schema.
 * Each in pieces (C99 wants strings short), NULL behind the last.
 */
#ifndef MIGRATE_EXEC_COLUMN_CHANGE_SQL_H
#define MIGRATE_EXEC_COLUMN_CHANGE_SQL_H

/* "schema.table.column" -> oid, attnum. With the user's search path. */
extern const char column_find_sql[];
/* "name" -> the name without its quotes */
extern const char column_name_sql[];
/*
 * oid, attnum, new name (of an archive the column's own), version, "rename" or "archive", "table.column" as it was said ->
 * kind of row, text, does the column's name in it stand for the new one? Kinds: refuse (words), up, down (SQL and comments, in
 * order; what hangs on the column is made again for the new name, or when an archived column comes back).
 */
extern const char *const column_change_sql[];
/* version -> SQL */
extern const char column_contract_sql[];

#endif

/*
 * replay.h - apply one statement to the model: what the schema is after it, if the server accepts it.
 *
 * Knows CREATE, ALTER and DROP of tables, indexes, types, domains, sequences, views, materialized views, schemas, functions (volatility), triggers,
 * partitions (PARTITION OF, ATTACH, DETACH), LIKE, INHERITS, AS; renames, SET SCHEMA; SET search_path and TimeZone; INSERT, COPY, UPDATE and MERGE mark
 * a table as loaded; DO blocks and EXECUTE are not looked into. What it cannot read changes nothing, except that the relation it
 * names is no longer `complete`.
 */
#ifndef MIGRATE_CATALOG_REPLAY_H
#define MIGRATE_CATALOG_REPLAY_H

#include "catalog/model.h"
#include "sql/split.h"

/* Apply st to c. text is what st was split from; `at` is where in the replay we are. Strings are copied to the catalog's arena. */
void catalog_replay(struct catalog *c, struct str text, const struct statement *st, struct origin at);

/* Read a type name at token *i of the statement (advances *i behind it). False: there is none. */
bool type_ref_parse(struct catalog *c, struct str text, const struct statement *st, size_t *i, struct type_ref *out);
/* Read a possibly qualified name at token *i; schema is empty when unqualified. False: there is none. */
bool qualified_name_parse(struct arena *a, struct str text, const struct statement *st, size_t *i, struct str *schema,
                          struct str *name);

/*
 * Does the expression in tokens [first, last) call something volatile? Known: literals, operators and casts on built-in types, built-in functions
 * by a table of the volatile and stable ones, user functions of the catalog by their label (a SQL function is inlined where the server
 * would). UNKNOWN: a function nobody knows.
 */
enum tri expression_volatile(const struct catalog *c, struct str text, const struct statement *st, size_t first, size_t last);

#endif

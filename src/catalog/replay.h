/*
 * replay.h - apply one statement to the model: what the schema is after it, if the server accepts it.
 *
 * Knows CREATE, ALTER and DROP of tables, indexes, types, domains, sequences, views, materialized views, schemas, functions (volatility),
 * triggers, partitions (PARTITION OF, ATTACH, DETACH), LIKE, INHERITS, OF, AS; renames, SET SCHEMA; SET search_path and TimeZone. INSERT, COPY
 * and MERGE mark a table as loaded, with its partitions or parents; UPDATE spreads that to partitions; TRUNCATE and DELETE take nothing back.
 *
 * What the server would refuse for a reason that the model knows changes nothing: an ALTER TABLE with several actions is
 * looked through beforehand for what is simple to tell (names that exist or do not), the rest stops at the first action that is refused.
 * What cannot be read changes nothing, except that the relation it names is no longer `complete`.
 *
 * Not modelled: ROLLBACK and savepoints (BEGIN and COMMIT do nothing here; the end of a transaction is seen by origin.transaction, and
 * ends SET LOCAL and ON COMMIT DROP), what a function, a procedure, a rule or a trigger does when it runs, the columns of a query (AS SELECT,
 * views), privileges, operators. The body of a DO block is not run here (see rules/body.h for the
 * statements that can be read out of it): a table that its DDL names, also in a string
 * for EXECUTE, is no longer complete, one that it writes to may hold rows; names put together at run time are not seen.
 */
#ifndef MIGRATE_CATALOG_REPLAY_H
#define MIGRATE_CATALOG_REPLAY_H

#include "catalog/model.h"
#include "sql/split.h"

/* Apply st to c. text is what st was split from; `at` is where in the replay we are. Strings are copied to the catalog's arena. */
void catalog_replay(struct catalog *c, struct str text, const struct statement *st, struct origin at);

/* Read a type name at token *i of the statement (advances *i behind it). False: there is none. */
bool type_ref_parse(struct catalog *c, struct str text, const struct statement *st, size_t *i, struct type_ref *out);
/*
 * Read a possibly qualified name at token *i; schema is empty when unqualified. False: there is none. _view: where the text has the
 * names as they are, they are parts of it; otherwise copies.
 */
bool qualified_name_view(struct arena *a, struct str text, const struct statement *st, size_t *i, struct str *schema,
                         struct str *name);
bool qualified_name_parse(struct arena *a, struct str text, const struct statement *st, size_t *i, struct str *schema,
                          struct str *name);

struct reader;
/* CREATE RULE from its name on: what it is, and the table that it is for; NULL: that is not known. */
struct relation *rule_read(struct reader *rd, struct rule *rule);

/*
 * Does the expression in tokens [first, last) call something volatile? Known: literals, operators and casts on built-in types, built-in functions
 * by a table of the volatile and stable ones, user functions of the catalog by their label (a SQL function is inlined where the server
 * would). UNKNOWN: a function nobody knows.
 */
enum tri expression_volatile(const struct catalog *c, struct str text, const struct statement *st, size_t first,
                             size_t last);

#endif

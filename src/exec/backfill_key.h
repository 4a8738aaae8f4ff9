/*
 * backfill_key.h - the key by which a backfill walks a table, and the SQL made of it.
 *
 * The primary key, else the narrowest other index that orders all rows: unique, valid, not deferrable, without condition or expression, all
 * columns NOT NULL, plain btree order, the columns' own collation. Columns are taken in the index's order and compared as a row, which is the
 * only form that the server turns into one index condition.
 */
#ifndef MIGRATE_EXEC_BACKFILL_KEY_H
#define MIGRATE_EXEC_BACKFILL_KEY_H

#include "db/session.h"
#include "plan/plan.h"

enum { KEY_MAX = 32 }; /* INDEX_MAX_KEYS of PostgreSQL */

struct backfill_key {
    struct str relation;        /* "schema"."table", quoted for SQL */
    struct str column[KEY_MAX]; /* names, not quoted */
    struct str quoted[KEY_MAX];
    struct str type[KEY_MAX]; /* as SQL */
    size_t n;
    int64_t rows; /* the server's estimate; -1: never analysed */
};

/*
 * Find it. spec->key asks for columns (any order); wanted (n_wanted > 0) demands exactly these in this order: those that the backfill was begun with.
 * Errors: ST_USAGE without place: no such table, not a table, no key; ST_SERVER.
 */
NODISCARD enum status backfill_key_find(struct session *s, const struct batch_spec *spec, const struct str *wanted,
                                        size_t n_wanted, struct arena *a, struct backfill_key *out, struct error *err);

/* "alias"."a", or ("alias"."a", "alias"."b") */
void backfill_key_row(const struct backfill_key *k, const char *alias, struct strbuf *out);
/* $from::type, or ($from::type, …) */
void backfill_key_params(const struct backfill_key *k, size_t from, struct strbuf *out);
/* The last key: no parameters. One row of texts, none for an empty table. */
const char *backfill_end_sql(const struct backfill_key *k, struct arena *a);
/* The nth key behind lo and not behind the end: parameters lo (if has_lo), end, n - 1. No row: fewer are left. */
const char *backfill_boundary_sql(const struct backfill_key *k, bool has_lo, struct arena *a);
/*
 * The statement for the keys behind lo (if has_lo) up to hi, inside the UPDATE of its own row in the history: parameters lo (if has_lo), hi, then
 * version, direction, ordinal, hi as an array, keys, batch size, rate, finished. One row: rows changed, control word.
 */
const char *backfill_batch_sql(const struct backfill_key *k, const struct batch_spec *spec, const char *history,
                               bool has_lo, struct session *s, struct arena *a);

#endif

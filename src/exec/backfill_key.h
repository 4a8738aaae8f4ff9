/*
 * backfill_key.h - the key by which a backfill walks a table, and the SQL made of it.
 *
 * The primary key, else the narrowest other index that orders all rows: unique, valid, not deferrable, without condition or expression, all
 * columns NOT NULL, plain btree order, the columns' own collation. Columns are taken in the index's order and compared as a row, which is the
 * only form that the server turns into one index condition. Operators are those of the index's operator class, named with their schema: a bare
 * "<" would be looked up by the search path, where another one may stand in front (and for citext there would be none that fits). A table
 * without a key is walked by ctid where each row may be met twice.
 */
#ifndef MIGRATE_EXEC_BACKFILL_KEY_H
#define MIGRATE_EXEC_BACKFILL_KEY_H

#include "db/session.h"
#include "plan/plan.h"

enum { KEY_MAX = 32 }; /* INDEX_MAX_KEYS of PostgreSQL */

/*
 * A gentle statement computes for the first WORK of every WORK + SLEEP microseconds of the server's clock, and sleeps when a row finds it in the
 * rest. An application's backend that wakes on the processor where a batch computes waits until that sleeps, or for the scheduler's next tick, which
 * may be 4 ms away.
 */
enum { GENTLE_WORK_US = 1500, GENTLE_SLEEP_US = 1000 };

enum key_operator { KEY_LT, KEY_LE, KEY_EQ, KEY_GE, KEY_GT, KEY_OPERATORS };

struct key_column {
    struct str name;                    /* not quoted */
    struct str quoted;                  /* as SQL */
    struct str type;                    /* as SQL, with schema, without modifier */
    struct str operator[KEY_OPERATORS]; /* OPERATOR(schema.name) */
};

struct backfill_key {
    struct str relation; /* "schema"."table", quoted for SQL */
    struct key_column column[KEY_MAX];
    size_t n;
    struct str index; /* its name, quoted; empty: by ctid */
    bool ctid;
    bool row_form; /* all columns' operators are the same: ROW comparison */
    int64_t rows;  /* the server's estimate; -1: never analysed */
    int64_t pages; /* of the table itself */
    bool gentle;   /* set by the caller: the statements of batches sleep between their rows */
};

/*
 * Find that of one relation (quoted, with schema). spec->key asks for columns (any order); wanted (n_wanted > 0) demands exactly these in this order:
 * those that the backfill was begun with. Errors: ST_USAGE without place: no key; ST_CONFLICT: the wanted one is gone; ST_SERVER.
 */
NODISCARD enum status backfill_key_find(struct session *s, const struct batch_spec *spec, struct str relation,
                                        const struct str *wanted, size_t n_wanted, struct arena *a,
                                        struct backfill_key *out, struct error *err);

/* The last key: no parameters. One row of texts, none for an empty table. */
const char *backfill_end_sql(const struct backfill_key *k, struct arena *a);
/* The nth key behind lo and not behind the end: parameters lo (if has_lo), end, n - 1. No row: fewer are left. */
const char *backfill_boundary_sql(const struct backfill_key *k, bool has_lo, struct arena *a);
/* The same by ctid (backfill_ctid.c), which also tells how many rows there are up to it: a page may have more of them than were asked for. */
const char *backfill_ctid_sql(const struct backfill_key *k, bool has_lo, struct arena *a);
/* Keys of about `percent` of the pages between lo and end, in order: parameters lo (if has_lo), end. */
const char *backfill_sample_sql(const struct backfill_key *k, bool has_lo, double percent, struct arena *a);
/*
 * The statement for the keys behind lo (if has_lo) up to hi, as it is given to EXPLAIN: parameters lo (if has_lo), hi. guard: it returns whether the
 * row stays behind hi, for tables whose triggers may change keys.
 */
const char *backfill_range_sql(const struct backfill_key *k, const struct batch_spec *spec, bool has_lo, bool guard,
                               struct session *s, struct arena *a);
/*
 * That inside the UPDATE of its own row in the history: parameters lo (if has_lo), hi, then version, direction, ordinal, part, hi as an array, keys,
 * batch size, rate, finished, what slows it down. One row: rows changed, control word, rate and batch size asked for, limit of bad rows, place in the WAL, the
 * row's own place. The fence is to stand before it in the transaction.
 */
const char *backfill_batch_sql(const struct backfill_key *k, const struct batch_spec *spec, const char *history,
                               bool has_lo, bool guard, struct session *s, struct arena *a);
/*
 * The same in three statements, where the server's own count of the rows that the transaction changed can be had (backfill_table.counted): a row
 * that is returned only to be counted costs an eighth of its change. First the count as it is, parameter relation; then the statement, parameters
 * lo (if has_lo), hi; then the row of history, parameters as above from the version on, and the relation.
 */
const char *backfill_before_sql(const struct batch_spec *spec, struct arena *a);
const char *backfill_plain_sql(const struct backfill_key *k, const struct batch_spec *spec, bool has_lo,
                               struct session *s, struct arena *a);
const char *backfill_moved_sql(const struct batch_spec *spec, const char *history, struct arena *a);
/* How many rows behind lo (if has_lo) up to hi meet the condition, in which the table has the statement's alias: parameters lo (if has_lo), hi. */
const char *backfill_count_sql(const struct backfill_key *k, const struct batch_spec *spec, bool has_lo,
                               struct str condition, struct session *s, struct arena *a);
/* The rows behind lo (if has_lo) up to hi, for EXPLAIN: parameters lo (if has_lo), hi. */
const char *backfill_between_sql(const struct backfill_key *k, bool has_lo, struct arena *a);
/* Is $1…$n of the key's types behind $n+1…? For splitting a range: an expression. */
void backfill_key_behind(const struct backfill_key *k, const char *array, size_t param, struct strbuf *out);

#endif

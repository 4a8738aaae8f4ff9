/*
 * backfill.h - a backfill under way: shared by backfill.c (its course) and backfill_open.c (its beginning and its texts).
 */
#ifndef MIGRATE_EXEC_BACKFILL_H
#define MIGRATE_EXEC_BACKFILL_H

#include "exec/backfill_key.h"
#include "exec/batch_size.h"
#include "exec/run.h"

enum { BATCH_STATEMENT_MS = 15000 }; /* where the plan has no other */

/* A key's values as texts. */
struct bounds {
    struct str value[KEY_MAX];
    bool set;
};

struct backfill {
    struct run *r;
    struct item *it;
    const struct step *step;
    const struct batch_spec *spec;
    struct backfill_key key;
    struct bounds lo, end, next; /* cursor; frozen last key; where the next batch ends, if it was asked for */
    int64_t next_rows;           /* the size that next was asked for with */
    bool next_is_end, finished;
    int64_t rows, keys, batches; /* in all runs together */
    struct batch_size size;
    struct retry retry; /* since the last batch that succeeded */
    const char *ordinal;
    char control[16];
    struct arena *a; /* for the whole backfill; r->scratch is for one batch */
};

/* Find its row in history and go on from there, or begin it: choose the key, freeze the end, write both rows. */
NODISCARD enum status backfill_open(struct backfill *b, struct error *err);

/* Append the values, or version, direction and ordinal, to a list of parameters. */
void backfill_add_bounds(struct param *params, size_t *n, const struct backfill *b, const struct bounds *v);
void backfill_add_identity(struct param *params, size_t *n, const struct backfill *b);
/* The values as the text of an array, NULL when they are not set. */
const char *backfill_array(const struct backfill *b, const struct bounds *v, struct arena *a);
/* The values in the first row; not set when there is none. */
void backfill_read_bounds(const struct backfill *b, const struct rows *rows, struct arena *a, struct bounds *out);
/* Copy them to the backfill's own arena, which grows by a few bytes per batch. */
void backfill_keep_bounds(const struct backfill *b, struct bounds *to, const struct bounds *from);

#endif

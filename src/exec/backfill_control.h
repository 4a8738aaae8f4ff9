/*
 * backfill_control.h - look at backfills, and control them, from outside the run: all of it is rows of the history.
 */
#ifndef MIGRATE_EXEC_BACKFILL_CONTROL_H
#define MIGRATE_EXEC_BACKFILL_CONTROL_H

#include "base/vec.h"
#include "db/session.h"

/* One backfill, all its parts together. Texts are the arena's. */
struct backfill_row {
    struct str version, name, relation, key, cursor, reason, updated_at;
    struct str control; /* "", "pause", "abort" */
    unsigned ordinal;
    bool down, finished;
    int64_t parts, finished_parts, workers; /* workers: whose backend is alive now */
    int64_t rows, keys, batches, batch_rows, bad_rows, pass;
    double share;                /* of the keys of this pass, as in backfill_left.h; -1: not known */
    int64_t total, left;         /* the same; of one that is not finished */
    int64_t lag_bytes, lag_ms;   /* of the slowest replica, now; -1: there is none, or it is not known */
    double rate;                 /* keys a second of late, of all live workers together; 0: it stands still */
    int64_t set_rate, set_batch; /* 0: not asked for */
};
VEC_DECLARE(backfill_row_list, struct backfill_row);

/* Those that are not done, or all of them. No history: an empty list. */
NODISCARD enum status backfill_list(struct session *s, const char *schema, bool all, struct arena *a,
                                    struct backfill_row_list *out, struct error *err);
/* Give the unfinished parts of a version (NULL: of all) this control word ("" takes it back); *n gets how many. */
NODISCARD enum status backfill_control(struct session *s, const char *schema, const char *version, const char *word,
                                       int64_t *n, struct error *err);
/* Change what is asked of them; -1: leave it, 0: automatic, unlimited, none. */
NODISCARD enum status backfill_tune(struct session *s, const char *schema, const char *version, int64_t rate,
                                    int64_t batch, int64_t max_bad_rows, int64_t *n, struct error *err);

#endif

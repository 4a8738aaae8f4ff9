/*
 * batch_size.h - how many rows the next batch of a backfill takes.
 *
 * Two aims, the smaller counts: a constant time per batch, and a bounded amount of WAL (after a checkpoint the first change of each page logs the
 * whole page: the time hardly moves, the replicas' work does). Both rates are ratios of decaying sums, so that small and noisy batches
 * weigh little. Whoever wants a row of the batch waits for all of it: where that is seen to happen, the time is cut. It grows slowly and
 * shrinks fast; time spent waiting for a row lock is not the size's fault and is not fed in.
 */
#ifndef MIGRATE_EXEC_BATCH_SIZE_H
#define MIGRATE_EXEC_BATCH_SIZE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    BATCH_START = 500,
    BATCH_MIN = 1,
    BATCH_MAX = 100000,
    BATCH_TARGET_MS = 250,
    BATCH_BESIDE_MS = 40,     /* while others write or wait for its rows: they wait for the rest of the batch */
    BATCH_GENTLE_MS = 30,     /* with the sleeps within */
    BATCH_GENTLE_ROWS = 2000, /* that take about so long */
    BATCH_TARGET_WAL = 16 << 20,
    BATCH_WAL_MIN = 500, /* the WAL of all sessions is counted: others' alone may not make it smaller than this */
};

struct batch_size {
    int64_t rows;     /* of the next batch */
    int64_t fixed;    /* asked for: no growth beyond it, and back to it after a shrink; 0: automatic */
    double target_ms; /* of a batch */
    double aim_ms;    /* the same, less while others wait for its rows */
    double sum_rows, sum_ms, sum_wal;
    unsigned clean; /* batches since the last failure or slow one */
};

/* An automatic backfill of at most so many rows is one batch; wanted: what is so by the configuration. */
int64_t batch_size_whole(int64_t wanted, bool gentle);
void batch_size_begin(struct batch_size *b, int64_t fixed, double target_ms);
/* What is asked for has changed; 0: automatic from now on. */
void batch_size_fix(struct batch_size *b, int64_t fixed);
/* Another time that a batch may take; a shorter one holds for the next already, the way to a longer one takes some seconds. */
void batch_size_aim(struct batch_size *b, double target_ms);
/* A batch of `keys` key values took `ms` (may be a fraction) and at most `wal` bytes. */
void batch_size_done(struct batch_size *b, int64_t keys, double ms, double wal);
/* Would it matter to the size that others wait? A look at the server's locks is not free. */
bool batch_size_yields(const struct batch_size *b);
/* Others wait for its locks: half of it next, and only slowly, over some seconds, back to the time that it may take. */
void batch_size_blocks(struct batch_size *b);
/* A batch gave way (lock, deadlock, statement timeout): half of it next. False when it was one row already. */
bool batch_size_failed(struct batch_size *b);

#endif

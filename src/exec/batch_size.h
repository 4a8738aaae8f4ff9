/*
 * batch_size.h - how many rows the next batch of a backfill takes.
 *
 * The aim is a constant time per batch. The rate is a ratio of two decaying sums (rows over milliseconds), so that small and noisy batches
 * weigh little. It grows slowly and shrinks fast; time spent waiting for a row lock is not the size's fault and is not fed in.
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
};

struct batch_size {
    int64_t rows;  /* of the next batch */
    int64_t fixed; /* asked for: no growth beyond it, and back to it after a shrink; 0: automatic */
    double sum_rows, sum_ms;
    unsigned clean; /* batches since the last failure or slow one */
};

void batch_size_begin(struct batch_size *b, int64_t fixed);
/* A batch of `keys` key values took `ms` (may be a fraction). */
void batch_size_done(struct batch_size *b, int64_t keys, double ms);
/* A batch gave way (lock, deadlock, statement timeout): half of it next. False when it was one row already. */
bool batch_size_failed(struct batch_size *b);

#endif

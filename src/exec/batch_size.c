#include "exec/batch_size.h"

static int64_t clamp(int64_t rows, int64_t max)
{
    return rows < BATCH_MIN ? BATCH_MIN : rows > max ? max : rows;
}

void batch_size_begin(struct batch_size *b, int64_t fixed)
{
    *b = (struct batch_size){.fixed = fixed, .rows = fixed > 0 ? clamp(fixed, BATCH_MAX) : BATCH_START};
}

/* The next size from the measured rate: at most half as much again, and only after three clean batches. */
static int64_t grown(const struct batch_size *b)
{
    const int64_t limit = b->rows + b->rows / 2 + 1;
    const double aim = b->sum_ms > 0 ? b->sum_rows / b->sum_ms * BATCH_TARGET_MS : (double)limit;
    const int64_t wanted = aim < (double)limit ? (int64_t)aim : limit;
    return b->clean >= 3 || wanted < b->rows ? wanted : b->rows;
}

void batch_size_done(struct batch_size *b, int64_t keys, double ms)
{
    const int64_t max = b->fixed > 0 ? clamp(b->fixed, BATCH_MAX) : BATCH_MAX;
    b->sum_rows = 0.75 * b->sum_rows + (double)keys;
    b->sum_ms = 0.75 * b->sum_ms + ms;
    if (b->fixed == 0 && ms > 3 * BATCH_TARGET_MS) {
        b->rows = clamp(ms > 5 * BATCH_TARGET_MS ? b->rows / 10 : b->rows / 2, max);
        b->clean = 0;
        return;
    }
    b->clean++;
    if (b->fixed > 0) {
        /* After a failure the way back up to what was asked for is gentle, too. */
        b->rows = clamp(b->clean >= 3 ? b->rows + b->rows / 2 + 1 : b->rows, max);
        return;
    }
    b->rows = clamp(grown(b), max);
}

bool batch_size_failed(struct batch_size *b)
{
    const bool smaller = b->rows > BATCH_MIN;
    b->rows = clamp(b->rows / 2, BATCH_MAX);
    b->clean = 0;
    b->sum_rows = 0;
    b->sum_ms = 0;
    return smaller;
}

#include "exec/batch_size.h"

static const double AIM_GROWTH = 1.02; /* with each batch that nobody waited for: twofold in 35 of them */

static int64_t clamp(int64_t rows, int64_t max)
{
    return rows < BATCH_MIN ? BATCH_MIN : rows > max ? max : rows;
}

int64_t batch_size_whole(int64_t wanted, bool gentle)
{
    const int64_t rows = wanted > 0 ? wanted : BATCH_START;
    return gentle && rows > BATCH_GENTLE_ROWS ? BATCH_GENTLE_ROWS : rows;
}

void batch_size_begin(struct batch_size *b, int64_t fixed, double target_ms)
{
    *b = (struct batch_size){.rows = BATCH_START, .target_ms = target_ms > 0 ? target_ms : BATCH_TARGET_MS};
    b->aim_ms = b->target_ms;
    batch_size_fix(b, fixed);
}

void batch_size_fix(struct batch_size *b, int64_t fixed)
{
    if (fixed != b->fixed) {
        b->fixed = fixed;
        b->rows = fixed > 0 ? clamp(fixed, BATCH_MAX) : b->rows;
        b->clean = 0;
    }
}

/* The rows that both aims allow by the measured rates. */
static double aim(const struct batch_size *b, double otherwise)
{
    double rows = b->sum_ms > 0 ? b->sum_rows / b->sum_ms * b->aim_ms : otherwise;
    if (b->sum_wal > 0) {
        double by_wal = b->sum_rows / b->sum_wal * BATCH_TARGET_WAL;
        by_wal = by_wal < BATCH_WAL_MIN ? BATCH_WAL_MIN : by_wal;
        rows = rows < by_wal ? rows : by_wal;
    }
    return rows;
}

/* The next size: at most half as much again, and only after three clean batches. */
static int64_t grown(const struct batch_size *b)
{
    const int64_t limit = b->rows + b->rows / 2 + 1;
    const double wish = aim(b, (double)limit);
    const int64_t wanted = wish < (double)limit ? (int64_t)wish : limit;
    return b->clean >= 3 || wanted < b->rows ? wanted : b->rows;
}

void batch_size_aim(struct batch_size *b, double target_ms)
{
    const bool shorter = target_ms < b->aim_ms;
    b->target_ms = target_ms;
    b->aim_ms = shorter ? target_ms : b->aim_ms;
    if (shorter && b->fixed == 0) {
        const double rows = aim(b, (double)b->rows);
        b->rows = clamp(rows < (double)b->rows ? (int64_t)rows : b->rows, BATCH_MAX);
    }
}

void batch_size_done(struct batch_size *b, int64_t keys, double ms, double wal)
{
    const int64_t max = b->fixed > 0 ? clamp(b->fixed, BATCH_MAX) : BATCH_MAX;
    b->sum_rows = 0.75 * b->sum_rows + (double)keys;
    b->sum_ms = 0.75 * b->sum_ms + ms;
    b->sum_wal = 0.75 * b->sum_wal + wal;
    if (b->fixed == 0 && ms > 3 * b->target_ms) {
        b->rows = clamp(ms > 5 * b->target_ms ? b->rows / 10 : b->rows / 2, max);
        b->clean = 0;
        return;
    }
    b->clean++;
    b->aim_ms = b->aim_ms * AIM_GROWTH < b->target_ms ? b->aim_ms * AIM_GROWTH : b->target_ms;
    if (b->fixed > 0) {
        /* After a failure the way back up to what was asked for is gentle, too. */
        b->rows = clamp(b->clean >= 3 ? b->rows + b->rows / 2 + 1 : b->rows, max);
        return;
    }
    b->rows = clamp(grown(b), max);
}

bool batch_size_yields(const struct batch_size *b)
{
    return b->fixed == 0 && b->target_ms >= BATCH_BESIDE_MS;
}

void batch_size_blocks(struct batch_size *b)
{
    const double least = b->target_ms < BATCH_BESIDE_MS ? b->target_ms : BATCH_BESIDE_MS, was = b->aim_ms;
    if (b->fixed == 0) {
        b->aim_ms = was / 2 > least ? was / 2 : least;
        /* At the least it stays: what the time grew since the last one is not taken from the rows, which have not grown with it. */
        b->rows = b->aim_ms < was * 0.9 ? clamp((int64_t)((double)b->rows * b->aim_ms / was), BATCH_MAX) : b->rows;
        b->clean = 0;
    }
}

bool batch_size_failed(struct batch_size *b)
{
    const bool smaller = b->rows > BATCH_MIN;
    b->rows = clamp(b->rows / 2, BATCH_MAX);
    b->clean = 0;
    b->sum_rows = 0;
    b->sum_ms = 0;
    b->sum_wal = 0;
    return smaller;
}

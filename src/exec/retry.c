#include "exec/retry.h"

#include "base/clock.h"

void retry_begin(struct retry *r, int64_t first_ms, int64_t max_ms, int64_t budget_ms, unsigned max_attempts)
{
    *r = (struct retry){
        .first_ms = first_ms,
        .max_ms = max_ms,
        .pause_ms = 500,
        .pause_max_ms = 60000,
        .budget_ms = budget_ms,
        .max_attempts = max_attempts,
        .attempt = 1,
        .begun_ms = clock_monotonic_ms(),
    };
}

int64_t retry_lock_timeout(const struct retry *r)
{
    static const int64_t tenths[] = {10, 25, 50, 150};
    const size_t rung = r->rung < countof(tenths) ? r->rung : countof(tenths) - 1;
    const int64_t ms = r->first_ms * tenths[rung] / 10;
    /* A first rung that was asked for above the last one stays what was asked for. */
    const int64_t top = r->max_ms > r->first_ms ? r->max_ms : r->first_ms;
    return ms < top ? ms : top;
}

int64_t retry_queue_limit(const struct retry *r)
{
    return r->n_short < RETRY_SHORT ? r->first_ms : 0;
}

bool retry_next(struct retry *r, int64_t *pause_ms)
{
    const unsigned doublings = r->attempt - 1 < 20 ? r->attempt - 1 : 20;
    int64_t longest = r->pause_ms << doublings;
    longest = longest < r->pause_max_ms ? longest : r->pause_max_ms;
    *pause_ms = (int64_t)random_below((uint64_t)longest + 1);
    if (r->attempt >= r->max_attempts || clock_monotonic_ms() - r->begun_ms + *pause_ms > r->budget_ms) {
        return false;
    }
    if (r->early) {
        r->least_ms = r->least_ms > 0 ? r->least_ms * 2 : r->pause_ms;
        r->early = false;
    }
    r->attempt++;
    if (r->queued && r->n_short < RETRY_SHORT) {
        r->n_short++;
    } else {
        r->rung++;
    }
    r->queued = false;
    return true;
}

bool retry_class(enum sql_class c)
{
    return c == SQL_LOCK_TIMEOUT || c == SQL_DEADLOCK;
}

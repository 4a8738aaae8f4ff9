#include "base/clock.h"

#include "base/error.h"

#include <sys/random.h>

int64_t clock_monotonic_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_monotonic_ms(void)
{
    return clock_monotonic_us() / 1000;
}

void clock_version(char out[15])
{
    struct tm tm;
    const time_t now = time(NULL);
    if (!gmtime_r(&now, &tm) || strftime(out, 15, "%Y%m%d%H%M%S", &tm) != 14) {
        BUG("the clock gives no date");
    }
}

void clock_duration(int64_t ms, struct strbuf *out)
{
    if (ms < 1000) {
        strbuf_addf(out, "%" PRId64 " ms", ms);
    } else if (ms < 60 * 1000) {
        strbuf_addf(out, "%" PRId64 ".%" PRId64 " s", ms / 1000, ms / 100 % 10);
    } else if (ms < 60 * 60 * 1000) {
        strbuf_addf(out, "%" PRId64 " min", (ms + 30 * 1000) / (60 * 1000));
    } else {
        strbuf_addf(out, "%" PRId64 " h %" PRId64 " min", ms / (60 * 60 * 1000), ms / (60 * 1000) % 60);
    }
}

static void random_bytes(void *p, size_t n)
{
    if (getrandom(p, n, 0) != (ssize_t)n) {
        BUG("the kernel gives no random bytes");
    }
}

uint64_t random_below(uint64_t below)
{
    uint64_t r;
    const uint64_t unfair = (uint64_t)0 - below; /* 2^64 mod below, by rejecting the first few values */
    do {
        random_bytes(&r, sizeof(r));
    } while (r < unfair % below);
    return r % below;
}

void random_token(char out[33])
{
    unsigned char raw[16];
    random_bytes(raw, sizeof(raw));
    for (size_t i = 0; i < sizeof(raw); i++) {
        snprintf(out + 2 * i, 3, "%02x", raw[i]);
    }
}

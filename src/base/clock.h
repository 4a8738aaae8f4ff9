/*
 * clock.h - time and chance.
 */
#ifndef MIGRATE_BASE_CLOCK_H
#define MIGRATE_BASE_CLOCK_H

#include "base/str.h"

int64_t clock_monotonic_ms(void); /* for durations; never goes back */
int64_t clock_monotonic_us(void);
/* "20261120093000" of now in UTC: a migration's version. */
void clock_version(char out[15]);
/* "12 ms", "3.4 s", "9 min", "2 h 5 min": a duration for people. */
void clock_duration(int64_t ms, struct strbuf *out);
/* A uniform random number in [0, below); below > 0. From the kernel, so two runners never share a sequence. */
uint64_t random_below(uint64_t below);
/* 32 lower-case hex digits of a random 128-bit number: run ids, owner tokens. */
void random_token(char out[33]);

#endif

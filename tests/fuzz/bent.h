/*
 * bent.h - a fuzz target's function over its seeds as they are, cut short, and bent: what `make check` holds of it in a second.
 *
 * Include the target's .c before it.
 */
#ifndef MIGRATE_TESTS_BENT_H
#define MIGRATE_TESTS_BENT_H

#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "base/file.h"

/* Always the same sequence: a failure is one again. */
static inline uint32_t bent_random(uint32_t *seed, size_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (uint32_t)((*seed >> 8) % below);
}

/* Some bytes become others, go, or stand twice. */
static inline size_t bend(char *text, size_t n, uint32_t *seed)
{
    static const char odd[] = "\n\t '\"$;:-(){}[],.\\*/#&?!|>%@~0aZ\xc3\xff";
    for (uint32_t i = bent_random(seed, 6) + 1; i > 0 && n > 2; i--) {
        const size_t at = bent_random(seed, n - 1) + 1, length = bent_random(seed, n - at) % 40;
        switch (bent_random(seed, 3)) {
        case 0:
            text[at] = odd[bent_random(seed, sizeof odd)];
            break;
        case 1:
            memmove(text + at, text + at + length, n - at - length);
            n -= length;
            break;
        default:
            memmove(text + bent_random(seed, n - length), text + at, length);
        }
    }
    return n;
}

static inline void bent_seeds(const char *folder, unsigned rounds)
{
    struct arena a;
    struct file_list list = {0};
    struct error err;
    uint32_t seed = 1;
    arena_init(&a, (size_t)64 << 20);
    assert_int_equal(file_list(folder, &a, &list, &err), ST_OK);
    assert_true(list.n > 0);
    for (size_t i = 0; i < list.n; i++) {
        struct str text;
        const struct str path = path_join(&a, str_of(folder), list.at[i].name);
        assert_int_equal(file_read(path.p, 1 << 20, &a, &text, &err), ST_OK);
        LLVMFuzzerTestOneInput((const uint8_t *)text.p, text.n);
        for (unsigned round = 0; round < rounds; round++) {
            /* A copy of its own length, so that the sanitizer sees a byte read behind it. */
            char *copy = malloc(text.n + 1);
            assert_non_null(copy);
            memcpy(copy, text.p, text.n);
            size_t n = round % 4 == 0 ? bent_random(&seed, text.n) : text.n;
            n = bend(copy, n, &seed);
            char *exact = realloc(copy, n + (n == 0));
            assert_non_null(exact);
            LLVMFuzzerTestOneInput((const uint8_t *)exact, n);
            free(exact);
        }
    }
    arena_free(&a);
}

#endif

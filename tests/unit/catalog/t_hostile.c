/*
 * t_hostile.c - the promises of fuzz_catalog.c hold for the seeds, for changes drawn at random and for cut and bent files.
 */
#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "../../fuzz/fuzz_catalog.c"
#include "base/file.h"

static void seeds(void **state)
{
    (void)state;
    struct arena a;
    struct file_list list = {0};
    struct error err;
    arena_init(&a, (size_t)64 << 20);
    assert_int_equal(file_list("tests/fuzz/seeds/catalog", &a, &list, &err), ST_OK);
    assert_true(list.n > 0);
    for (size_t i = 0; i < list.n; i++) {
        const struct str path = path_join(&a, STR("tests/fuzz/seeds/catalog"), list.at[i].name);
        struct str text;
        assert_int_equal(file_read(path.p, 1 << 20, &a, &text, &err), ST_OK);
        LLVMFuzzerTestOneInput((const uint8_t *)text.p, text.n);
    }
    arena_free(&a);
}

/* A fixed sequence: a failure is one again. */
static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 16;
}

static void random_changes(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (int round = 0; round < 1500; round++) {
        uint8_t bytes[64];
        const size_t n = next_random(&seed) % sizeof bytes;
        for (size_t i = 0; i < n; i++) {
            bytes[i] = (uint8_t)next_random(&seed);
        }
        LLVMFuzzerTestOneInput(bytes, n);
    }
}

static void bent_files(void **state)
{
    (void)state;
    struct arena a;
    uint32_t seed = 1;
    arena_init(&a, (size_t)64 << 20);
    const struct str file = sound_file(&a);
    for (int round = 0; round < 500; round++) {
        const struct arena_mark mark = arena_mark(&a);
        char *bent = arena_cstr(&a, file);
        for (uint32_t i = next_random(&seed) % 8 + 1; i > 0; i--) {
            const size_t at = 16 + (next_random(&seed) * UINT32_C(65536) + next_random(&seed)) % (file.n - 16);
            bent[at] = (char)next_random(&seed);
        }
        const size_t n = round % 4 == 0 ? next_random(&seed) % file.n : file.n;
        LLVMFuzzerTestOneInput((const uint8_t *)bent, n);
        arena_rewind(&a, mark);
    }
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeds),
        cmocka_unit_test(random_changes),
        cmocka_unit_test(bent_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

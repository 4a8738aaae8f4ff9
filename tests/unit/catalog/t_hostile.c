/*
 * t_hostile.c - the promises of fuzz_catalog.c hold for the seeds, for changes drawn at random and for cut and bent files.
 */
#include "../../fuzz/fuzz_catalog.c"

#include "../../fuzz/bent.h"

static void seeds(void **state UNUSED)
{
    bent_seeds("tests/fuzz/seeds/catalog", 0);
}

static void random_changes(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (int round = 0; round < 1500; round++) {
        uint8_t bytes[64];
        const size_t n = bent_random(&seed, sizeof bytes);
        for (size_t i = 0; i < n; i++) {
            bytes[i] = (uint8_t)bent_random(&seed, 256);
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
        for (uint32_t i = bent_random(&seed, 8) + 1; i > 0; i--) {
            const size_t at = 16 + bent_random(&seed, file.n - 16);
            bent[at] = (char)bent_random(&seed, 256);
        }
        const size_t n = round % 4 == 0 ? bent_random(&seed, file.n) : file.n;
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

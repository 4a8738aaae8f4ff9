/* t_hostile.c - the promises of fuzz_judge.c hold for its seeds, whole, cut and bent. */
#include "../../fuzz/fuzz_judge.c"

#include "../../fuzz/bent.h"

static void seeds(void **state UNUSED)
{
    bent_seeds("tests/fuzz/seeds/judge", 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(seeds)};
    return cmocka_run_group_tests_name("hostile judge", tests, NULL, NULL);
}

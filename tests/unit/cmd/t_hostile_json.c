/* t_hostile_json.c - the promises of fuzz_json.c hold for its seeds, whole, cut and bent. */
#include "../../fuzz/fuzz_json.c"

#include "../../fuzz/bent.h"

static void seeds(void **state UNUSED)
{
    bent_seeds("tests/fuzz/seeds/json", 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(seeds)};
    return cmocka_run_group_tests_name("hostile json", tests, NULL, NULL);
}

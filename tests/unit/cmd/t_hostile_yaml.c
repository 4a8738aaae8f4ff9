/* t_hostile_yaml.c - the promises of fuzz_yaml.c hold for its seeds, whole, cut and bent. */
#include "../../fuzz/fuzz_yaml.c"

#include "../../fuzz/bent.h"

static void seeds(void **state UNUSED)
{
    bent_seeds("tests/fuzz/seeds/yaml", 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(seeds)};
    return cmocka_run_group_tests_name("hostile yaml", tests, NULL, NULL);
}

/* t_hostile.c - the promises of fuzz_aws.c hold for its seeds, whole, cut and bent. */
#include "../../fuzz/fuzz_aws.c"

#include "../../fuzz/bent.h"

static void seeds(void **state UNUSED)
{
    bent_seeds("tests/fuzz/seeds/aws", 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(seeds)};
    return cmocka_run_group_tests_name("hostile aws", tests, NULL, NULL);
}

/* The built-in rulebook does what its files say: every example of every form and hazard. */
#include "rules/selftest.h"

#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

static void examples_hold(void **state)
{
    struct rulebook book;
    struct error err;
    struct arena a;
    struct selftest result;
    (void)state;
    arena_init(&a, 64 * 1024 * 1024);
    assert_int_equal(rulebook_open(&book, &err), ST_OK);
    rules_test(&book, STR(""), &a, &result);
    for (size_t i = 0; i < result.failures.n; i++) {
        const struct selftest_failure *f = &result.failures.at[i];
        print_message("%s:%u: %.*s: %.*s\n", f->file, f->line, STR_ARG(f->rule), STR_ARG(f->message));
    }
    print_message("%u forms, %u hazards, %u examples\n", result.forms, result.hazards, result.examples);
    assert_true(result.forms > 60 && result.hazards >= 25 && result.examples > 150);
    assert_int_equal(result.failures.n, 0);
    rulebook_free(&book);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(examples_hold)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* URLs of other runners become libpq's. */
#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "cmd/url.h"

static void urls(void **state)
{
    static const struct {
        const char *url, *want, *ignored;
    } cases[] = {
        {"postgres://u:p@h:5/d", "postgres://u:p@h:5/d", ""},
        {"postgresql://h/d?sslmode=disable", "postgresql://h/d?sslmode=disable", ""},
        {"host=h dbname=d?x-y=1", "host=h dbname=d?x-y=1", ""},
        {"pgx5://u@h/d", "postgres://u@h/d", ""},
        {"postgres://h/d?x-migrations-table=t&sslmode=disable&x-lock=1", "postgres://h/d?sslmode=disable",
         "x-migrations-table, x-lock"},
        {"postgres://h/d?x-a", "postgres://h/d", "x-a"},
        {"postgres://h/d?search_path=a%2Cb&connect_timeout=3",
         "postgres://h/d?options=-csearch_path%3Da%2Cb&connect_timeout=3", ""},
        {"postgres://u:p?x-a=1@h/d", "postgres://u:p", "x-a"}, /* a ? in a password must be written %3F */
    };
    struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < countof(cases); i++) {
        struct str ignored;
        assert_string_equal(url_for_libpq(&a, cases[i].url, &ignored), cases[i].want);
        assert_true(str_eq(ignored, str_of(cases[i].ignored)));
    }
    arena_free(&a);
}

/* libpq takes what is said last; the database tests connect with them. */
static void databases(void **state)
{
    static const struct {
        const char *url, *database, *want;
    } cases[] = {
        {"postgres://u:p@h:5/d", "shop_1", "postgres://u:p@h:5/d?dbname=shop_1"},
        {"postgresql://h?sslmode=disable", "a&b=c d", "postgresql://h?sslmode=disable&dbname=a%26b%3Dc%20d"},
        {"host=h dbname=d", "it's a \\", "host=h dbname=d dbname='it\\'s a \\\\'"},
        {"only_a_name", "other", "dbname='other'"},
        {NULL, "other", "dbname='other'"},
    };
    struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < countof(cases); i++) {
        assert_string_equal(url_with_database(cases[i].url, cases[i].database, &a), cases[i].want);
    }
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(urls), cmocka_unit_test(databases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

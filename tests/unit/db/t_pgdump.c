/* What pg_dump wrote, made stable. */
#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "db/pgdump.h"

static void check(const char *text, const char *want)
{
    struct arena a;
    arena_init(&a, SIZE_MAX);
    const char *once = arena_cstr(&a, pgdump_clean(str_of(text), &a));
    assert_string_equal(once, want);
    assert_string_equal(arena_cstr(&a, pgdump_clean(str_of(once), &a)), want);
    arena_free(&a);
}

static void noise(void **state)
{
    (void)state;
    check("--\n-- PostgreSQL database dump\n--\n\n\\restrict Ab12\n\n-- Dumped from database version 15.20\n"
          "-- Dumped by pg_dump version 17.1\n\nSET statement_timeout = 0;\nSET transaction_timeout = 0;\n"
          "SET row_security = off;\n\n\n\nCREATE TABLE t (\n    id int\n);\n\n\n\\unrestrict Ab12\n\n",
          "--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\nSET row_security = off;\n\n"
          "CREATE TABLE t (\n    id int\n);\n");
    check("", "");
}

static void bodies_are_left_alone(void **state)
{
    (void)state;
    check("CREATE FUNCTION f() RETURNS text\n    AS $$\n\n\n\\restrict x\n-- Dumped by pg_dump version 1\n$$;\n",
          "CREATE FUNCTION f() RETURNS text\n    AS $$\n\n\n\\restrict x\n-- Dumped by pg_dump version 1\n$$;\n");
}

static void secrets(void **state)
{
    (void)state;
    check("CREATE SERVER s;\n\n\n--\n-- Name: USER MAPPING app SERVER s; Type: USER MAPPING; Schema: -; Owner: -\n--\n\n"
          "CREATE USER MAPPING FOR app SERVER s OPTIONS (\n    password 'geheim',\n    \"user\" 'app'\n);\n\n\n"
          "CREATE TABLE t ();\n",
          "CREATE SERVER s;\n\n--\n-- Name: USER MAPPING app SERVER s; Type: USER MAPPING; Schema: -; Owner: -\n--\n\n"
          "CREATE TABLE t ();\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(noise), cmocka_unit_test(bodies_are_left_alone),
                                       cmocka_unit_test(secrets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Values hidden in SQL that is shown. */
#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "sql/mask.h"

static void check(void (*mask)(struct strbuf *, struct str), const char *sql, const char *want)
{
    struct strbuf out;
    strbuf_init(&out, 4096);
    mask(&out, str_of(sql));
    assert_string_equal(strbuf_cstr(&out), want);
    strbuf_free(&out);
}

static void all_strings(void **state)
{
    (void)state;
    check(mask_strings, "SELECT 'a', E'b\\'c', $$d$$, $x$e$$f$x$, B'01', U&'g' FROM t WHERE id = 7",
          "SELECT '***', '***', '***', '***', '***', '***' FROM t WHERE id = 7");
    check(mask_strings, "SELECT \"it's\" -- 'x\n, 'y'", "SELECT \"it's\" -- 'x\n, '***'");
    check(mask_strings, "", "");
}

static void cut_texts(void **state)
{
    (void)state;
    check(mask_strings, "UPDATE t SET a = 'secr", "UPDATE t SET a = '***'");
    check(mask_strings, "SELECT $$secr", "SELECT '***'");
    check(mask_strings, "SELECT 1 /* pass", "SELECT 1 '***'");
}

static void only_secrets(void **state)
{
    (void)state;
    check(mask_secrets, "INSERT INTO t VALUES ('plain')", "INSERT INTO t VALUES ('plain')");
    check(mask_secrets, "create role a Password 'x'", "create role a Password '***'");
    check(mask_secrets, "CREATE SUBSCRIPTION s CONNECTION 'host=h password=x' PUBLICATION p",
          "CREATE SUBSCRIPTION s CONNECTION '***' PUBLICATION p");
    check(mask_secrets, "SELECT dblink('postgres://u:p@h/d')", "SELECT dblink('***')");
    check(mask_secrets, "DO $$ BEGIN EXECUTE 'ALTER ROLE a PASSWORD ''x'''; END $$", "DO '***'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_strings), cmocka_unit_test(cut_texts),
                                       cmocka_unit_test(only_secrets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The digests that other tools keep, against known answers. */
#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka needs these before it */
#include <cmocka.h>

static void hex(void **state UNUSED)
{
    struct arena a;
    arena_init(&a, 1 << 16);
    assert_string_equal(digest_hex(DIGEST_SHA1, STR("abc"), &a).p, "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_string_equal(digest_hex(DIGEST_SHA256, STR(""), &a).p,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(digest_hex(DIGEST_SHA384, STR("abc"), &a).p,
                        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
    arena_free(&a);
}

static void crc(void **state UNUSED)
{
    assert_int_equal(crc32_of(0, STR("123456789")), 0xCBF43926);
    assert_int_equal(crc32_of(crc32_of(0, STR("1234")), STR("56789")), 0xCBF43926);
    assert_int_equal(crc32_of(0, STR_NONE), 0);
}

/* The empty text and "hello" with the key 0, as the reference implementation with 1 and 3 rounds has them. */
static void sip(void **state UNUSED)
{
    assert_true(siphash13(STR("")) == 0xd1fba762150c532cULL);
    assert_true(siphash13(STR("hello")) == 0xe2e77b41cb4e1f9eULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hex), cmocka_unit_test(crc), cmocka_unit_test(sip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

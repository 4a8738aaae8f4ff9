/* t_line_map.c - lines and columns of byte offsets. */
#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "sql/shape.h"

static void expect(const struct line_map *m, uint32_t offset, unsigned line, unsigned column)
{
    unsigned l, c;
    line_map_find(m, offset, &l, &c);
    assert_int_equal(l, line);
    assert_int_equal(c, column);
}

static void expect_line(const struct line_map *m, unsigned line, const char *text)
{
    const struct str got = line_map_line(m, line);
    assert_true(str_eq(got, str_of(text)));
}

static void test_line_ends(void **state)
{
    (void)state;
    struct line_map m;
    line_map_init(&m, STR("ab\ncd\r\nef\rgh\n\ni"));
    expect(&m, 0, 1, 1);
    expect(&m, 2, 1, 3); /* the line end itself */
    expect(&m, 3, 2, 1);
    expect(&m, 6, 2, 4); /* between \r and \n */
    expect(&m, 7, 3, 1);
    expect(&m, 10, 4, 1);
    expect(&m, 13, 5, 1);
    expect(&m, 14, 6, 1);
    expect(&m, 15, 6, 2);
    expect(&m, 99, 6, 2); /* beyond the end */
    expect_line(&m, 1, "ab");
    expect_line(&m, 2, "cd");
    expect_line(&m, 3, "ef");
    expect_line(&m, 4, "gh");
    expect_line(&m, 5, "");
    expect_line(&m, 6, "i");
    expect_line(&m, 0, "");
    expect_line(&m, 7, "");
    line_map_free(&m);
}

static void test_characters(void **state)
{
    (void)state;
    struct line_map m;
    line_map_init(&m, STR("\xef\xbb\xbf"
                          "a\tb\xc3\xa9"
                          "c\n\xf0\x9f\x98\x80"
                          "d"));
    expect(&m, 0, 1, 1);
    expect(&m, 3, 1, 1); /* the mark is no column */
    expect(&m, 5, 1, 3);
    expect(&m, 6, 1, 4);
    expect(&m, 8, 1, 5);
    expect(&m, 10, 2, 1);
    expect(&m, 14, 2, 2);
    expect_line(&m, 1,
                "a\tb\xc3\xa9"
                "c");
    line_map_free(&m);
}

static void test_empty(void **state)
{
    (void)state;
    struct line_map m;
    line_map_init(&m, STR_NONE);
    expect(&m, 0, 1, 1);
    expect(&m, 5, 1, 1);
    expect_line(&m, 1, "");
    line_map_free(&m);
}

/* A long line, and one whose end is a block's end. */
static void test_blocks(void **state)
{
    (void)state;
    struct strbuf sb;
    struct line_map m;
    strbuf_init(&sb, 1 << 20);
    for (unsigned i = 0; i < LINE_MAP_BLOCK; i++) {
        strbuf_add_cstr(&sb, "\xc3\xa9"
                             "ab"); /* 3 characters, 4 bytes; characters straddle no block, the line does */
    }
    line_map_init(&m, strbuf_str(&sb));
    for (uint32_t i = 0; i < LINE_MAP_BLOCK; i += 7) {
        expect(&m, 4 * i, 1, 3 * i + 1);
        expect(&m, 4 * i + 3, 1, 3 * i + 3);
    }
    expect(&m, 4 * LINE_MAP_BLOCK, 1, 3 * LINE_MAP_BLOCK + 1);
    line_map_free(&m);
    strbuf_free(&sb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_characters),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_blocks),
    };
    return cmocka_run_group_tests_name("line_map", tests, NULL, NULL);
}

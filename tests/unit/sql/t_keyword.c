/* t_keyword.c - the key words: found in any case, nothing else found, categories as the servers have them. */
#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "base/file.h"
#include "sql/keyword.h"

static void test_all(void **state)
{
    (void)state;
    for (unsigned i = 1; i < KW_COUNT; i++) {
        const struct str upper = keyword_text((enum keyword)i);
        char mixed[32];
        assert_in_range(upper.n, 2, sizeof mixed - 1);
        for (size_t k = 0; k < upper.n; k++) {
            mixed[k] = (char)(k % 2 && upper.p[k] != '_' ? upper.p[k] | 0x20 : upper.p[k]);
        }
        assert_int_equal(keyword_find(upper), i);
        assert_int_equal(keyword_find((struct str){mixed, upper.n}), i);
        /* One byte less, or another one behind it, is another word. */
        mixed[upper.n] = 'q';
        assert_int_equal(keyword_find((struct str){mixed, upper.n + 1}), KW_NONE);
        assert_int_not_equal(keyword_find((struct str){upper.p, upper.n - 1}), i);
    }
}

/* Each byte of each key word changed to every other: found only when that is the other case or another key word. */
static void test_near(void **state)
{
    (void)state;
    for (unsigned i = 1; i < KW_COUNT; i++) {
        const struct str upper = keyword_text((enum keyword)i);
        for (size_t k = 0; k < upper.n; k++) {
            char word[32];
            memcpy(word, upper.p, upper.n);
            for (unsigned c = 0; c < 256; c++) {
                word[k] = (char)c;
                const struct str w = {word, upper.n};
                const enum keyword found = keyword_find(w);
                if (found != KW_NONE) {
                    assert_true(str_eq_nocase(keyword_text(found), w));
                } else {
                    assert_false(str_eq_nocase(upper, w));
                }
            }
        }
    }
}

static void test_others(void **state)
{
    (void)state;
    static const struct str words[] = {
        STR_INIT(""),
        STR_INIT("a"),
        STR_INIT("orders"),
        STR_INIT("status"),
        STR_INIT("selects"),
        STR_INIT("current_timestamps"),
        STR_INIT("current\x7ftimestamp"),
        STR_INIT("concurrently_concurrently"),
    };
    for (size_t i = 0; i < countof(words); i++) {
        assert_int_equal(keyword_find(words[i]), KW_NONE);
    }
    assert_int_equal(keyword_text(KW_NONE).n, 0);
    assert_int_equal(keyword_text(KW_COUNT).n, 0);
    assert_int_equal(keyword_category(KW_NONE), KW_UNRESERVED);
    assert_int_equal(keyword_category(KW_COUNT), KW_UNRESERVED);
}

/* keyword_list.h was made from the keywords.txt that lies beside it. */
static void test_list(void **state)
{
    (void)state;
    struct arena a;
    struct str text, line;
    struct error err;
    arena_init(&a, 1 << 20);
    assert_int_equal(file_read("src/sql/keywords.txt", 1 << 20, &a, &text, &err), ST_OK);
    unsigned n = 0;
    while (str_next(&text, '\n', &line)) {
        if (line.n == 0 || line.p[0] == '#') {
            continue;
        }
        const enum keyword kw = keyword_find(str_slice(line, 0, str_find_char(line, ' ')));
        static const char letters[] = "UCTR";
        assert_int_not_equal(kw, KW_NONE);
        assert_int_equal(letters[keyword_category(kw)], line.p[line.n - 1]);
        n++;
    }
    assert_int_equal(n, KW_COUNT - 1);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_near),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests_name("keyword", tests, NULL, NULL);
}

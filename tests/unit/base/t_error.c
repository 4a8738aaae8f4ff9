/* Errors as they are shown, terminal text, UTF-8, time, digests. */
#include "base/clock.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/term.h"

#include <setjmp.h>
#include <cmocka.h>

static void error_is_shown_with_place_and_way_out(void **state)
{
    (void)state;
    struct error err;
    struct strbuf sb;
    strbuf_init(&sb, 10000);
    assert_int_equal(error_set(&err, ST_USAGE, "no marker in %s", "the file"), ST_USAGE);
    error_format(&err, &sb);
    assert_string_equal(strbuf_cstr(&sb), "migrate: error: no marker in the file\n");
    strbuf_reset(&sb);
    error_place(&err, "m/1_a.sql", 3, 7);
    error_detail(&err, "first\nsecond \x1b[31m");
    error_hint(&err, "write -- migrate:up");
    error_context(&err, "reading %d", 5);
    snprintf(err.sqlstate, sizeof(err.sqlstate), "42601");
    error_format(&err, &sb);
    assert_string_equal(strbuf_cstr(&sb),
                        "m/1_a.sql:3:7: error: reading 5: no marker in the file (SQLSTATE 42601)\n"
                        "  detail: first\n    second \\x1B[31m\n  hint: write -- migrate:up\n");
    strbuf_free(&sb);
}

static void long_text_is_cut_not_overrun(void **state)
{
    (void)state;
    struct error err;
    char text[5000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    error_set(&err, ST_SERVER, "%s", text);
    error_context(&err, "%s", text);
    assert_int_equal(strlen(err.primary), sizeof(err.primary) - 1);
}

static void control_characters_are_escaped(void **state)
{
    (void)state;
    struct strbuf sb;
    strbuf_init(&sb, 1000);
    term_escape(&sb, STR("a\tb\x1b]0;x\x07 \xC2\x9B \xFF \xC3\xA9 \xE2\x80\xAE"));
    assert_string_equal(strbuf_cstr(&sb), "a\tb\\x1B]0;x\\x07 \\xC2\\x9B \\xFF \xC3\xA9 \\xE2\\x80\\xAE");
    /* Wherever it stands among bytes that are read eight at a time. */
    for (size_t at = 0; at < 24; at++) {
        static const char *const shown[] = {"\\x1F", "\\x7F", "\\x00", "\\xFF"};
        static const char hidden[] = {0x1F, 0x7F, 0x00, (char)0xFF};
        for (size_t k = 0; k < sizeof(hidden); k++) {
            char text[24], expected[64];
            memset(text, '~', sizeof(text));
            text[at] = hidden[k];
            snprintf(expected, sizeof(expected), "%.*s%s%.*s", (int)at, "~~~~~~~~~~~~~~~~~~~~~~~~", shown[k],
                     (int)(sizeof(text) - at - 1), "~~~~~~~~~~~~~~~~~~~~~~~~");
            strbuf_reset(&sb);
            term_escape(&sb, (struct str){text, sizeof(text)});
            assert_string_equal(strbuf_cstr(&sb), expected);
        }
    }
    strbuf_free(&sb);
}

static void utf8_is_checked(void **state)
{
    (void)state;
    assert_true(utf8_invalid_at(STR("plain ascii, long enough for words \xC3\xA9\xE6\x97\xA5\xF0\x9F\x98\x80")) == SIZE_MAX);
    assert_int_equal(utf8_invalid_at(STR("ab\xC0\x80")), 2);         /* overlong */
    assert_int_equal(utf8_invalid_at(STR("\xED\xA0\x80")), 0);       /* surrogate */
    assert_int_equal(utf8_invalid_at(STR("0123456789\xE6\x97")), 10); /* cut short */
    assert_int_equal(utf8_invalid_at((struct str){"12345678\0001234567", 16}), 8);
    assert_int_equal(utf8_invalid_at(STR("\xF4\x90\x80\x80")), 0); /* above U+10FFFF */
}

static void characters_have_widths(void **state)
{
    (void)state;
    assert_int_equal(term_char_width('a'), 1);
    assert_int_equal(term_char_width(0x301), 0);
    assert_int_equal(term_char_width(0x65E5), 2);
    assert_int_equal(term_char_width(0x1F600), 2);
    assert_int_equal(term_char_width(0x416), 1);
    assert_int_equal(term_char_width(0x05BF), 0);
    assert_int_equal(term_char_width(0x1160), 0);
    assert_int_equal(term_char_width(0x2728), 2);
    assert_int_equal(term_char_width(0x1F43F), 1);
    assert_int_equal(term_char_width(0x1FAF6), 2);
    assert_int_equal(term_char_width(0x10FFFF), 1);
}

static void durations_read_well(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0 ms"}, {999, "999 ms"}, {3450, "3.4 s"}, {59999, "59.9 s"}, {540000, "9 min"}, {7500000, "2 h 5 min"}};
    struct strbuf sb;
    strbuf_init(&sb, 100);
    for (size_t i = 0; i < countof(cases); i++) {
        strbuf_reset(&sb);
        clock_duration(cases[i].ms, &sb);
        assert_string_equal(strbuf_cstr(&sb), cases[i].text);
    }
    strbuf_free(&sb);
    for (int i = 0; i < 1000; i++) {
        assert_in_range(random_below(7), 0, 6);
    }
}

static void digests_do_not_depend_on_line_ends(void **state)
{
    (void)state;
    char a[65], b[65], c[65];
    sha256_of(STR("abc"), a); /* FIPS 180-2, appendix B.1 */
    assert_string_equal(a, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_of_text(STR("x\ny\n"), a);
    sha256_of_text(STR("\xEF\xBB\xBFx\r\ny\r\n"), b);
    sha256_of_text(STR("x\r y\n"), c);
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_is_shown_with_place_and_way_out),
        cmocka_unit_test(long_text_is_cut_not_overrun),
        cmocka_unit_test(control_characters_are_escaped),
        cmocka_unit_test(utf8_is_checked),
        cmocka_unit_test(characters_have_widths),
        cmocka_unit_test(durations_read_well),
        cmocka_unit_test(digests_do_not_depend_on_line_ends),
    };
    return cmocka_run_group_tests_name("base/error", tests, NULL, NULL);
}

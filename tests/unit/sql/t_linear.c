/*
 * t_linear.c - time is linear in the input, whatever it is: counted in looks at bytes, not in seconds.
 *
 * The room's sources are compiled into this test with their ways to look at a byte replaced by counting ones. Each
 * input is a piece repeated; four times as many pieces may cost four times as much, and little more.
 */
static unsigned long work; /* looks at bytes so far */

static inline const void *counting_memchr(const void *p, int c, size_t n)
{
    const char *found = memchr(p, c, n);
    work += 1 + (found ? (size_t)(found - (const char *)p) : n) / 16; /* memchr takes 16 and more at once */
    return found;
}

#define lex_is   plain_lex_is
#define lex_peek plain_lex_peek
#include "sql/lex_class.h"
#undef lex_is
#undef lex_peek

static inline bool lex_is(char c, unsigned parts)
{
    work++;
    return plain_lex_is(c, parts);
}

static inline char lex_peek(struct str text, uint32_t at)
{
    work++;
    return plain_lex_peek(text, at);
}

#define lex_class (work++, lex_class)
#define memchr    counting_memchr
/* clang-format off */
#include "../../../src/sql/lex.c"
#include "../../../src/sql/lex_string.c"
#include "../../../src/sql/lex_extra.c"
#include "../../../src/sql/split_rules.c"
#include "../../../src/sql/split.c"
#include "../../../src/sql/token.c"
#include "../../../src/sql/shape.c"
/* clang-format on */

#include <setjmp.h>
/* cmocka needs setjmp.h before it, and has macros of names that the sources use */
#include <cmocka.h>

static struct str repeat(struct strbuf *sb, const char *head, const char *piece, size_t times)
{
    strbuf_reset(sb);
    strbuf_add_cstr(sb, head);
    for (size_t i = 0; i < times; i++) {
        strbuf_add_cstr(sb, piece);
    }
    return strbuf_str(sb);
}

/* Lex both ways, split, and shape; gives the work of it. */
static unsigned long cost(struct str text)
{
    struct lexer lx;
    struct splitter sp;
    struct arena a;
    arena_init(&a, (size_t)256 << 20);
    work = 0;
    lex_init(&lx, text, false);
    while (lex_next(&lx).kind != TOK_END) {
    }
    splitter_init(&sp, text, 0, (uint32_t)text.n);
    for (struct statement st; splitter_next(&sp, &st); arena_reset(&a)) {
        struct shape_list shapes = {0};
        shape_of(text, &st, &a, &shapes);
        work += st.n_tokens;
        for (size_t i = 0; i < shapes.n; i++) {
            work += shapes.at[i].text.n;
        }
    }
    splitter_free(&sp);
    arena_free(&a);
    return work;
}

static void test_linear(void **state)
{
    (void)state;
    static const struct {
        const char *head, *piece;
    } inputs[] = {
        {"", "a "},
        {"", "select 1;\n"},
        {"", "+"},
        {"", "-+"},
        {"", "*+"},
        {"", "@+"},
        {"", "=-:x"},
        {"", "'a'\n"},
        {"", "'a' "},
        {"", "'a' -- b\n"},
        {"", "'"},
        {"", "''"},
        {"", "E'\\"},
        {"", "U&'"},
        {"", "U&\"a\" uescape "},
        {"", "\""},
        {"", "$a"},
        {"", "$a$"},
        {"", "$a$ $b$ "},
        {"", "$"},
        {"$aaaaaaaaaaaaaaaaaaaaaaa$", "$aaaaaaaaaaaaaaaaaaaaaa"},
        {"", "/*"},
        {"", "/* "},
        {"", "*/"},
        {"", "/**/"},
        {"", "/*/"},
        {"", "--\n"},
        {"", "--\r"},
        {"", "-- a"},
        {"", ";"},
        {"", ";\n"},
        {"", "("},
        {"", "(;"},
        {"", "(;\n"},
        {"", ";/*"},
        {"(", ";--\n"},
        {"(", "; --\n"},
        {"'", ";--\n"},
        {"'", "--;\n"},
        {"'", ";\n"},
        {"'", ";\n\n"},
        {"'", ";\nselect "},
        {"\"", ";\ncreate "},
        {"/*", ";\nselect /*"},
        {"", "$a$;\nselect "},
        {"", "';\nselect \";\nselect /*;\nselect "},
        {"(", ";'a'"},
        {"(", ";\n'a"},
        {"", "; /* */"},
        {"", ";/* */ /* */"},
        {"", "-- a\n\n"},
        {"", "["},
        {"", "[:x"},
        {"", "array["},
        {"", "{{"},
        {"", "{{ "},
        {"", "${"},
        {"", "${a}"},
        {"", "a${a}"},
        {"", "{%"},
        {"", "{a"},
        {"", "$%a"},
        {"", "%(a"},
        {"", "%(a)"},
        {"", "@a"},
        {"", "@a@"},
        {"", ":a"},
        {"", ":'a"},
        {"", ":{?a"},
        {"", "\\a "},
        {"", "\\a\n"},
        {"", "\\"},
        {"", "\\;"},
        {"", "1_"},
        {"", "1."},
        {"", "1e"},
        {"", "0x"},
        {"", ".."},
        {"", "a."},
        {"", "\xc3\xa9"},
        {"", "\xff"},
        {"", "\x01"},
        {"", " "},
        {"", "\t\n"},
        {"", "\r"},
        {"alter table t add a int", ", add a int"},
        {"alter table t ", ","},
        {"alter table a", ".a"},
        {"create rule r (", "select 1;\n"},
        {"create function f() begin atomic ", "select 1;\n"},
        {"create function f() begin atomic ", "case "},
        {"insert into t values (1)", ",(1)"},
        {"copy t from stdin;\n", "1\n"},
        {"", "copy t from stdin;\n\\.\n"},
        {"", "\\copy t from stdin\n\\.\n"},
        {"", "\\copy t from stdin "},
        {"", "\n-- migrate:up\nselect"},
        {"", "{{a}}\nselect 1 "},
        {"", "                    -- migrate:up "},
    };
    enum { TIMES = 2000 };
    struct strbuf sb;
    unsigned wrong = 0;
    strbuf_init(&sb, (size_t)1 << 24);
    for (size_t i = 0; i < countof(inputs); i++) {
        const unsigned long one = cost(repeat(&sb, inputs[i].head, inputs[i].piece, TIMES));
        const unsigned long four = cost(repeat(&sb, inputs[i].head, inputs[i].piece, (size_t)4 * TIMES));
        /* Bounds such as SHAPE_MAX_TEXT make it less than four times; recoveries from broken text are bounded, too. */
        const unsigned long bound = (unsigned long)SPLIT_MAX_RECOVERIES * sb.n;
        if (four > 5 * one + 4096 || four > bound + 100 * sb.n) {
            print_error("%s%s…: %lu, four times as much: %lu\n", inputs[i].head, inputs[i].piece, one, four);
            wrong++;
        }
    }
    strbuf_free(&sb);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_linear)};
    return cmocka_run_group_tests_name("linear", tests, NULL, NULL);
}

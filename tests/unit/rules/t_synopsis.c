/*
 * The notation against shapes: tests/cases/rules/synopsis.case has, in turn, a notation, one shape per line, "==>" and one line per
 * shape: "no", or "yes" and the captures that took part. A notation that is refused has one line: "OFFSET: message".
 */
#include "rules/synopsis.h"

#include "base/file.h"
#include "rules/runtime.h"

#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

enum { MEMORY = 64 << 20 };

struct fixture {
    struct arena a;
    struct rulebook_runtime *rt;
    unsigned slot;
};

static void answer(struct fixture *f, const struct pattern *p, struct str shape, struct strbuf *out)
{
    struct group groups[FORM_MAX_CAPTURES];
    const enum match m = runtime_match(f->rt, p, shape, false, groups);
    strbuf_add_cstr(out, m == MATCH_YES ? "yes" : m == MATCH_NO ? "no" : "limit");
    for (unsigned i = 0; m == MATCH_YES && i < p->n_captures; i++) {
        if (groups[i].end > groups[i].start) {
            strbuf_addf(out, " %.*s=%.*s", STR_ARG(p->captures[i]),
                        STR_ARG(str_slice(shape, groups[i].start, groups[i].end)));
        }
    }
    strbuf_add_char(out, '\n');
}

static void run_case(struct fixture *f, struct str notation, struct str shapes, struct str expected)
{
    struct pattern p = {.slot = f->slot++};
    struct error err;
    struct strbuf out;
    size_t at;
    struct str shape;
    strbuf_init(&out, 64 * 1024);
    if (synopsis_translate(notation, &f->a, &p, &at, &err)) {
        strbuf_addf(&out, "%zu: %s\n", at, err.primary);
    }
    while (p.regex.n > 0 && str_next(&shapes, '\n', &shape)) {
        if (shape.n > 0) {
            answer(f, &p, shape, &out);
        }
    }
    if (!str_eq(str_trim(strbuf_str(&out)), str_trim(expected))) {
        print_message("%.*s\nexpected:\n%.*s\ngot:\n%.*s\n%.*s\n", STR_ARG(notation), STR_ARG(expected),
                      STR_ARG(strbuf_str(&out)), STR_ARG(p.regex));
        fail();
    }
    strbuf_free(&out);
}

static void cases(void **state)
{
    struct fixture f = {.rt = runtime_new()};
    struct str text, block;
    struct error err;
    unsigned n = 0;
    (void)state;
    arena_init(&f.a, MEMORY);
    assert_int_equal(file_read("tests/cases/rules/synopsis.case", MEMORY, &f.a, &text, &err), ST_OK);
    while (text.n > 0) {
        const size_t end = str_find(text, STR("\n\n"));
        block = str_slice(text, 0, end == SIZE_MAX ? text.n : end);
        text = str_slice(text, end == SIZE_MAX ? text.n : end + 2, text.n);
        const size_t mark = str_find(block, STR("==>\n"));
        if (mark == SIZE_MAX) {
            continue; /* a remark */
        }
        struct str rest = str_slice(block, 0, mark), notation;
        str_next(&rest, '\n', &notation);
        run_case(&f, notation, rest, str_slice(block, mark + 4, block.n));
        n++;
    }
    assert_true(n > 30);
    runtime_free(f.rt);
    arena_free(&f.a);
}

/* What every match has is what dispatch goes by. */
static void first_words(void **state)
{
    struct arena a;
    struct pattern p = {0}, q = {0}, r = {0};
    struct error err;
    size_t at;
    uint64_t want[2] = {0, 0};
    (void)state;
    arena_init(&a, MEMORY);
    assert_int_equal(synopsis_translate(STR("CREATE [ UNIQUE ] INDEX $i ON $t …"), &a, &p, &at, &err), ST_OK);
    assert_int_equal(p.first[0], KW_CREATE);
    assert_int_equal(p.first[1], KW_NONE);
    keyword_bit_set(want, KW_CREATE);
    keyword_bit_set(want, KW_INDEX);
    keyword_bit_set(want, KW_ON);
    assert_true(p.needs[0] == want[0] && p.needs[1] == want[1]);
    assert_int_equal(synopsis_translate(STR("ALTER TABLE $t { ADD $c | DROP COLUMN $c }"), &a, &q, &at, &err), ST_OK);
    assert_int_equal(q.first[1], KW_TABLE);
    assert_int_equal(q.n_captures, 3);
    assert_int_equal(synopsis_translate(STR("{ FETCH | MOVE } …"), &a, &r, &at, &err), ST_OK);
    assert_int_equal(r.first[0], KW_NONE);
    assert_true(r.needs[0] == 0 && r.needs[1] == 0);
    uint64_t fetch_or_move[2] = {0, 0};
    keyword_bit_set(fetch_or_move, KW_FETCH);
    keyword_bit_set(fetch_or_move, KW_MOVE);
    assert_memory_equal(r.either, fetch_or_move, sizeof fetch_or_move);
    assert_memory_equal(r.begins[0], fetch_or_move, sizeof fetch_or_move);
    assert_true(r.begins[1][0] == UINT64_MAX && r.begins[1][1] == UINT64_MAX);
    uint64_t unique_or_index[2] = {0, 0};
    keyword_bit_set(unique_or_index, KW_UNIQUE);
    keyword_bit_set(unique_or_index, KW_INDEX);
    assert_memory_equal(p.begins[1], unique_or_index, sizeof unique_or_index);
    arena_free(&a);
}

/* Patterns made to explode, and shapes of absurd depth: bounded, and the bound is told. */
static void bounded(void **state)
{
    struct arena a;
    struct rulebook_runtime *rt = runtime_new();
    struct pattern p = {0}, deep = {.slot = 1};
    struct group groups[FORM_MAX_CAPTURES];
    struct error err;
    struct strbuf shape;
    size_t at;
    (void)state;
    arena_init(&a, MEMORY);
    strbuf_init(&shape, 1 << 20);
    assert_int_equal(synopsis_translate(STR("SELECT … a … b … c … d … e … f … g … h"), &a, &p, &at, &err), ST_OK);
    strbuf_add_cstr(&shape, "SELECT");
    for (unsigned i = 0; i < 4000; i++) {
        strbuf_add_cstr(&shape, " a b c d e f g");
    }
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(runtime_match(rt, &p, strbuf_str(&shape), false, groups), MATCH_LIMIT);
    }
    strbuf_reset(&shape);
    assert_int_equal(synopsis_translate(STR("SELECT ( … ) FROM $t"), &a, &deep, &at, &err), ST_OK);
    strbuf_add_cstr(&shape, "SELECT ");
    for (unsigned i = 0; i < 20000; i++) {
        strbuf_add_cstr(&shape, "( ");
    }
    for (unsigned i = 0; i < 20000; i++) {
        strbuf_add_cstr(&shape, ") ");
    }
    strbuf_add_cstr(&shape, "FROM t");
    for (unsigned i = 0; i < 300; i++) { /* interpreted at first, then by JIT */
        const enum match m = runtime_match(rt, &deep, strbuf_str(&shape), false, groups);
        assert_true(m == MATCH_LIMIT || m == MATCH_YES);
    }
    strbuf_free(&shape);
    runtime_free(rt);
    arena_free(&a);
}

/* A subject that was cut: an end is no proof that the statement ended there. */
static void cut(void **state)
{
    struct arena a;
    struct rulebook_runtime *rt = runtime_new();
    struct pattern closed = {0}, open = {.slot = 1};
    struct group groups[FORM_MAX_CAPTURES];
    struct error err;
    size_t at;
    (void)state;
    arena_init(&a, MEMORY);
    assert_int_equal(synopsis_translate(STR("UPDATE $t SET $set:expr"), &a, &closed, &at, &err), ST_OK);
    assert_int_equal(synopsis_translate(STR("UPDATE $t SET …"), &a, &open, &at, &err), ST_OK);
    const struct str shape = STR("UPDATE t SET a = 1");
    assert_int_equal(runtime_match(rt, &closed, shape, false, groups), MATCH_YES);
    assert_int_equal(runtime_match(rt, &closed, shape, true, groups), MATCH_LIMIT);
    assert_int_equal(runtime_match(rt, &open, shape, true, groups), MATCH_YES);
    runtime_free(rt);
    arena_free(&a);
}

/* Random notations and random shapes: nothing crashes, and what is translated compiles. */
static void random_texts(void **state)
{
    static const char *const words[] = {"CREATE", "INDEX",   "[",        "]",        "{", "}",  "|",   "…",
                                        "$a",     "$b:expr", "$c:type",  "$d:paren", "(", ")",  "!ON", "ON",
                                        "TABLE",  "'",       "$e:names", "lower",    ",", "]*", "="};
    static const char *const tokens[] = {"CREATE", "INDEX",   "(",     ")", "ON", "TABLE",     "''",
                                         "a.b",    "\"q q\"", "lower", ",", "=",  "numeric[]", "\""};
    struct arena a;
    struct rulebook_runtime *rt = runtime_new();
    struct strbuf notation, shape;
    uint32_t seed = 7;
    unsigned translated = 0;
    (void)state;
    arena_init(&a, 512 << 20);
    strbuf_init(&notation, 4096);
    strbuf_init(&shape, 4096);
    for (unsigned round = 0; round < 3000; round++) {
        struct pattern p = {.slot = translated};
        struct error err;
        size_t at;
        strbuf_reset(&notation);
        strbuf_add_cstr(&notation, "CREATE");
        for (unsigned i = 0; i < 2 + round % 9; i++) {
            seed = seed * 1664525 + 1013904223;
            strbuf_addf(&notation, " %s", words[(seed >> 12) % countof(words)]);
        }
        if (synopsis_translate(strbuf_str(&notation), &a, &p, &at, &err)) {
            assert_true(at <= notation.n);
            continue;
        }
        translated++;
        for (unsigned k = 0; k < 8; k++) {
            struct group groups[FORM_MAX_CAPTURES];
            strbuf_reset(&shape);
            strbuf_add_cstr(&shape, "CREATE");
            for (unsigned i = 0; i < k * 2; i++) {
                seed = seed * 1664525 + 1013904223;
                strbuf_addf(&shape, " %s", tokens[(seed >> 12) % countof(tokens)]);
            }
            const enum match m = runtime_match(rt, &p, strbuf_str(&shape), false, groups);
            if (m == MATCH_LIMIT) {
                print_message("%s\n%.*s\n", strbuf_cstr(&notation), STR_ARG(p.regex));
            }
            assert_int_not_equal(m, MATCH_LIMIT);
            for (unsigned i = 0; m == MATCH_YES && i < p.n_captures; i++) {
                assert_true(groups[i].start <= groups[i].end && groups[i].end <= shape.n);
            }
        }
    }
    assert_true(translated > 300);
    strbuf_free(&notation);
    strbuf_free(&shape);
    runtime_free(rt);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases), cmocka_unit_test(first_words),
                                       cmocka_unit_test(bounded), cmocka_unit_test(cut),
                                       cmocka_unit_test(random_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

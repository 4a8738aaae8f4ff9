/* What one condition says of another: the prover behind partition bounds, pruning and NOT NULL proofs. And where a hash sends a row. */
#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "catalog/replay.h"
#include "rules/bound.h"
#include "rules/hash_bound.h"

static struct arena arena;

static struct formula *read_condition(const char *text)
{
    const struct statement st = expression_lex(&arena, str_of(text));
    return formula_read(&arena, expression_canonical(&arena, str_of(text), &st, 0, st.n_tokens), false);
}

static void implications(void **state)
{
    static const struct {
        const char *known, *asked;
        enum tri answer;
    } cases[] = {
        {"a > 5", "a > 3", TRI_YES},
        {"a > 3", "a > 5", TRI_NO},
        {"a >= 5", "a > 5", TRI_NO},
        {"a > 5", "a >= 5", TRI_YES},
        {"a = 5", "a >= 5 AND a < 6", TRI_YES},
        {"5 < a", "a > 5", TRI_YES},
        {"a > 5", "b > 5", TRI_NO},
        {"a BETWEEN 2 AND 4", "a >= 2 AND a <= 4", TRI_YES},
        {"a BETWEEN 2 AND 4", "a < 4", TRI_NO},
        {"a IN (1, 2)", "a IN (1, 2, 3)", TRI_YES},
        {"a IN (1, 4)", "a IN (1, 2, 3)", TRI_NO},
        {"a = ANY (ARRAY[1, 2])", "a < 3", TRI_YES},
        {"a = 1 OR a = 2", "a <= 2", TRI_YES},
        {"NOT (a < 5)", "a >= 5", TRI_YES},
        {"NOT (a < 5 OR b IS NULL)", "b IS NOT NULL", TRI_YES},
        {"a <> 5", "NOT (a = 5)", TRI_YES},
        {"a > 5", "a <> 5", TRI_YES},
        {"a > 5 AND b = 'x'", "b = 'x'", TRI_YES},
        {"a IS NOT NULL", "a IS NOT NULL", TRI_YES},
        {"a > 0", "a IS NOT NULL", TRI_NO}, /* as a CHECK: it holds for NULL, too */
        {"a IS NULL", "a IS NOT NULL", TRI_NO},
        {"lower(a) = 'x'", "lower(a) = 'x'", TRI_YES},
        {"f(a, b)", "f(a, b)", TRI_YES},
        {"f(a, b)", "f(b, a)", TRI_NO},
        {"at >= '2026-01-01'", "at >= '2025-12-31'", TRI_YES},
        {"at >= DATE '2026-01-01'", "at >= '2026-01-01'::date", TRI_YES},
        {"at >= '2026-01-01 00:00:00+00'::timestamptz", "at >= '2026-01-01'", TRI_YES},
        {"at >= '2026-01-01 00:00:01+00'", "at > '2026-01-01'", TRI_YES},
        {"at >= '2026-01-01 00:00:00+00'", "at >= '2026-01-01 00:00:00+02'", TRI_UNKNOWN},
        {"c < 'b'", "c < 'c'", TRI_UNKNOWN}, /* which is less the collation says */
        {"c = 'b'", "c = 'b'", TRI_YES},
        {"a > -5", "a > -6", TRI_YES},
        {"a > 1.5", "a > 1", TRI_YES},
        {"a = '5'", "a = 5", TRI_YES},
    };
    (void)state;
    for (size_t i = 0; i < countof(cases); i++) {
        const enum tri got = formula_implies(read_condition(cases[i].known), read_condition(cases[i].asked));
        if (got != cases[i].answer) {
            fail_msg("%s => %s: %d", cases[i].known, cases[i].asked, (int)got);
        }
    }
}

static void negation_is_its_own_inverse(void **state)
{
    static const char *const cases[] = {"a > 5", "a IS NULL", "a > 5 AND b = 3", "a = 1 OR b IS NOT NULL AND c < 2"};
    (void)state;
    for (size_t i = 0; i < countof(cases); i++) {
        struct formula *f = read_condition(cases[i]), *twice = formula_not(&arena, formula_not(&arena, f));
        assert_int_equal(formula_implies(f, twice), TRI_YES);
        assert_int_equal(formula_implies(twice, f), TRI_YES);
    }
}

static void deep_conditions_end(void **state)
{
    struct strbuf text;
    (void)state;
    strbuf_init(&text, 1 << 20);
    for (int i = 0; i < 3000; i++) {
        strbuf_add_cstr(&text, "NOT (a > 1 OR ");
    }
    strbuf_add_cstr(&text, "b > 2");
    for (int i = 0; i < 3000; i++) {
        strbuf_add_char(&text, ')');
    }
    struct formula *f = read_condition(strbuf_cstr(&text));
    (void)formula_implies(f, f);
    strbuf_free(&text);
}

static void replay(struct catalog *c, const char *sql)
{
    struct splitter sp;
    struct statement st;
    struct origin at = {.file = 1};
    catalog_init(c, &arena);
    splitter_init(&sp, str_of(sql), 0, (uint32_t)strlen(sql));
    while (splitter_next(&sp, &st)) {
        at.transaction = ++at.statement;
        catalog_replay(c, str_of(sql), &st, at);
    }
    splitter_free(&sp);
}

/* Measured: INSERT … RETURNING tableoid::regclass on a server. */
static void hashes_as_the_server(void **state)
{
    static const struct {
        const char *a, *b;
        int remainder;
    } rows[] = {
        {"1", "'x'", 2},
        {"-5", "'hello world'", 0},
        {"99999999999", "'twelve bytes'", 1},
        {"-99999999999", "'a somewhat longer text that has many bytes'", 3},
        {"7", "'13 characters'", 2},
        {"8", "'exactly-4'", 2},
        {"0", "''", 1},
    };
    struct catalog c;
    (void)state;
    replay(&c, "CREATE TABLE h (a bigint, b text) PARTITION BY HASH (a, b);");
    const struct relation *h = catalog_relation(&c, STR("public"), STR("h"));
    for (size_t i = 0; i < countof(rows); i++) {
        struct formula *facts = formula_compare(&arena, STR("a"), IS_EQUAL, str_of(rows[i].a));
        facts = formula_join(&arena, true, formula_join(&arena, true, NULL, NULL), facts);
        assert_int_equal(hash_bound_admits(&arena, h, STR("FOR VALUES WITH ( MODULUS 4 , REMAINDER 0 )"), facts),
                         TRI_UNKNOWN); /* half a key */
        facts = formula_join(&arena, true, facts, formula_compare(&arena, STR("b"), IS_EQUAL, str_of(rows[i].b)));
        for (int r = 0; r < 4; r++) {
            const struct str bound = arena_printf(&arena, "FOR VALUES WITH ( MODULUS 4 , REMAINDER %d )", r);
            assert_int_equal(hash_bound_admits(&arena, h, bound, facts), tri_of(r == rows[i].remainder));
        }
    }
    assert_int_equal(hash_bound_admits(&arena, h, STR("DEFAULT"), read_condition("a = 1 AND b = 'x'")), TRI_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(implications),
        cmocka_unit_test(negation_is_its_own_inverse),
        cmocka_unit_test(deep_conditions_end),
        cmocka_unit_test(hashes_as_the_server),
    };
    arena_init(&arena, (size_t)256 << 20);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return failed;
}

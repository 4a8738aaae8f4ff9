/* Expressions: what binds closer, three-valued answers, and never evaluating what cannot matter. */
#include "rules/expr.h"

#include "rules/facts.h"
#include "rules/synopsis.h"

#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

struct fixture {
    struct arena a;
    struct catalog catalog;
    struct classified what;
    struct shape shape;
    struct statement statement;
    struct eval e;
};

/* A statement that captured $t, a table nobody knows the size of. */
static void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    arena_init(&f->a, 16 << 20);
    catalog_init(&f->catalog, &f->a);
    f->shape.text = STR("DROP TABLE t");
    f->what.shape = &f->shape;
    f->what.statement = &f->statement;
    f->what.text = STR("drop table t");
    keyword_bit_set(f->what.words, KW_DROP);
    keyword_bit_set(f->what.words, KW_TABLE);
    f->what.captures[0] = (struct capture){.name = STR("t"), .start = 11, .end = 12};
    f->what.captures[1] = (struct capture){.name = STR("absent")};
    f->what.n_captures = 2;
    f->e = (struct eval){.what = &f->what, .catalog = &f->catalog, .server_version = 15, .a = &f->a};
}

static enum tri ask(struct fixture *f, const char *text)
{
    const struct expr *x;
    struct error err;
    size_t at;
    if (expr_parse(str_of(text), &f->a, NULL, NULL, &x, &at, &err)) {
        fail_msg("%s at %zu: %s", text, at, err.primary);
    }
    f->e.unknown_of = STR("");
    f->e.unknown_relation = NULL;
    return expr_eval(&f->e, x);
}

static void answers(void **state)
{
    static const struct {
        const char *text;
        enum tri answer;
    } cases[] = {
        {"yes", TRI_YES},
        {"no", TRI_NO},
        {"not yes", TRI_NO},
        {"not not yes", TRI_YES},
        {"yes or no and no", TRI_YES},
        {"(yes or no) and no", TRI_NO},
        {"not no and no", TRI_NO},
        {"not (no and no)", TRI_YES},
        {"small($t)", TRI_UNKNOWN},
        {"not small($t)", TRI_UNKNOWN},
        {"surely small($t)", TRI_NO},
        {"not surely small($t)", TRI_YES},
        {"surely not small($t)", TRI_NO},
        {"surely (yes or small($t))", TRI_YES},
        {"small($t) or yes", TRI_YES},
        {"small($t) and no", TRI_NO},
        {"small($t) and yes", TRI_UNKNOWN},
        {"small($t) or no", TRI_UNKNOWN},
        {"rows($t) < 10", TRI_UNKNOWN},
        {"server = 15", TRI_YES},
        {"server <> 15", TRI_NO},
        {"server != 14", TRI_YES},
        {"server >= 15 and server <= 15 and not server < 15 and not server > 15", TRI_YES},
        {"captured(t)", TRI_YES},
        {"captured(absent)", TRI_NO},
        {"captured(nothing)", TRI_NO},
        {"small($absent)", TRI_NO},
        {"new($t)", TRI_NO},
        {"mentions($t, t)", TRI_YES},
        {"mentions($t, T)", TRI_YES},
        {"mentions($t, table)", TRI_NO},
        {"says(TABLE)", TRI_YES},
        {"says(TABL)", TRI_NO},
        {"small(partitions($t))", TRI_UNKNOWN}, /* there may be some */
        {"small(partitions($absent))", TRI_NO},
        {"in_transaction", TRI_UNKNOWN},
    };
    struct fixture f;
    (void)state;
    fixture_init(&f);
    for (size_t i = 0; i < countof(cases); i++) {
        if (ask(&f, cases[i].text) != cases[i].answer) {
            fail_msg("%s: not %d", cases[i].text, (int)cases[i].answer);
        }
    }
    arena_free(&f.a);
}

static void what_is_unknown(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f);
    assert_int_equal(ask(&f, "new($t) or small($t) or exists($t)"), TRI_UNKNOWN);
    assert_true(str_eq(f.e.unknown_of, STR("small"))); /* the first */
    assert_non_null(f.e.unknown_relation);
    assert_true(str_eq(f.e.unknown_relation->name, STR("t")));
    assert_int_equal(ask(&f, "no and small($t)"), TRI_NO);
    assert_int_equal(f.e.unknown_of.n, 0);
    arena_free(&f.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers), cmocka_unit_test(what_is_unknown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

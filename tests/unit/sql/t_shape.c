/* t_shape.c - shapes, by the cases of shape.case: one line for each shape, control characters as <0a>. */
#include "cases.h"
#include "show.h"
#include "sql/shape.h"

static void run(struct str input, struct arena *a, struct strbuf *out)
{
    struct splitter sp;
    struct statement st;
    splitter_init(&sp, input, 0, (uint32_t)input.n);
    while (splitter_next(&sp, &st)) {
        struct shape_list shapes = {0};
        shape_of(input, &st, a, &shapes);
        for (size_t i = 0; i < shapes.n; i++) {
            assert_int_equal(shapes.at[i].action, i);
            assert_int_equal(shapes.at[i].n_actions, shapes.n);
            assert_false(shapes.at[i].cut);
            show_text(out, shapes.at[i].text);
            strbuf_add_char(out, '\n');
        }
    }
    splitter_free(&sp);
}

static void test_cases(void **state)
{
    (void)state;
    check_cases("tests/cases/sql/shape.case", run);
}

struct one {
    struct arena arena;
    struct splitter sp;
    struct statement st;
    struct shape_list shapes;
};

static void open_one(struct one *o, struct str text)
{
    *o = (struct one){0};
    arena_init(&o->arena, (size_t)256 << 20);
    splitter_init(&o->sp, text, 0, (uint32_t)text.n);
    assert_true(splitter_next(&o->sp, &o->st));
    shape_of(text, &o->st, &o->arena, &o->shapes);
}

static void close_one(struct one *o)
{
    splitter_free(&o->sp);
    arena_free(&o->arena);
}

/* The source of the tokens that a piece of the shape stands for. */
static struct str source_of(const struct one *o, struct str text, const struct shape *s, struct str piece)
{
    const size_t at = str_find(s->text, piece);
    size_t first, last;
    assert_true(at != SIZE_MAX);
    shape_range(s, (uint32_t)at, (uint32_t)(at + piece.n), &first, &last);
    assert_true(first < last && last <= o->st.n_tokens);
    return str_slice(text, o->st.tokens[first].start, o->st.tokens[last - 1].end);
}

static void test_range(void **state)
{
    (void)state;
    const struct str text =
        STR("alter /* x */ table \"Public\" . Orders add type text default 'a;b' , drop /* y */ column c");
    struct one o;
    open_one(&o, text);
    assert_int_equal(o.shapes.n, 2);
    const struct shape *first = &o.shapes.at[0], *second = &o.shapes.at[1];
    assert_true(str_eq(source_of(&o, text, first, STR("\"Public\".orders")), STR("\"Public\" . Orders")));
    assert_true(str_eq(source_of(&o, text, first, STR("TYPE")), STR("type")));
    assert_true(str_eq(source_of(&o, text, first, STR("YP")), STR("type"))); /* inside a token: the token */
    assert_true(str_eq(source_of(&o, text, first, STR(" TYPE ")), STR("Orders add type")) == false);
    assert_true(str_eq(source_of(&o, text, first, STR("''")), STR("'a;b'")));
    assert_true(str_eq(source_of(&o, text, second, STR("DROP COLUMN c")), STR("drop /* y */ column c")));
    assert_true(str_eq(source_of(&o, text, second, STR("orders")), STR("Orders")));
    assert_true(str_eq(source_of(&o, text, first, first->text),
                       STR("alter /* x */ table \"Public\" . Orders add type text default 'a;b'")));
    size_t from, to;
    shape_range(first, 3, 3, &from, &to);
    assert_int_equal(from, to);
    shape_range(first, (uint32_t)first->text.n, (uint32_t)first->text.n + 5, &from, &to);
    assert_int_equal(from + 1, to); /* beyond the end: the last token */
    /* The action's own tokens. */
    assert_int_equal(first->first, 5);
    assert_int_equal(first->last, 10);
    assert_int_equal(second->first, 11);
    assert_int_equal(second->last, o.st.n_tokens);
    close_one(&o);
}

/* A statement with one shape says that all of it is the action. */
static void test_single(void **state)
{
    (void)state;
    struct one o;
    open_one(&o, STR("drop table a, b"));
    assert_int_equal(o.shapes.n, 1);
    assert_int_equal(o.shapes.at[0].n_actions, 1);
    assert_int_equal(o.shapes.at[0].first, 0);
    assert_int_equal(o.shapes.at[0].last, 5);
    assert_int_equal(o.shapes.at[0].n_tokens, 5);
    close_one(&o);
}

static void add_times(struct strbuf *sb, struct str s, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        strbuf_add(sb, s);
    }
}

/* A long statement's text stops at the bound, on a token. */
static void test_cut(void **state)
{
    (void)state;
    struct strbuf sb;
    struct one o;
    strbuf_init(&sb, (size_t)1 << 20);
    strbuf_add(&sb, STR("insert into t values "));
    add_times(&sb, STR("(1,2),"), 20000);
    open_one(&o, strbuf_str(&sb));
    const struct shape *s = &o.shapes.at[0];
    assert_true(s->cut);
    assert_in_range(s->text.n, SHAPE_MAX_TEXT - 4, SHAPE_MAX_TEXT);
    assert_true(s->text.p[s->text.n - 1] != ' ');
    assert_true(s->tokens[s->n_tokens - 1].at < s->text.n);
    close_one(&o);
    strbuf_free(&sb);
}

/* Of a long parenthesis the beginning is enough: what stands before and behind it says what the statement is. */
static void test_long_parentheses(void **state)
{
    (void)state;
    struct strbuf sb;
    struct one o;
    size_t first, last;
    strbuf_init(&sb, (size_t)1 << 20);
    strbuf_add(&sb, STR("delete from t where id in ((1),"));
    add_times(&sb, STR("f(10,(2)),"), 20000);
    strbuf_add(&sb, STR("3) and x = 1"));
    open_one(&o, strbuf_str(&sb));
    const struct shape *s = &o.shapes.at[0];
    assert_false(s->cut);
    assert_true(str_starts(s->text, STR("DELETE FROM t WHERE id IN ( ( 1 ) , f ( 10 , ( 2 ) ) , f (")));
    assert_true(str_ends(s->text, STR(") AND x = 1")));
    assert_in_range(s->text.n, 100, 2000);
    shape_range(s, (uint32_t)s->text.n - 5, (uint32_t)s->text.n, &first, &last);
    assert_int_equal(last, o.st.n_tokens);
    assert_int_equal(first, o.st.n_tokens - 3);
    close_one(&o);
    strbuf_free(&sb);
}

/* One token beyond the bound: the text stops before it, and the tokens behind it do not follow. */
static void test_long_token(void **state)
{
    (void)state;
    struct strbuf sb;
    struct one o;
    strbuf_init(&sb, (size_t)1 << 20);
    strbuf_add(&sb, STR("select "));
    strbuf_add_repeat(&sb, '7', SHAPE_MAX_TEXT);
    strbuf_add(&sb, STR(" from t"));
    open_one(&o, strbuf_str(&sb));
    assert_true(o.shapes.at[0].cut);
    assert_true(str_eq(o.shapes.at[0].text, STR("SELECT")));
    close_one(&o);
    strbuf_free(&sb);
}

/* Very many actions: each its shape, memory in proportion to actions and head. */
static void test_many_actions(void **state)
{
    (void)state;
    enum { ACTIONS = 10000 };
    struct strbuf sb;
    struct one o;
    strbuf_init(&sb, (size_t)1 << 20);
    strbuf_add(&sb, STR("alter table only app.t add a int"));
    add_times(&sb, STR(", add a int"), ACTIONS - 1);
    open_one(&o, strbuf_str(&sb));
    assert_int_equal(o.shapes.n, ACTIONS);
    for (size_t i = 0; i < ACTIONS; i++) {
        assert_true(str_eq(o.shapes.at[i].text, STR("ALTER TABLE ONLY app.t ADD a INT")));
    }
    assert_true(o.arena.used < (size_t)8 << 20);
    close_one(&o);
    strbuf_free(&sb);
}

/* So many actions that their heads would take more than SHAPE_MAX_HEADS: one shape. */
static void test_too_many_actions(void **state)
{
    (void)state;
    struct strbuf sb;
    struct one o;
    strbuf_init(&sb, (size_t)4 << 20);
    strbuf_add(&sb, STR("alter table \"Very\".\"Long\".\"Name\" add a int"));
    add_times(&sb, STR(", add a"), 60000);
    open_one(&o, strbuf_str(&sb));
    assert_int_equal(o.shapes.n, 1);
    assert_true(o.shapes.at[0].cut);
    assert_int_equal(o.shapes.at[0].n_actions, 1);
    close_one(&o);
    strbuf_free(&sb);
}

/* A head that is no longer a head is not repeated. */
static void test_long_head(void **state)
{
    (void)state;
    struct strbuf sb;
    struct one o;
    strbuf_init(&sb, (size_t)1 << 20);
    strbuf_add(&sb, STR("alter table a"));
    add_times(&sb, STR(".a"), SHAPE_MAX_HEAD / 2);
    strbuf_add(&sb, STR(" add b int, add c int"));
    open_one(&o, strbuf_str(&sb));
    assert_int_equal(o.shapes.n, 1);
    assert_true(str_ends(o.shapes.at[0].text, STR(" ADD b INT , ADD c INT")));
    close_one(&o);
    strbuf_free(&sb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_single),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_long_parentheses),
        cmocka_unit_test(test_long_token),
        cmocka_unit_test(test_many_actions),
        cmocka_unit_test(test_too_many_actions),
        cmocka_unit_test(test_long_head),
    };
    return cmocka_run_group_tests_name("shape", tests, NULL, NULL);
}

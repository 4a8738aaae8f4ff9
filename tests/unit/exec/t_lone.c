/* What a lone statement is about, and the text form of arrays. */
#include "exec/lone.h"
#include "exec/tx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct lone read_it(struct arena *a, const char *sql)
{
    struct lone out;
    lone_read(str_of(sql), a, &out);
    return out;
}

#define assert_str(s, literal) assert_true(str_eq((s), STR(literal)))

static void create_index(void **state)
{
    struct arena *a = *state;
    struct lone l = read_it(
        a, "create unique index concurrently if not exists \"My \"\"Idx\" on only App.\"T\" using btree (a) where b");
    assert_int_equal(l.kind, LONE_CREATE_INDEX);
    assert_true(l.unique && l.if_not_exists);
    assert_str(l.name, "My \"Idx");
    assert_str(l.table, "App.\"T\"");
    assert_str(l.rest, " using btree (a) where b");
    l = read_it(a, "CREATE INDEX CONCURRENTLY Foo ON t(lower(x)) -- why");
    assert_str(l.name, "foo");
    assert_str(l.table, "t");
    assert_str(l.rest, "(lower(x)) -- why");
    l = read_it(a, "CREATE INDEX /* here */ CONCURRENTLY ON t (a)");
    assert_int_equal(l.kind, LONE_CREATE_INDEX);
    assert_int_equal(l.name.n, 0);
    assert_int_equal(read_it(a, "CREATE INDEX i ON t (a)").kind, LONE_OTHER);
}

static void others(void **state)
{
    struct arena *a = *state;
    struct lone l = read_it(a, "DROP INDEX CONCURRENTLY IF EXISTS app.\"I\"");
    assert_int_equal(l.kind, LONE_DROP_INDEX);
    assert_true(l.if_exists);
    assert_str(l.name, "app.\"I\"");
    assert_int_equal(read_it(a, "DROP INDEX i").kind, LONE_OTHER);
    l = read_it(a, "REINDEX (VERBOSE, CONCURRENTLY) TABLE app.t");
    assert_int_equal(l.kind, LONE_REINDEX);
    assert_str(l.name, "app.t");
    assert_int_equal(read_it(a, "REINDEX INDEX CONCURRENTLY i").kind, LONE_REINDEX);
    assert_int_equal(read_it(a, "REINDEX INDEX i").kind, LONE_OTHER);
    assert_int_equal(read_it(a, "REINDEX (VERBOSE").kind, LONE_OTHER);
    l = read_it(a, "ALTER TABLE IF EXISTS ONLY p DETACH PARTITION app.p1 CONCURRENTLY");
    assert_int_equal(l.kind, LONE_DETACH);
    assert_str(l.table, "p");
    assert_str(l.name, "app.p1");
    assert_int_equal(read_it(a, "ALTER TABLE p DETACH PARTITION p1").kind, LONE_OTHER);
    l = read_it(a, "ALTER TABLE t VALIDATE CONSTRAINT \"C\"");
    assert_int_equal(l.kind, LONE_VALIDATE);
    assert_str(l.name, "C");
    l = read_it(a, "ALTER TYPE app.mood ADD VALUE IF NOT EXISTS 'it''s' BEFORE 'x'");
    assert_int_equal(l.kind, LONE_ADD_VALUE);
    assert_str(l.table, "app.mood");
    assert_str(l.value, "it's");
    assert_int_equal(read_it(a, "CALL p()").kind, LONE_MAYBE_PARTLY);
    assert_int_equal(read_it(a, "DO $$BEGIN COMMIT; END$$").kind, LONE_MAYBE_PARTLY);
    assert_int_equal(read_it(a, "VACUUM t").kind, LONE_OTHER);
    assert_int_equal(read_it(a, "").kind, LONE_OTHER);
    assert_int_equal(read_it(a, "ALTER TABLE").kind, LONE_OTHER);
}

static void arrays(void **state)
{
    struct arena *a = *state;
    const struct str values[] = {STR_INIT("plain"), STR_INIT("with \"quotes\" and \\"), STR_INIT(""), STR_INIT("a,b}{"),
                                 STR_INIT("NULL")};
    struct str back[8];
    size_t n;
    const char *const text = param_array(a, values, countof(values));
    assert_string_equal(text, "{\"plain\",\"with \\\"quotes\\\" and \\\\\",\"\",\"a,b}{\",\"NULL\"}");
    assert_true(array_values(str_of(text), a, back, 8, &n));
    assert_int_equal(n, countof(values));
    for (size_t i = 0; i < n; i++) {
        assert_true(str_eq(back[i], values[i]));
    }
    assert_true(array_values(STR("{1,two}"), a, back, 8, &n));
    assert_int_equal(n, 2);
    assert_str(back[1], "two");
    assert_true(array_values(STR("{}"), a, back, 8, &n));
    assert_int_equal(n, 0);
    assert_false(array_values(STR("{1,NULL}"), a, back, 8, &n));
    assert_false(array_values(STR("{1,2,3}"), a, back, 2, &n));
    assert_false(array_values(STR("1"), a, back, 8, &n));
}

static int setup(void **state)
{
    static struct arena a;
    arena_init(&a, 1 << 24);
    *state = &a;
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_index),
        cmocka_unit_test(others),
        cmocka_unit_test(arrays),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* Files, folders, paths. */
#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sys/stat.h>

static int enter(void **state)
{
    static char dir[] = "/tmp/migrate-test-XXXXXX";
    *state = mkdtemp(dir);
    return *state && chdir(dir) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    struct arena a;
    struct file_list list = {0};
    struct error err;
    arena_init(&a, 1 << 20);
    if (file_list(".", &a, &list, &err)) {
        return -1;
    }
    for (size_t i = 0; i < list.n; i++) {
        remove(list.at[i].name.p);
    }
    arena_free(&a);
    return chdir("/") == 0 ? rmdir(*state) : -1;
}

static void writes_and_reads_back(void **state)
{
    (void)state;
    struct arena a;
    struct error err;
    struct str text;
    arena_init(&a, 1 << 20);
    assert_int_equal(file_write_atomic("a.sql", STR("select 1;\n"), &err), ST_OK);
    assert_int_equal(file_write_atomic("a.sql", STR("select 2;\n"), &err), ST_OK);
    assert_int_equal(file_read("a.sql", 1000, &a, &text, &err), ST_OK);
    assert_true(str_eq(text, STR("select 2;\n")));
    assert_int_equal(text.p[text.n], '\0');
    assert_int_equal(file_read("a.sql", 5, &a, &text, &err), ST_USAGE);
    arena_free(&a);
}

static void says_what_it_cannot_read(void **state)
{
    (void)state;
    struct arena a;
    struct error err;
    struct str text;
    arena_init(&a, 1 << 20);
    assert_int_equal(file_read("missing", 10, &a, &text, &err), ST_USAGE);
    assert_string_equal(err.primary, "cannot read missing: No such file or directory");
    assert_int_equal(file_read(".", 10, &a, &text, &err), ST_USAGE);
    assert_string_equal(err.primary, ". is a folder");
    assert_int_equal(file_write_atomic("nowhere/x", STR(""), &err), ST_SYSTEM);
    arena_free(&a);
}

static void lists_sorted_with_kinds(void **state)
{
    (void)state;
    struct arena a;
    struct error err;
    struct file_list list = {0};
    arena_init(&a, 1 << 20);
    assert_int_equal(file_write_atomic("b", STR(""), &err), ST_OK);
    assert_int_equal(mkdir("c", 0700), 0);
    assert_int_equal(symlink("b", "l"), 0);
    assert_int_equal(symlink("nowhere", "z"), 0);
    assert_int_equal(file_list(".", &a, &list, &err), ST_OK);
    static const struct {
        const char *name;
        enum file_kind kind;
    } want[] = {{"a.sql", FILE_REGULAR}, {"b", FILE_REGULAR}, {"c", FILE_FOLDER}, {"l", FILE_REGULAR}, {"z", FILE_MISSING}};
    assert_int_equal(list.n, countof(want));
    for (size_t i = 0; i < countof(want); i++) {
        assert_string_equal(list.at[i].name.p, want[i].name);
        assert_int_equal(list.at[i].kind, want[i].kind);
    }
    assert_int_equal(file_list("missing", &a, &list, &err), ST_USAGE);
    arena_free(&a);
}

static void takes_paths_apart(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    assert_true(str_eq(path_base(STR("a/b/c.sql")), STR("c.sql")));
    assert_true(str_eq(path_folder(STR("a/b//c.sql")), STR("a/b")));
    assert_true(str_eq(path_folder(STR("c.sql")), STR(".")));
    assert_true(str_eq(path_folder(STR("/c.sql")), STR("/")));
    assert_true(str_eq(path_join(&a, STR("a/"), STR("b")), STR("a/b")));
    assert_true(str_eq(path_join(&a, STR("a"), STR("b")), STR("a/b")));
    assert_true(str_eq(path_join(&a, STR("."), STR("b")), STR("b")));
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_reads_back), cmocka_unit_test(says_what_it_cannot_read),
        cmocka_unit_test(lists_sorted_with_kinds), cmocka_unit_test(takes_paths_apart),
    };
    return cmocka_run_group_tests_name("base/file", tests, enter, leave);
}

/* Where paths lead. */
#include "base/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

static void path_from_folder(void **state)
{
    static const struct {
        const char *folder, *path, *want;
    } cases[] = {
        {"/a/b", "/a/b/c.sql", "c.sql"}, {"/a/b", "/a/c.sql", "../c.sql"},   {"/a/b", "/x/y/c.sql", "../../x/y/c.sql"},
        {"/", "/a/c.sql", "a/c.sql"},    {"/a/b", "/a/bc/d", "../bc/d"},     {"/a/bc", "/a/b/d", "../b/d"},
        {"/a", "/a", "."},               {"/a/b", "/a", ".."},               {"/a", "/a/b/c/d", "b/c/d"},
    };
    struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(path_from(&a, str_of(cases[i].folder), str_of(cases[i].path)).p, cases[i].want);
    }
    arena_free(&a);
}

static void absolute_follows_links_of_folders_only(void **state)
{
    char dir[] = "/tmp/migrate-test-XXXXXX";
    struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    assert_non_null(mkdtemp(dir));
    char *root = realpath(dir, NULL);
    assert_int_equal(chdir(dir), 0);
    assert_int_equal(mkdir("real", 0700), 0);
    assert_int_equal(symlink("real", "link"), 0);
    assert_int_equal(symlink("nowhere", "real/file.sql"), 0);
    assert_string_equal(path_absolute(&a, STR("link/file.sql")).p, arena_printf(&a, "%s/real/file.sql", root).p);
    assert_string_equal(path_absolute(&a, STR("link/../x.sql")).p, arena_printf(&a, "%s/x.sql", root).p);
    assert_string_equal(path_absolute(&a, STR("./missing/../gone/x.sql")).p, arena_printf(&a, "%s/gone/x.sql", root).p);
    assert_string_equal(path_absolute(&a, STR("/no/such/../x.sql")).p, "/no/x.sql");
    assert_string_equal(path_absolute(&a, STR(".")).p, root);
    assert_string_equal(path_absolute(&a, STR("link/..")).p, root);
    assert_int_equal(unlink("real/file.sql") | unlink("link") | rmdir("real"), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(dir), 0);
    free(root);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_from_folder),
        cmocka_unit_test(absolute_follows_links_of_folders_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

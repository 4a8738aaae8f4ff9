/* Folders of migrations: order, several folders, and every bad entry with its exact message. */
#include <fcntl.h>
#include <setjmp.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "migration/layout.h"

struct fixture {
    char root[64];
    struct arena a;
    struct migration_list list;
    struct error err;
};

#define UP "-- migrate:up\nSELECT 1;\n"

static int make_root(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    snprintf(f->root, sizeof(f->root), "/tmp/migrate-load-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    assert_int_equal(chmod(f->root, 0755), 0);
    arena_init(&f->a, (size_t)64 << 20);
    *state = f;
    return 0;
}

static void remove_tree(struct arena *a, const char *path)
{
    struct file_list entries = {0};
    struct error err;
    chmod(path, 0700);
    if (file_list(path, a, &entries, &err) == ST_OK) {
        for (size_t i = 0; i < entries.n; i++) {
            const char *inside = path_join(a, str_of(path), entries.at[i].name).p;
            if (unlink(inside) != 0) {
                remove_tree(a, inside);
            }
        }
    }
    rmdir(path);
}

static int drop_root(void **state)
{
    struct fixture *f = *state;
    remove_tree(&f->a, f->root);
    arena_free(&f->a);
    free(f);
    return 0;
}

static const char *path_of(struct fixture *f, const char *name)
{
    return path_join(&f->a, str_of(f->root), str_of(name)).p;
}

static void put(struct fixture *f, const char *name, const char *text)
{
    assert_int_equal(file_write_atomic(path_of(f, name), str_of(text), &f->err), ST_OK);
}

static enum status load(struct fixture *f, bool lenient)
{
    const struct str folder = str_of(f->root);
    const struct migration_options options = {.lenient = lenient};
    return migrations_load(&folder, 1, &options, &f->a, &f->list, &f->err);
}

/* The files in the order loaded, without the folder. */
static const char *loaded(struct fixture *f)
{
    struct strbuf out;
    strbuf_init(&out, 1 << 16);
    for (size_t i = 0; i < f->list.n; i++) {
        strbuf_addf(&out, "%s%.*s", i ? " " : "", STR_ARG(path_base(f->list.at[i].file)));
    }
    const char *names = arena_cstr(&f->a, strbuf_str(&out));
    strbuf_free(&out);
    return names;
}

/* The error as it is shown, with the folder's name as $. */
static const char *shown(struct fixture *f)
{
    struct strbuf out, shorter;
    strbuf_init(&out, 1 << 16);
    strbuf_init(&shorter, 1 << 16);
    error_format(&f->err, &out);
    struct str rest = strbuf_str(&out);
    for (size_t at; (at = str_find(rest, str_of(f->root))) != SIZE_MAX;) {
        strbuf_add(&shorter, str_slice(rest, 0, at));
        strbuf_add_char(&shorter, '$');
        rest = str_slice(rest, at + strlen(f->root), rest.n);
    }
    strbuf_add(&shorter, rest);
    const char *text = arena_cstr(&f->a, strbuf_str(&shorter));
    strbuf_free(&out);
    strbuf_free(&shorter);
    return text;
}

static void refused(struct fixture *f, bool lenient, enum status status, const char *message)
{
    assert_int_equal(load(f, lenient), status);
    assert_string_equal(shown(f), message);
}

/* ---- what works ----------------------------------------------------------------------------------------------- */

static void by_number(void **state)
{
    struct fixture *f = *state;
    put(f, "10_ten.sql", UP);
    put(f, "9_nine.sql", UP);
    put(f, "1.10_b.sql", UP);
    put(f, "1.2_a.sql", UP);
    put(f, "20260101000000_late.sql", UP);
    assert_int_equal(load(f, false), ST_OK);
    assert_string_equal(loaded(f), "1.2_a.sql 1.10_b.sql 9_nine.sql 10_ten.sql 20260101000000_late.sql");
    assert_true(f->list.at[3].up.present);
    assert_ptr_equal(f->list.at[0].layout, &layout_native);

    assert_ptr_equal(migrations_find(&f->list, STR("0009")), &f->list.at[2]);
    assert_ptr_equal(migrations_find(&f->list, STR("1.2")), &f->list.at[0]);
    assert_ptr_equal(migrations_find(&f->list, STR("20260101000000")), &f->list.at[4]);
    assert_null(migrations_find(&f->list, STR("11")));
    assert_null(migrations_find(&f->list, STR("99999999999999999999")));
    assert_null(migrations_find(&f->list, STR("")));
}

static void passed_over(void **state)
{
    struct fixture *f = *state;
    put(f, "1_a.sql", UP);
    put(f, "README.md", "x");
    put(f, "2_b.sql.bak", "x");
    put(f, "2_b.sql~", "x");
    put(f, ".hidden.sql", "x");
    put(f, "sql", "x");
    assert_int_equal(symlink("nowhere", path_of(f, ".#1_a.sql")), 0); /* an editor's lock */
    assert_int_equal(symlink("nowhere", path_of(f, "notes")), 0);
    assert_int_equal(mkdir(path_of(f, "archive"), 0700), 0);
    assert_int_equal(load(f, false), ST_OK);
    assert_string_equal(loaded(f), "1_a.sql");
}

static void nothing_there(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load(f, false), ST_OK);
    assert_int_equal(f->list.n, 0);
    assert_null(migrations_find(&f->list, STR("1")));
}

static void symbolic_links(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkdir(path_of(f, "real"), 0700), 0);
    put(f, "real/a.txt", UP);
    assert_int_equal(symlink("real/a.txt", path_of(f, "1_a.sql")), 0);
    assert_int_equal(load(f, false), ST_OK);
    assert_string_equal(loaded(f), "1_a.sql");
    assert_true(str_eq(f->list.at[0].text, STR(UP)));
}

static void several_folders(void **state)
{
    struct fixture *f = *state;
    const struct migration_options options = {0};
    assert_int_equal(mkdir(path_of(f, "core"), 0700), 0);
    assert_int_equal(mkdir(path_of(f, "shop"), 0700), 0);
    put(f, "core/1_a.sql", UP);
    put(f, "core/3_c.sql", UP);
    put(f, "shop/2_b.sql", UP);
    const struct str folders[] = {str_of(path_of(f, "core")), str_of(path_of(f, "shop")), str_of(path_of(f, "core"))};
    assert_int_equal(migrations_load(folders, 2, &options, &f->a, &f->list, &f->err), ST_OK);
    assert_string_equal(loaded(f), "1_a.sql 2_b.sql 3_c.sql");

    assert_int_equal(migrations_load(folders, 3, &options, &f->a, &f->list, &f->err), ST_USAGE);
    assert_string_equal(shown(f), "$/core/1_a.sql: error: the folder of this file is named twice\n"
                                  "  hint: name each folder once\n");
    put(f, "shop/01.0_d.sql", UP);
    assert_int_equal(migrations_load(folders, 2, &options, &f->a, &f->list, &f->err), ST_USAGE);
    assert_string_equal(shown(f), "$/shop/01.0_d.sql: error: version 01.0 is taken by $/core/1_a.sql\n"
                                  "  hint: versions are compared as numbers: give one of the two files another one\n");
}

/* Lint takes pairs, versions used twice without markers, and files without a version; those come last. */
static void lenient(void **state)
{
    struct fixture *f = *state;
    put(f, "2_b.up.sql", "SELECT 1;\n");
    put(f, "2_b.down.sql", "SELECT 1;\n");
    put(f, "10_c.sql", UP);
    put(f, "10_also.sql", "SELECT 1;\n");
    put(f, "schema.sql", UP);
    put(f, "extra.sql", UP);
    assert_int_equal(load(f, true), ST_OK);
    assert_string_equal(loaded(f), "2_b.down.sql 2_b.up.sql 10_also.sql 10_c.sql extra.sql schema.sql");
    assert_false(f->list.at[0].up.present);
    assert_true(f->list.at[0].down.present);
    assert_true(f->list.at[1].up.present);
    assert_ptr_equal(f->list.at[1].layout, &layout_plain);
    assert_ptr_equal(f->list.at[3].layout, &layout_native);
    put(f, "10_b.sql", UP);
    refused(f, true, ST_USAGE,
            "$/10_c.sql: error: version 10 is taken by $/10_b.sql\n"
            "  hint: versions are compared as numbers: give one of the two files another one\n");
}

static void many(void **state)
{
    struct fixture *f = *state;
    char name[32];
    for (int i = 400; i > 0; i--) {
        snprintf(name, sizeof(name), "%d_x.sql", i);
        put(f, name, UP);
    }
    assert_int_equal(load(f, false), ST_OK);
    assert_int_equal(f->list.n, 400);
    for (size_t i = 0; i < 400; i++) {
        snprintf(name, sizeof(name), "%zu", i + 1);
        assert_true(str_eq(f->list.at[i].version, str_of(name)));
        assert_ptr_equal(migrations_find(&f->list, str_of(name)), &f->list.at[i]);
    }
}

/* The example that comes with the sources: every migration can be undone, none asks for a transaction of its own kind. */
static void the_example(void **state)
{
    struct fixture *f = *state;
    const struct migration_options options = {0};
    const struct str folder = STR("migrations-example");
    assert_int_equal(migrations_load(&folder, 1, &options, &f->a, &f->list, &f->err), ST_OK);
    assert_int_equal(f->list.n, 14);
    for (size_t i = 0; i < f->list.n; i++) {
        const struct migration *m = &f->list.at[i];
        assert_true(m->up.present && m->down.present);
        assert_true(m->up.tx == TX_AUTO && m->down.tx == TX_AUTO);
        assert_int_equal(m->version.n, 14);
    }
}

/* ---- what is refused ------------------------------------------------------------------------------------------ */

static void no_folder(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(rmdir(f->root), 0);
    refused(f, false, ST_USAGE,
            "migrate: error: cannot open the folder $: No such file or directory\n"
            "  hint: name the folder with --dir, or make it: `migrate new NAME` does\n");
}

static void a_file_for_a_folder(void **state)
{
    struct fixture *f = *state;
    const struct migration_options options = {0};
    put(f, "1_a.sql", UP);
    const struct str folder = str_of(path_of(f, "1_a.sql"));
    assert_int_equal(migrations_load(&folder, 1, &options, &f->a, &f->list, &f->err), ST_USAGE);
    assert_string_equal(shown(f), "migrate: error: cannot open the folder $/1_a.sql: Not a directory\n"
                                  "  hint: name a folder with --dir\n");
}

/* Root may read everything: become somebody else for the time of the call. */
static void without_rights(void **state)
{
    struct fixture *f = *state;
    const bool root = geteuid() == 0;
    put(f, "1_a.sql", UP);
    assert_int_equal(chmod(path_of(f, "1_a.sql"), 0), 0);
    assert_int_equal(root ? seteuid(65534) : 0, 0);
    const enum status file = load(f, false);
    assert_int_equal(root ? seteuid(0) : 0, 0);
    assert_int_equal(file, ST_SYSTEM);
    assert_string_equal(shown(f), "migrate: error: cannot read $/1_a.sql: Permission denied\n"
                                  "  hint: give this user the right to read it, and to enter every folder above\n");

    assert_int_equal(chmod(f->root, 0), 0);
    assert_int_equal(root ? seteuid(65534) : 0, 0);
    const enum status folder = load(f, false);
    assert_int_equal(root ? seteuid(0) : 0, 0);
    assert_int_equal(folder, ST_SYSTEM);
    assert_string_equal(shown(f), "migrate: error: cannot open the folder $: Permission denied\n"
                                  "  hint: give this user the right to read it\n");
}

static void same_version(void **state)
{
    struct fixture *f = *state;
    put(f, "007_b.sql", UP);
    put(f, "7_a.sql", UP);
    refused(f, false, ST_USAGE,
            "$/7_a.sql: error: version 7 is taken by $/007_b.sql\n"
            "  hint: versions are compared as numbers: give one of the two files another one\n");
}

static void no_version(void **state)
{
    struct fixture *f = *state;
    put(f, "create_orders.sql", UP);
    refused(f, false, ST_USAGE,
            "$/create_orders.sql: error: \"create_orders.sql\" is not a migration's name\n"
            "  hint: call it <version>_<name>.sql, for example 20260131093000_create_orders.sql; `migrate new NAME` "
            "does\n");
}

static void long_version(void **state)
{
    struct fixture *f = *state;
    put(f, "11111111112222222222333333333344444444445555555555666666666677777_x.sql", UP);
    refused(f, true, ST_USAGE,
            "$/11111111112222222222333333333344444444445555555555666666666677777_x.sql: error: "
            "the version has 65 digits, at most 64 are allowed\n"
            "  hint: `migrate new NAME` makes one of 14, from the time\n");
}

static void upper_case_ending(void **state)
{
    struct fixture *f = *state;
    put(f, "1_a.SQL", UP);
    refused(f, false, ST_USAGE,
            "$/1_a.SQL: error: the ending is not .sql, so other tools and other systems would pass over this file\n"
            "  hint: write the ending in lower case: .sql\n");
}

static void dangling_link(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(symlink("nowhere", path_of(f, "1_a.sql")), 0);
    refused(f, false, ST_USAGE,
            "$/1_a.sql: error: a symbolic link to a file that is not there\n"
            "  hint: restore the file it points to, or remove the link\n");
}

static void folder_called_sql(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkdir(path_of(f, "1_a.sql"), 0700), 0);
    refused(f, false, ST_USAGE,
            "$/1_a.sql: error: a folder is called like a migration\n"
            "  hint: folders inside are not searched: name it with --dir, or rename it\n");
    assert_int_equal(load(f, true), ST_OK); /* Prisma's folders may be called so */
    assert_int_equal(f->list.n, 0);
}

/* A pipe would wait for a writer for ever: it is not opened. */
static void pipe_called_sql(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkfifo(path_of(f, "1_a.sql"), 0600), 0);
    refused(f, false, ST_USAGE,
            "$/1_a.sql: error: not a regular file\n"
            "  hint: remove it from the folder\n");
}

static void bad_text(void **state)
{
    struct fixture *f = *state;
    put(f, "1_a.sql", UP);
    put(f, "2_b.sql", "SELECT 1;\n");
    refused(f, false, ST_USAGE,
            "$/2_b.sql:1:1: error: no \"-- migrate:up\" marker\n"
            "  hint: put \"-- migrate:up\" before the SQL, and \"-- migrate:down\" before what undoes it; for a folder of "
            "files without markers: --layout plain\n");
}

/* ---- one file ------------------------------------------------------------------------------------------------- */

static void one_file(void **state)
{
    struct fixture *f = *state;
    const struct migration_options options = {0};
    struct migration m;
    put(f, "1_a.sql", UP);
    assert_int_equal(migration_read(path_of(f, "1_a.sql"), &options, &f->a, &m, &f->err), ST_OK);
    assert_true(str_eq(m.version, STR("1")));
    assert_true(str_eq(m.name, STR("a")));
    assert_string_equal(m.file.p, path_of(f, "1_a.sql"));
    assert_string_equal(m.sha256, "");

    assert_int_equal(migration_read(path_of(f, "2_b.sql"), &options, &f->a, &m, &f->err), ST_USAGE);
    assert_string_equal(shown(f), "migrate: error: cannot read $/2_b.sql: No such file or directory\n");
    assert_int_equal(migration_read(f->root, &(struct migration_options){.lenient = true}, &f->a, &m, &f->err),
                     ST_USAGE);
    assert_string_equal(shown(f), "migrate: error: $ is a folder\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, drop_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(by_number),
        TEST(passed_over),
        TEST(nothing_there),
        TEST(symbolic_links),
        TEST(several_folders),
        TEST(lenient),
        TEST(many),
        TEST(the_example),
        TEST(no_folder),
        TEST(a_file_for_a_folder),
        TEST(without_rights),
        TEST(same_version),
        TEST(no_version),
        TEST(long_version),
        TEST(upper_case_ending),
        TEST(dangling_link),
        TEST(folder_called_sql),
        TEST(pipe_called_sql),
        TEST(bad_text),
        TEST(one_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Folders of every layout, from tests/cases/migration/folder.case.
 *
 * The input is files: a line "@ path" begins one (without a line end: "@ path -" leaves it empty), and what follows is in it. Settings: "% layout
 * NAME", "% folder NAME" (of the folder in the temporary one), "% set NAME=VALUE", "% recorded": what history would keep is shown,
 * too. In messages $ stands for the folder.
 */
#include "cases.h"

#include "migration/layout.h"

#include <sys/stat.h>

static void write_file(struct arena *a, struct str folder, struct str path, struct str text)
{
    char *full = arena_cstr(a, path_join(a, folder, path));
    for (char *c = full + folder.n + 1; *c; c++) {
        if (*c == '/') {
            *c = '\0';
            assert_true(mkdir(full, 0777) == 0 || errno == EEXIST);
            *c = '/';
        }
    }
    FILE *f = fopen(full, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
    assert_int_equal(fclose(f), 0);
}

static void write_files(struct arena *a, struct str folder, struct str input)
{
    while (input.n > 0) {
        struct str line;
        assert_true(str_starts(input, STR("@ ")));
        (void)str_next(&input, '\n', &line);
        const size_t end = str_starts(input, STR("@ ")) ? 0 : str_find(input, STR("\n@ "));
        const size_t n = end == SIZE_MAX ? input.n : end == 0 ? 0 : end + 1;
        write_file(a, folder, str_trim(str_slice(line, 2, line.n)), str_slice(input, 0, n));
        input = str_slice(input, n, input.n);
    }
}

static void dump_text(const struct migration *m, const struct migration_part *part, const char *what,
                      struct strbuf *out)
{
    static const char *const tx[] = {"", " transaction:true", " transaction:false"};
    if (!part->present) {
        return;
    }
    strbuf_addf(out, "  %s%s |", what, tx[part->tx]);
    for (uint32_t i = part->start; i < part->end; i++) {
        m->text.p[i] == '\n' ? strbuf_add_cstr(out, "\\n") : strbuf_add_char(out, m->text.p[i]);
    }
    strbuf_add_cstr(out, "|\n");
}

/* The message with the folder as $. */
static void add_without(struct strbuf *out, struct str text, struct str folder)
{
    size_t at;
    while ((at = str_find(text, folder)) != SIZE_MAX) {
        strbuf_add(out, str_slice(text, 0, at));
        strbuf_add_char(out, '$');
        text = str_slice(text, at + folder.n, text.n);
    }
    strbuf_add(out, text);
}

static void dump(const struct migration *m, struct str folder, bool recorded, struct arena *a, struct strbuf *out)
{
    strbuf_addf(out, "%.*s (%.*s) %s%s%s ", STR_ARG(m->version), STR_ARG(m->name), m->layout->name,
                m->repeatable ? " repeatable" : "", m->baseline ? " baseline" : "");
    add_without(out, m->file, folder);
    strbuf_add_char(out, '\n');
    dump_text(m, &m->up, "up", out);
    dump_text(m, &m->down, "down", out);
    if (m->undo) {
        strbuf_add_cstr(out, "  undo ");
        add_without(out, m->undo->file, folder);
        strbuf_add_char(out, '\n');
        dump_text(m->undo, &m->undo->up, "up", out);
        dump_text(m->undo, &m->undo->down, "down", out);
    }
    if (recorded) {
        struct migration again;
        struct error err;
        assert_int_equal(migration_parse_recorded(m->file, str_of(m->layout->name), migration_recorded_text(m, a), NULL, a,
                                                  &again, &err),
                         ST_OK);
        strbuf_add_cstr(out, "  recorded:\n");
        dump_text(&again, &again.up, "up", out);
        dump_text(&again, &again.down, "down", out);
    }
}

static void remove_tree(struct arena *a, struct str folder)
{
    struct file_list entries = {0};
    struct error err;
    assert_int_equal(file_list(arena_cstr(a, folder), a, &entries, &err), ST_OK);
    for (size_t i = 0; i < entries.n; i++) {
        const struct str path = path_join(a, folder, entries.at[i].name);
        entries.at[i].kind == FILE_FOLDER ? remove_tree(a, path) : (void)unlink(path.p);
    }
    assert_int_equal(rmdir(arena_cstr(a, folder)), 0);
}

static struct str setting(const struct test_case *c, struct str key)
{
    struct str rest = c->settings, line;
    while (rest.n > 0 && str_next(&rest, '\n', &line)) {
        if (str_starts(line, key)) {
            return str_trim(str_slice(line, key.n, line.n));
        }
    }
    return STR_NONE;
}

static void load(const struct test_case *c, struct arena *a, struct strbuf *out)
{
    char base[] = "/tmp/t_layout.XXXXXX";
    struct placeholder_list values = {0};
    struct migration_list list;
    struct strbuf message;
    struct error err;
    assert_non_null(mkdtemp(base));
    const struct str inner = setting(c, STR("folder ")), layout = setting(c, STR("layout ")), set = setting(c, STR("set "));
    const struct str folder = inner.n ? path_join(a, str_of(base), inner) : str_of(base);
    if (set.n > 0) {
        const size_t equals = str_find_char(set, '=');
        *vec_push(a, &values) = (struct placeholder){str_slice(set, 0, equals), str_slice(set, equals + 1, set.n)};
    }
    const struct migration_options options = {.layout = layout.n ? layout_find(layout) : NULL, .placeholders = &values};
    assert_true(layout.n == 0 || options.layout);
    write_files(a, str_of(base), c->input);
    strbuf_init(&message, 1 << 16);
    if (migrations_load(&folder, 1, &options, a, &list, &err)) {
        assert_int_equal(err.status, ST_USAGE);
        error_format(&err, &message);
        add_without(out, strbuf_str(&message), folder);
    } else {
        for (size_t i = 0; i < list.n; i++) {
            dump(&list.at[i], folder, has_setting(c, STR("recorded")), a, out);
        }
    }
    strbuf_free(&message);
    remove_tree(a, str_of(base));
}

static void folders(void **state UNUSED)
{
    assert_int_equal(setenv("T_LAYOUT_NAME", "filled", 1), 0);
    assert_int_equal(unsetenv("T_LAYOUT_UNSET"), 0);
    run_cases("tests/cases/migration/folder.case", load);
}

/* Numbers first, as numbers; then names, by their bytes. */
static void versions(void **state UNUSED)
{
    assert_true(version_cmp(STR("9"), STR("R__a")) < 0);
    assert_true(version_cmp(STR("R__a"), STR("9")) > 0);
    assert_true(version_cmp(STR("R__a"), STR("R__b")) < 0);
    assert_int_equal(version_cmp(STR("R__a"), STR("R__a")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(folders), cmocka_unit_test(versions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

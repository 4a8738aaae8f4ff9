/* Files in all their forms, from tests/cases/migration/parse.case: "% file NAME" names the file, "% lenient", "% layout plain". */
#include "cases.h"

#include "migration/layout.h"

static struct str setting_value(const struct test_case *c, struct str key, struct str otherwise)
{
    struct str rest = c->settings, line;
    while (rest.n > 0 && str_next(&rest, '\n', &line)) {
        if (str_starts(line, key)) {
            return str_trim(str_slice(line, key.n, line.n));
        }
    }
    return otherwise;
}

static void dump_part(const char *what, const struct migration *m, const struct migration_part *part,
                      struct strbuf *out)
{
    static const char *const tx[] = {"auto", "true", "false"};
    if (!part->present) {
        return;
    }
    strbuf_addf(out, "%s transaction:%s |", what, tx[part->tx]);
    for (uint32_t i = part->start; i < part->end; i++) {
        const char c = m->text.p[i];
        c == '\n' ? strbuf_add_cstr(out, "\\n") : c == '\r' ? strbuf_add_cstr(out, "\\r") : strbuf_add_char(out, c);
    }
    strbuf_add_cstr(out, "|\n");
}

static void parse(const struct test_case *c, struct arena *a, struct strbuf *out)
{
    struct error err;
    struct migration m;
    const struct str layout = setting_value(c, STR("layout"), STR_NONE);
    const struct migration_options options = {.layout = layout.n > 0 ? layout_find(layout) : NULL,
                                              .lenient = has_setting(c, STR("lenient"))};
    if (migration_parse(setting_value(c, STR("file"), STR("m/1_a.sql")), c->input, &options, a, &m, &err)) {
        assert_int_equal(err.status, ST_USAGE);
        error_format(&err, out);
        return;
    }
    strbuf_addf(out, "%s %.*s (%.*s)\n", m.layout->name, STR_ARG(m.version), STR_ARG(m.name));
    dump_part("up", &m, &m.up, out);
    dump_part("down", &m, &m.down, out);
    for (size_t i = 0; i < m.file_directives.n; i++) {
        const struct directive *d = &m.file_directives.at[i];
        strbuf_addf(out, "file: %.*s\n", STR_ARG(str_slice(m.text, d->start, d->end)));
    }
}

static void files(void **state UNUSED)
{
    run_cases("tests/cases/migration/parse.case", parse);
}

/* Both sums: the first changes with the line ends and the byte order mark, the second does not. */
static void checksums(void **state UNUSED)
{
    struct migration unix_ends = {.text = STR("-- migrate:up\nSELECT 1;\n")};
    struct migration dos_ends = {.text = STR("\xEF\xBB\xBF-- migrate:up\r\nSELECT 1;\r\n")};
    struct migration other = {.text = STR("-- migrate:up\nSELECT 2;\n")};
    migration_checksum(&unix_ends);
    migration_checksum(&dos_ends);
    migration_checksum(&other);
    assert_string_equal(unix_ends.sha256, "2be38f331755cac1a312dea121c3da64832ace82d37707cfd1a81ccd39dffbdf");
    assert_string_equal(unix_ends.sha256_text, unix_ends.sha256);
    assert_string_equal(dos_ends.sha256_text, unix_ends.sha256_text);
    assert_string_not_equal(dos_ends.sha256, unix_ends.sha256);
    assert_string_not_equal(other.sha256_text, unix_ends.sha256_text);
}

static void layouts(void **state UNUSED)
{
    assert_ptr_equal(layout_find(STR("native")), &layout_native);
    assert_ptr_equal(layout_find(STR("plain")), &layout_plain);
    assert_null(layout_find(STR("Flyway")));
    assert_ptr_equal(layout_at(0), &layout_native);
    for (size_t i = 0; layout_at(i); i++) {
        assert_ptr_equal(layout_find(str_of(layout_at(i)->name)), layout_at(i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files),
        cmocka_unit_test(checksums),
        cmocka_unit_test(layouts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

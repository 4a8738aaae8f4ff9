/*
 * Rule files: what is broken is told with its place, exactly as tests/cases/rules/broken/NAME.expected says; what is right replaces and adds
 * rules of a book.
 */
#include "rules/load.h"

#include "base/file.h"
#include "rules/facts.h"

#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

enum { MEMORY = 64 << 20 };

static const char folder[] = "tests/cases/rules/broken";

static void message_of(struct str name, struct arena *a, struct strbuf *out)
{
    struct loader l = {.a = a};
    struct error err;
    struct str text;
    const char *path = path_join(a, str_of(folder), name).p;
    assert_int_equal(file_read(path, MEMORY, a, &text, &err), ST_OK);
    enum status st = load_text(&l, arena_cstr(a, name), text, &err);
    if (!st) {
        st = load_finish(&l, &err);
    }
    if (st) {
        error_format(&err, out);
    }
}

static void broken_files(void **state)
{
    struct arena a;
    struct file_list list = {0};
    struct error err;
    unsigned n = 0, wrong = 0;
    (void)state;
    arena_init(&a, MEMORY);
    assert_int_equal(file_list(folder, &a, &list, &err), ST_OK);
    for (size_t i = 0; i < list.n; i++) {
        struct str name = list.at[i].name, expected = STR("");
        struct strbuf got;
        if (!str_ends(name, STR(".yaml"))) {
            continue;
        }
        strbuf_init(&got, 64 * 1024);
        message_of(name, &a, &got);
        const struct str stem = str_slice(name, 0, name.n - 5);
        const char *answer = arena_printf(&a, "%s/%.*s.expected", folder, STR_ARG(stem)).p;
        if (file_read(answer, MEMORY, &a, &expected, &err) || !str_eq(strbuf_str(&got), expected)) {
            print_message("%.*s\nexpected:\n%.*sgot:\n%s\n", STR_ARG(name), STR_ARG(expected), strbuf_cstr(&got));
            wrong++;
        }
        strbuf_free(&got);
        n++;
    }
    assert_true(n >= 50);
    assert_int_equal(wrong, 0);
    arena_free(&a);
}

static const struct str team_rules = STR_INIT("- form: drop-table-really\n"
                                              "  title: DROP TABLE\n"
                                              "  match: DROP TABLE $table:names\n"
                                              "  locks: { $table: ACCESS EXCLUSIVE }\n"
                                              "- rule: no-drop\n"
                                              "  on: drop-table-really\n"
                                              "  severity: note\n"
                                              "  title: gone\n"
                                              "  why: it is gone\n"
                                              "  fails: [ DROP TABLE t; ]\n"
                                              "  passes: [ SELECT 1; ]\n");

static void added_rules(void **state)
{
    struct rulebook book;
    struct error err;
    (void)state;
    assert_int_equal(rulebook_open(&book, &err), ST_OK);
    const size_t forms = book.n_forms, hazards = book.n_hazards, patterns = book.n_patterns;
    assert_int_equal(rulebook_add_text(&book, "team.yaml", team_rules, &err), ST_OK);
    assert_int_equal(book.n_forms, forms + 1);
    assert_int_equal(book.n_hazards, hazards + 1);
    assert_int_equal(book.n_patterns, patterns + 1);
    assert_true(str_eq(book.forms[0]->id, STR("drop-table-really")));
    assert_true(str_eq(book.hazards[hazards]->id, STR("no-drop")));
    /* again: replaced, not doubled */
    assert_int_equal(rulebook_add_text(&book, "team.yaml", team_rules, &err), ST_OK);
    assert_int_equal(book.n_forms, forms + 1);
    assert_int_equal(book.n_hazards, hazards + 1);
    assert_non_null(rulebook_form(&book, STR("create-index")));
    assert_true(str_eq(rulebook_suggest(&book, STR("ban-drop-colum")), STR("ban-drop-column")));
    rulebook_free(&book);
}

/* A rulebook that failed to add keeps what it had. */
static void refused_rules(void **state)
{
    struct rulebook book;
    struct error err;
    (void)state;
    assert_int_equal(rulebook_open(&book, &err), ST_OK);
    const size_t forms = book.n_forms;
    assert_int_equal(rulebook_add_text(&book, "team.yaml", STR("rule: x\n"), &err), ST_USAGE);
    assert_string_equal(err.file, "team.yaml");
    assert_int_equal(rulebook_add_folder(&book, "tests/cases/rules/broken", &err), ST_USAGE);
    assert_int_equal(book.n_forms, forms);
    assert_int_equal(rulebook_add_folder(&book, "no/such/folder", &err), ST_USAGE);
    rulebook_free(&book);
}

/* Every predicate and selector has a doc line and a name of its own. */
static void documented(void **state)
{
    (void)state;
    for (size_t i = 0; predicate_at(i); i++) {
        assert_true(strlen(predicate_at(i)->doc) > 5);
        assert_ptr_equal(predicate_find(str_of(predicate_at(i)->name)), predicate_at(i));
        assert_true(!predicate_at(i)->holds != !predicate_at(i)->number);
    }
    for (size_t i = 0; selector_at(i); i++) {
        assert_true(strlen(selector_at(i)->doc) > 5);
        assert_ptr_equal(selector_find(str_of(selector_at(i)->name)), selector_at(i));
        assert_null(predicate_find(str_of(selector_at(i)->name)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(broken_files), cmocka_unit_test(added_rules),
                                       cmocka_unit_test(refused_rules), cmocka_unit_test(documented)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

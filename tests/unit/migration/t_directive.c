/* Directives, from tests/cases/migration/directive.case: the input is a run of comments, as it stands before a statement. */
#include "cases.h"

#include "migration/directive.h"
#include "migration/place.h"

static void dump_list(const char *what, const struct str_list *list, struct strbuf *out)
{
    for (size_t i = 0; i < list->n; i++) {
        strbuf_addf(out, "%s%.*s", i ? "|" : what, STR_ARG(list->at[i]));
    }
}

static void dump_number(const char *what, int64_t value, int64_t unsaid, struct strbuf *out)
{
    if (value != unsaid) {
        strbuf_addf(out, "%s%" PRId64, what, value);
    }
}

static void dump(const struct directive *d, struct strbuf *out)
{
    strbuf_addf(out, "%s%s%.*s", directive_name(d->kind), d->tool.n ? " of " : "", STR_ARG(d->tool));
    if (d->kind == DIRECTIVE_FOREIGN_ALLOW_FILE) {
        strbuf_add_cstr(out, " for the file");
    }
    dump_list(" rules ", &d->rules, out);
    dump_list(" key ", &d->key, out);
    dump_list(" allow ", &d->allow, out);
    dump_number(" batch ", d->batch, 0, out);
    dump_number(" rate ", d->rate, 0, out);
    dump_number(" workers ", d->workers, 0, out);
    dump_number(" lock ", d->lock_ms, -1, out);
    dump_number(" statement ", d->statement_ms, -1, out);
    dump_number(" keep ", d->keep_old_ms, -1, out);
    strbuf_addf(out, "%s%.*s\n", d->reason.n ? " because " : "", STR_ARG(d->reason));
}

static void parse(const struct test_case *c, struct arena *a, struct strbuf *out)
{
    struct error err;
    struct directive_list list = {0};
    uint32_t at = UINT32_MAX;
    if (directives_parse(c->input, 0, (uint32_t)c->input.n, a, &list, &at, &err)) {
        assert_int_equal(err.status, ST_USAGE);
        place_error(&err, STR("f.sql"), c->input, at);
        error_format(&err, out);
        return;
    }
    for (size_t i = 0; i < list.n; i++) {
        dump(&list.at[i], out);
    }
}

static void directives(void **state UNUSED)
{
    run_cases("tests/cases/migration/directive.case", parse);
}

/* Only the bytes asked for are looked at, and the list that is there stays. */
static void ranges(void **state UNUSED)
{
    const struct str text = STR("-- migrate:shadow\n-- migrate:whole because x\n-- migrate:bogus\n");
    struct arena a;
    struct error err;
    struct directive_list list = {0};
    uint32_t at;
    arena_init(&a, 1 << 20);
    assert_int_equal(directives_parse(text, 0, 18, &a, &list, &at, &err), ST_OK);
    assert_int_equal(directives_parse(text, 18, 45, &a, &list, &at, &err), ST_OK);
    assert_int_equal(list.n, 2);
    assert_int_equal(list.at[0].kind, DIRECTIVE_SHADOW);
    assert_int_equal(list.at[1].kind, DIRECTIVE_WHOLE);
    assert_int_equal(list.at[1].start, 21);
    assert_int_equal(list.at[1].end, 44);
    assert_int_equal(directives_parse(text, 45, (uint32_t)text.n, &a, &list, &at, &err), ST_USAGE);
    assert_int_equal(at, 48);
    arena_free(&a);
}

/* atlas:nolint with an empty line behind it is for the file only at the text's beginning. */
static void not_the_head(void **state UNUSED)
{
    const struct str text = STR("SELECT 1;\n-- atlas:nolint\n\nSELECT 2;\n");
    struct arena a;
    struct error err;
    struct directive_list list = {0};
    uint32_t at;
    arena_init(&a, 1 << 20);
    assert_int_equal(directives_parse(text, 9, 27, &a, &list, &at, &err), ST_OK);
    assert_int_equal(list.n, 1);
    assert_int_equal(list.at[0].kind, DIRECTIVE_FOREIGN_ALLOW);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directives),
        cmocka_unit_test(ranges),
        cmocka_unit_test(not_the_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

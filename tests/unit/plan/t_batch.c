/*
 * UPDATE and DELETE read as batches, from tests/cases/plan/batch.case. "% key a,b" and "% allow name" are
 * what the directive says. Shown: the parts of the
 * statement, or the refusal with its hint.
 */
#include "../migration/cases.h"

#include "plan/batch.h"

static void read_batch(const struct test_case *c, struct arena *a, struct strbuf *out)
{
    struct splitter sp;
    struct judged_statement st = {.line = 1};
    struct directive said = {.kind = DIRECTIVE_BACKFILL, .batch = 500};
    struct batch_spec spec;
    struct error err;
    struct str rest = c->settings, key;
    while (rest.n > 0 && str_next(&rest, '\n', &key)) {
        if (str_starts(key, STR("allow"))) {
            *vec_push(a, &said.allow) = str_trim(str_slice(key, 5, key.n));
        }
        if (str_starts(key, STR("key"))) {
            struct str names = str_trim(str_slice(key, 3, key.n)), name;
            while (str_next(&names, ',', &name)) {
                *vec_push(a, &said.key) = name;
            }
        }
    }
    splitter_init(&sp, c->input, 0, (uint32_t)c->input.n);
    assert_true(splitter_next(&sp, &st.st));
    if (batch_spec_of(&st, c->input, "f.sql", &said, a, &spec, &err)) {
        assert_int_equal(err.status, ST_USAGE);
        error_format(&err, out);
    } else {
        assert_int_equal(spec.batch, 500);
        assert_int_equal(spec.key.n, said.key.n);
        strbuf_addf(out, "%.*s %.*s.%.*s as %.*s%s%s%s\n", STR_ARG(spec.verb), STR_ARG(spec.schema), STR_ARG(spec.table),
                    STR_ARG(spec.alias), spec.only ? ", only" : "", spec.joins ? ", reads others" : "",
                    spec.again ? ", may run again" : "");
        strbuf_addf(out, "|%.*s|%.*s|%.*s|%.*s|\n", STR_ARG(spec.before), STR_ARG(spec.after), STR_ARG(spec.where),
                    STR_ARG(spec.tail));
    }
    splitter_free(&sp);
}

static void cases(void **state UNUSED)
{
    run_cases("tests/cases/plan/batch.case", read_batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * t_split.c - statements, by the cases of split.case. A statement is shown as its text, then what else is true of it:
 * "comments: text", "copy: text", "broken: reason: text from there", and "open" (no semicolon), "psql",
 * "placeholder" on one line.
 */
#include "cases.h"
#include "show.h"
#include "sql/split.h"

static void show_part(struct strbuf *out, const char *what, struct str text)
{
    strbuf_addf(out, "  %s: ", what);
    show_text(out, text);
    strbuf_add_char(out, '\n');
}

static void show_statement(struct strbuf *out, struct str text, const struct statement *st)
{
    show_text(out, str_slice(text, st->start, st->end));
    strbuf_addf(out, "\n%s%s%s%s", st->terminated ? "" : "  open", st->psql ? "  psql" : "",
                st->has_placeholder ? "  placeholder" : "", st->cut ? "  cut" : "");
    if (out->p[out->n - 1] != '\n') {
        strbuf_add_char(out, '\n');
    }
    if (st->comments_start < st->start) {
        show_part(out, "comments", str_trim(str_slice(text, st->comments_start, st->start)));
    }
    if (st->copy_start < st->copy_end) {
        show_part(out, "copy", str_slice(text, st->copy_start, st->copy_end));
    }
    if (st->broken != LEX_FINE) {
        show_part(out, "broken", str_of(lex_bad_reason(st->broken)));
        show_part(out, "at", str_slice(text, st->broken_at, st->broken_at + 10));
    }
}

static void run(struct str input, struct arena *a, struct strbuf *out)
{
    (void)a;
    struct splitter sp;
    struct statement st;
    splitter_init(&sp, input, 0, (uint32_t)input.n);
    while (splitter_next(&sp, &st)) {
        show_statement(out, input, &st);
    }
    assert_false(splitter_next(&sp, &st));
    splitter_free(&sp);
}

static void test_cases(void **state)
{
    (void)state;
    check_cases("tests/cases/sql/split.case", run);
}

/* A part of a text: offsets count from the text's beginning, and nothing outside the part is seen. */
static void test_part(void **state)
{
    (void)state;
    const struct str text = STR("select 1; -- a\nselect 2; select 3; select 4;");
    struct splitter sp;
    struct statement st;
    splitter_init(&sp, text, 10, 33);
    assert_true(splitter_next(&sp, &st));
    assert_int_equal(st.comments_start, 10); /* the comment trails nothing in this part */
    assert_int_equal(st.start, 15);
    assert_int_equal(st.end, 23);
    assert_true(splitter_next(&sp, &st));
    assert_int_equal(st.start, 25);
    assert_int_equal(st.end, 33);
    assert_false(st.terminated);
    assert_false(splitter_next(&sp, &st));
    splitter_free(&sp);
}

static void test_statement_is(void **state)
{
    (void)state;
    const struct str text = STR("drop \"table\" table");
    struct splitter sp;
    struct statement st;
    splitter_init(&sp, text, 0, (uint32_t)text.n);
    assert_true(splitter_next(&sp, &st));
    assert_true(statement_is(&st, 0, KW_DROP));
    assert_false(statement_is(&st, 1, KW_TABLE));
    assert_true(statement_is(&st, 2, KW_TABLE));
    assert_false(statement_is(&st, 3, KW_TABLE));
    splitter_free(&sp);
}

/* As PostgreSQL's TransactionStmt has it. */
static void test_blocks(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool begins, ends;
    } rows[] = {
        {"begin", true, false},
        {"BEGIN WORK ISOLATION LEVEL SERIALIZABLE", true, false},
        {"start transaction read only", true, false},
        {"start", false, false},
        {"commit", false, true},
        {"COMMIT WORK AND CHAIN", false, true},
        {"end transaction", false, true},
        {"rollback", false, true},
        {"abort work", false, true},
        {"ROLLBACK AND NO CHAIN", false, true},
        {"rollback to s", false, false},
        {"ROLLBACK TRANSACTION TO SAVEPOINT s", false, false},
        {"rollback work to s", false, false},
        {"PREPARE TRANSACTION 'x'", false, true},
        {"prepare p as select 1", false, false},
        {"commit prepared 'x'", false, false},
        {"ROLLBACK PREPARED 'x'", false, false},
        {"savepoint s", false, false},
        {"release s", false, false},
        {"\"begin\"", false, false},
    };
    for (size_t i = 0; i < countof(rows); i++) {
        struct splitter sp;
        struct statement st;
        splitter_init(&sp, str_of(rows[i].text), 0, (uint32_t)strlen(rows[i].text));
        assert_true(splitter_next(&sp, &st));
        if (statement_begins_block(&st) != rows[i].begins || statement_ends_block(&st) != rows[i].ends) {
            fail_msg("%s", rows[i].text);
        }
        splitter_free(&sp);
    }
}

/* Beyond STATEMENT_MAX_TOKENS the statement goes on, its tokens do not; what is behind the bound still counts. */
static void test_cut(void **state)
{
    (void)state;
    struct strbuf sb;
    strbuf_init(&sb, (size_t)8 << 20);
    strbuf_add(&sb, STR("select 1"));
    for (size_t i = 0; i < STATEMENT_MAX_TOKENS; i++) {
        strbuf_add(&sb, STR(" +1"));
    }
    strbuf_add(&sb, STR(" ${x} (; ) end; select 2"));
    const struct str text = strbuf_str(&sb);
    struct splitter sp;
    struct statement st;
    splitter_init(&sp, text, 0, (uint32_t)text.n);
    assert_true(splitter_next(&sp, &st));
    assert_true(st.cut);
    assert_true(st.has_placeholder);
    assert_int_equal(st.n_tokens, STATEMENT_MAX_TOKENS);
    assert_int_equal(st.end, text.n - strlen("; select 2"));
    assert_true(splitter_next(&sp, &st));
    assert_false(st.cut);
    assert_int_equal(st.n_tokens, 2);
    splitter_free(&sp);
    strbuf_free(&sb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_part),
        cmocka_unit_test(test_statement_is),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}

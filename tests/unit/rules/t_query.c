/* Which relations a query names, what it does with each, and which it reads from end to end. */
#include <setjmp.h>
#include <stdlib.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "catalog/expression.h"
#include "catalog/replay.h"
#include "rules/query.h"

static struct arena arena;

static const char schema[] = "CREATE TABLE a (id int PRIMARY KEY, n int, t text);"
                             "CREATE TABLE b (id int PRIMARY KEY, a_id int, n int);"
                             "CREATE INDEX b_a ON b (a_id);"
                             "CREATE INDEX a_lower ON a (lower(t));"
                             "CREATE VIEW v AS SELECT id, n FROM a;"
                             "CREATE SCHEMA s; CREATE TABLE s.\"Odd\" (id int);"
                             "INSERT INTO a SELECT 1; INSERT INTO b SELECT 1; INSERT INTO s.\"Odd\" SELECT 1;";

static void replay(struct catalog *c)
{
    struct splitter sp;
    struct statement st;
    struct origin at = {.file = 1};
    catalog_init(c, &arena);
    splitter_init(&sp, str_of(schema), 0, (uint32_t)strlen(schema));
    while (splitter_next(&sp, &st)) {
        at.transaction = ++at.statement;
        catalog_replay(c, str_of(schema), &st, at);
    }
    splitter_free(&sp);
}

/* "read a, update b:x, lock c; whole a": names with their aliases, ONLY as only. */
static struct str told(struct catalog *c, const char *sql)
{
    static const char *const uses[] = {
        [USE_READ] = "read", [USE_INSERT] = "insert", [USE_UPDATE] = "update", [USE_DELETE] = "delete", [USE_MERGE] = "merge"};
    struct strbuf out;
    struct statement st = expression_lex_all(&arena, str_of(sql));
    /* In memory that ends with the last token: the sanitizers see a look behind it, which in an arena nobody sees. */
    struct token *tokens = malloc(st.n_tokens * sizeof *tokens);
    memcpy(tokens, st.tokens, st.n_tokens * sizeof *tokens);
    st.tokens = tokens;
    struct query *q = query_read(&arena, c, str_of(sql), &st, 0, st.n_tokens);
    strbuf_init(&out, 1 << 16);
    for (size_t i = 0; i < q->sources.n; i++) {
        const struct query_source *s = &q->sources.at[i];
        strbuf_addf(&out, "%s%s%s %.*s", i ? ", " : "", s->row_locks ? "lock" : uses[s->use], s->only ? " only" : "",
                    STR_ARG(s->relation->name));
        if (!str_eq(s->alias, s->relation->name)) {
            strbuf_addf(&out, ":%.*s", STR_ARG(s->alias));
        }
    }
    for (size_t i = 0; i < q->sources.n; i++) {
        struct query_source *s = &q->sources.at[i];
        if (s->relation->kind == REL_TABLE && query_reads_whole(q, s, s->relation) == TRI_YES) {
            strbuf_addf(&out, "; whole %.*s", STR_ARG(s->relation->name));
        }
    }
    const struct str text = arena_str(&arena, strbuf_str(&out));
    strbuf_free(&out);
    free(tokens);
    return text;
}

static void sources(void **state)
{
    static const struct {
        const char *sql, *told;
    } cases[] = {
        {"SELECT 1", ""},
        {"SELECT * FROM a", "read a; whole a"},
        {"SELECT * FROM a x WHERE id = 3", "read a:x"},
        {"SELECT * FROM a AS x WHERE x.n = 3", "read a:x; whole a"},
        {"SELECT * FROM ONLY a, s.\"Odd\" o", "read only a, read Odd:o; whole a; whole Odd"},
        {"SELECT * FROM a JOIN b ON b.a_id = a.id WHERE a.id = 4", "read a, read b"},
        {"SELECT * FROM a JOIN b ON b.a_id = a.id", "read a, read b; whole a; whole b"},
        {"SELECT * FROM (a JOIN b USING (id)) j", "read a, read b; whole a; whole b"},
        {"SELECT * FROM a JOIN b USING (id) WHERE n = 1", "read a, read b; whole a; whole b"},
        {"DELETE FROM a USING (b JOIN s.\"Odd\" o USING (id)) WHERE a.id = b.a_id",
         "delete a, read b, read Odd:o; whole a; whole b; whole Odd"},
        {"SELECT * FROM a WHERE id IN (SELECT a_id FROM b WHERE b.n > 3)", "read a, read b; whole a; whole b"},
        {"SELECT * FROM a WHERE n > (SELECT 3)", "read a; whole a"}, /* ends with a subquery */
        {"SELECT * FROM a WHERE n > (SELECT 3", "read a; whole a"},
        {"SELECT * FROM a JOIN b ON b.a_id = a.n AND b.n > (SELECT 3)", "read a, read b; whole a; whole b"},
        {"SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.a_id = a.id)", "read a, read b; whole a"},
        {"SELECT max(id) FROM a", "read a"},
        {"SELECT coalesce(max(id), 0) + 1 FROM a", "read a"},
        {"SELECT max(n) FROM a", "read a; whole a"},
        {"SELECT max(id), count(*) FROM a", "read a; whole a"},
        {"SELECT * FROM a LIMIT 5", "read a"},
        {"SELECT * FROM a ORDER BY n LIMIT 5", "read a; whole a"},
        {"SELECT * FROM a WHERE lower(t) = 'x'", "read a"},
        {"SELECT * FROM a WHERE id = 1 OR id = 2", "read a"},
        {"SELECT * FROM a WHERE id = 1 OR n = 2", "read a; whole a"},
        {"SELECT * FROM a UNION SELECT * FROM b", "read a, read b; whole a; whole b"},
        {"SELECT * FROM a FOR UPDATE", "lock a; whole a"},
        {"SELECT * FROM a x JOIN b y ON x.id = y.a_id WHERE x.id = 1 FOR SHARE OF y", "read a:x, lock b:y"},
        {"WITH a AS (SELECT * FROM b) SELECT * FROM a", "read b; whole b"},
        {"WITH x AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM x", "delete a, insert b; whole a"},
        {"INSERT INTO a (id) VALUES (1)", "insert a"},
        {"INSERT INTO a SELECT * FROM b ON CONFLICT (id) DO UPDATE SET n = 1", "insert a, read b; whole b"},
        {"UPDATE a SET n = b.n FROM b WHERE b.id = a.id", "update a, read b; whole a; whole b"},
        {"UPDATE ONLY a AS x SET n = 1 WHERE x.id = 3", "update only a:x"},
        {"DELETE FROM a USING b WHERE a.id = b.a_id", "delete a, read b; whole a; whole b"},
        {"MERGE INTO a USING b ON a.id = b.a_id WHEN MATCHED THEN DELETE", "merge a, read b; whole a; whole b"},
        {"COPY a (id) FROM STDIN", "insert a"},
        {"COPY a TO STDOUT", "read a; whole a"},
        {"COPY (SELECT * FROM b) TO STDOUT", "read b; whole b"},
        {"TABLE a", "read a; whole a"},
        {"SELECT extract(year FROM now()), substring('x' FROM 1)", ""},
        {"SELECT * FROM generate_series(1, 3) a", ""},
        {"SELECT * FROM v WHERE id = 1", "read v"},
        {"SELECT n FROM a WHERE n IS DISTINCT FROM 3", "read a; whole a"},
        {"SELECT * FROM pg_catalog.pg_class, information_schema.tables", ""},
        {"SELECT * FROM unknown_one WHERE id = 3", "read unknown_one"},
        {"BEGIN INSERT INTO a VALUES (1); UPDATE b SET n = 1 WHERE id = 2; RETURN NEW; END", "insert a, update b"},
    };
    struct catalog c;
    (void)state;
    replay(&c);
    for (size_t i = 0; i < countof(cases); i++) {
        const struct str got = told(&c, cases[i].sql);
        if (!str_eq(got, str_of(cases[i].told))) {
            print_error("%s\n  expected: %s\n  got:      %.*s\n", cases[i].sql, cases[i].told, STR_ARG(got));
            fail();
        }
    }
}

static void nesting_has_an_end(void **state)
{
    struct strbuf sql;
    struct catalog c;
    (void)state;
    replay(&c);
    strbuf_init(&sql, 1 << 20);
    for (int i = 0; i < 5000; i++) {
        strbuf_add_cstr(&sql, "SELECT * FROM (");
    }
    const struct statement st = expression_lex_all(&arena, strbuf_str(&sql));
    const struct query *q = query_read(&arena, &c, strbuf_str(&sql), &st, 0, st.n_tokens);
    assert_true(q->cut); /* and says so */
    strbuf_free(&sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources),
        cmocka_unit_test(nesting_has_an_end),
    };
    arena_init(&arena, (size_t)256 << 20);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return failed;
}

/* A server's catalog in the model: the same as replaying the SQL that made it, and what only a server knows. */
#include "base/file.h"
#include "catalog/dump.h"
#include "catalog/replay.h"
#include "db/live.h"

#include "server.h"

static struct session *session;
static struct arena arena;

static void run(const char *sql)
{
    struct error err;
    if (session_simple(session, str_of(sql), 0, NULL, &err) != ST_OK) {
        fail_msg("%s: %s", sql, err.primary);
    }
}

static void read_live(struct catalog *c)
{
    struct error err;
    catalog_init(c, &arena);
    if (live_catalog(session, c, &err) != ST_OK) {
        fail_msg("%s: %s", err.primary, err.detail);
    }
}

static void replay(struct catalog *c, const char *sql)
{
    struct splitter sp;
    struct statement st;
    struct origin at = {.file = 1};
    catalog_init(c, &arena);
    c->complete = true;
    c->server_version = session_server_version(session) / 10000;
    splitter_init(&sp, str_of(sql), 0, (uint32_t)strlen(sql));
    while (splitter_next(&sp, &st)) {
        at.transaction = ++at.statement;
        catalog_replay(c, str_of(sql), &st, at);
    }
    splitter_free(&sp);
}

static const char shop[] =
    "CREATE TYPE mood AS ENUM ('sad', 'ok');\n"
    "ALTER TYPE mood ADD VALUE 'happy' BEFORE 'ok';\n"
    "CREATE DOMAIN amount AS numeric(12,2) DEFAULT 0 CHECK (VALUE >= 0);\n"
    "CREATE DOMAIN word AS varchar(20) NOT NULL;\n"
    "CREATE SCHEMA \"Odd One\";\n"
    "CREATE TYPE pair AS (a int, b text[]);\n"
    "CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE,\n"
    "  name varchar(50) COLLATE \"C\", moods mood[], made timestamptz(3) DEFAULT now(), code char(3), flag bit(4), v "
    "\"char\",\n"
    "  up text GENERATED ALWAYS AS (upper(email)) STORED, CHECK (name IS NOT NULL), CONSTRAINT pair_check CHECK (code "
    "> 'a' AND v > 'b'));\n"
    "CREATE TABLE \"Odd One\".\"Table\" (id serial PRIMARY KEY, customer bigint REFERENCES customers ON DELETE "
    "CASCADE, what pair);\n"
    "CREATE TABLE orders (id int NOT NULL, placed date NOT NULL, total amount, PRIMARY KEY (id, placed)) PARTITION BY "
    "RANGE (placed);\n"
    "CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');\n"
    "CREATE TABLE orders_rest PARTITION OF orders DEFAULT;\n"
    "CREATE INDEX orders_total ON orders (total);\n"
    "CREATE INDEX ON customers USING gin (moods);\n"
    "CREATE UNIQUE INDEX ON customers (lower(email), code) INCLUDE (name) WHERE flag IS NOT NULL;\n"
    "CREATE INDEX ON customers (email text_pattern_ops, (id + 1) DESC);\n"
    "ALTER TABLE customers ADD CONSTRAINT long CHECK (length(email) > 3) NOT VALID;\n"
    "CREATE TABLE base (a int, b int CHECK (b > 0));\n"
    "CREATE TABLE child (c int) INHERITS (base);\n"
    "ALTER TABLE child ALTER b SET NOT NULL;\n"
    "CREATE UNLOGGED TABLE fast (a int, EXCLUDE USING gist (int4range(a, a + 1) WITH &&));\n"
    "ALTER TABLE fast ENABLE ROW LEVEL SECURITY;\n"
    "CREATE TABLE refs (a int, b date, FOREIGN KEY (a, b) REFERENCES orders (id, placed) DEFERRABLE);\n"
    "CREATE TABLE points (a int, b int);\n"
    "CREATE UNIQUE INDEX points_a ON points (a);\n"
    "ALTER TABLE points ADD CONSTRAINT points_one UNIQUE USING INDEX points_a;\n"
    "ALTER TABLE points ADD COLUMN c int NOT NULL DEFAULT 3, DROP COLUMN b;\n"
    "CREATE SEQUENCE alone;\n"
    "CREATE SEQUENCE owned OWNED BY points.c;\n"
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;\n"
    "CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';\n"
    "CREATE FUNCTION twice(text) RETURNS text LANGUAGE sql VOLATILE AS 'SELECT $1 || random()';\n"
    "CREATE TRIGGER touched BEFORE UPDATE ON points FOR EACH ROW EXECUTE FUNCTION touch();\n"
    "CREATE TRIGGER counted AFTER INSERT ON points EXECUTE FUNCTION touch();\n";

/* Statement by statement, as psql would: some may not share a transaction. */
static void run_script(const char *sql)
{
    struct splitter sp;
    struct statement st;
    splitter_init(&sp, str_of(sql), 0, (uint32_t)strlen(sql));
    while (splitter_next(&sp, &st)) {
        run(arena_cstr(&arena, str_slice(str_of(sql), st.start, st.end)));
    }
    splitter_free(&sp);
}

/* The first line in which the two differ, which assert_string_equal() does not point out. */
static void show_difference(struct str a, struct str b)
{
    struct str x, y;
    for (;;) {
        const bool more = str_next(&a, '\n', &x), more_b = str_next(&b, '\n', &y);
        if (!more && !more_b) {
            return;
        }
        if (!str_eq(x, y)) {
            print_message("server: %.*s\nreplay: %.*s\n", STR_ARG(x), STR_ARG(y));
            return;
        }
    }
}

static void it_equals_a_replay(void **state)
{
    (void)state;
    struct catalog live, replayed;
    struct strbuf a, b;
    strbuf_init(&a, 1 << 20);
    strbuf_init(&b, 1 << 20);
    run_script(shop);
    read_live(&live);
    replay(&replayed, shop);
    catalog_dump(&live, DUMP_FACTS, &a);
    catalog_dump(&replayed, DUMP_FACTS, &b);
    show_difference(strbuf_str(&a), strbuf_str(&b));
    assert_string_equal(strbuf_cstr(&a), strbuf_cstr(&b));
    assert_true(a.n > 3000);
    strbuf_free(&a);
    strbuf_free(&b);
}

/* ---- the cases of replay ---- */

/* Run what the server accepts of a script; replay leaves out what it refuses, too. */
static void run_leniently(struct session *s, struct str sql)
{
    struct splitter sp;
    struct statement st;
    struct error err;
    splitter_init(&sp, sql, 0, (uint32_t)sql.n);
    while (splitter_next(&sp, &st)) {
        (void)!session_simple(s, str_slice(sql, st.start, st.end), 0, NULL, &err);
    }
    splitter_free(&sp);
}

/* A dump without the columns of views, which replay does not work out, and without the session's temporary objects. */
static struct str comparable_dump(const struct catalog *c)
{
    struct strbuf all, kept;
    struct str line;
    bool view = false, temporary = false;
    strbuf_init(&all, 1 << 20);
    strbuf_init(&kept, 1 << 20);
    catalog_dump(c, DUMP_FACTS, &all);
    struct str rest = strbuf_str(&all);
    while (str_next(&rest, '\n', &line)) {
        if (!str_starts(line, STR("  "))) {
            view = str_starts(line, STR("view ")) || str_starts(line, STR("materialized view "));
            temporary = str_find(line, STR(" pg_temp.")) != SIZE_MAX;
        }
        if (!temporary && (!view || !str_starts(line, STR("  column ")))) {
            strbuf_add(&kept, line);
            strbuf_add_char(&kept, '\n');
        }
    }
    const struct str text = arena_str(&arena, strbuf_str(&kept));
    strbuf_free(&kept);
    strbuf_free(&all);
    return text;
}

static bool case_is_equal(const char *database, struct str sql)
{
    struct catalog live, replayed;
    struct error err;
    struct session *outer = session, *s;
    const char *own =
        arena_printf(&arena, "%.*s%s%s", (int)(strstr(url, "/postgres?") - url + 1), url, database, strchr(url, '?')).p;
    const struct target target = {.url = own};
    if (session_open(loop, &target, &s, &err) != ST_OK) {
        fail_msg("%s", err.primary);
    }
    run_leniently(s, sql);
    (void)!session_simple(s, STR("ROLLBACK"), 0, NULL, &err); /* of a case that leaves a transaction open */
    (void)!session_simple(s, STR("RESET ALL"), 0, NULL, &err);
    session = s;
    read_live(&live);
    session = outer;
    replay(&replayed, arena_cstr(&arena, sql));
    session_close(s);
    const struct str a = comparable_dump(&live), b = comparable_dump(&replayed);
    if (!str_eq(a, b)) {
        print_message("%.*s", STR_ARG(sql));
        show_difference(a, b);
    }
    return str_eq(a, b);
}

/* See tests/unit/catalog/t_replay.c for the form of the files. */
static void every_case_of_replay(void **state)
{
    (void)state;
    static const char *const files[] = {"create", "alter", "drop"};
    unsigned cases = 0, failed = 0;
    if (session_server_version(session) < 150000) {
        skip(); /* its SQL lacks what the cases use */
    }
    for (size_t f = 0; f < countof(files); f++) {
        struct str rest;
        struct error err;
        char path[64];
        snprintf(path, sizeof(path), "tests/cases/catalog/%s.case", files[f]);
        assert_int_equal(file_read(path, 1 << 20, &arena, &rest, &err), ST_OK);
        while (rest.n > 0) {
            const size_t end = str_find(rest, STR("\n\n")), body = str_find(rest, STR("==>\n"));
            const struct str one = str_slice(rest, 0, end), sql = str_slice(rest, 0, body);
            rest = str_slice(rest, end == SIZE_MAX ? rest.n : end + 2, rest.n);
            const bool special = str_find(one, STR("\n#:")) != SIZE_MAX; /* of one version, or not the server's words */
            if (body >= one.n || special || !str_starts(one, STR("# "))) {
                continue;
            }
            char sql_create[64];
            snprintf(sql_create, sizeof(sql_create), "CREATE DATABASE case_%u", cases);
            run(sql_create);
            failed += !case_is_equal(strrchr(sql_create, ' ') + 1, str_slice(sql, str_find_char(sql, '\n') + 1, sql.n));
            cases++;
        }
    }
    assert_true(cases >= 20);
    assert_int_equal(failed, 0);
}

static struct relation *relation(const struct catalog *c, const char *name)
{
    struct relation *r = catalog_relation(c, STR("public"), str_of(name));
    assert_non_null(r);
    return r;
}

static void it_knows_what_the_linter_asks(void **state)
{
    (void)state;
    struct catalog c;
    read_live(&c);
    assert_true(c.complete);
    assert_int_equal(c.server_version, session_server_version(session) / 10000);
    assert_true(str_eq(c.time_zone, STR("UTC")));
    assert_int_equal(c.search_path.n, 1);
    assert_true(str_eq(c.search_path.at[0], STR("public")));

    const struct relation *customers = relation(&c, "customers");
    assert_int_equal(relation_proves_not_null(customers, STR("name")), TRI_YES); /* by its CHECK */
    assert_int_equal(relation_proves_not_null(customers, STR("moods")), TRI_NO);
    assert_int_equal(relation_column(customers, STR("made"))->default_volatile, TRI_NO);
    assert_false(relation_constraint(customers, STR("long"))->valid);
    assert_true(str_eq(relation_constraint(customers, STR("pair_check"))->columns.at[1], STR("v")));
    assert_int_equal(customers->referenced_by.n, 1);
    const struct relation *index = catalog_relation(&c, STR("public"), STR("customers_lower_code_name_idx"));
    assert_non_null(index);
    assert_true(name_list_has(&index->mentions, STR("email")) && name_list_has(&index->mentions, STR("flag")) &&
                name_list_has(&index->mentions, STR("name")));

    const struct relation *orders = relation(&c, "orders");
    assert_true(str_eq(orders->partition_key, STR("RANGE ( placed )")));
    assert_ptr_equal(orders->default_partition, relation(&c, "orders_rest"));
    assert_int_equal(orders->children.n, 2);

    const struct relation *table = catalog_relation(&c, STR("Odd One"), STR("Table"));
    assert_non_null(table);
    const struct column *id = relation_column(table, STR("id"));
    assert_non_null(id->sequence);
    assert_int_equal(id->default_volatile, TRI_YES);
    assert_true(str_eq(relation_column(table, STR("what"))->type.schema, STR("public")));
    const struct column *moods = relation_column(customers, STR("moods"));
    assert_true(str_eq(moods->type.text, STR("public.mood[]")));
    assert_int_equal(moods->type.dimensions, 1);
    const struct column *made = relation_column(customers, STR("made"));
    assert_true(str_eq(made->type.name, STR("timestamptz")));
    assert_int_equal(made->type.mod[0], 3);
    assert_int_equal(catalog_function(&c, STR("public"), STR("twice"))->volatility, 'v');
    assert_true(catalog_function(&c, STR("public"), STR("touch"))->returns_trigger);
}

static void it_knows_sizes(void **state)
{
    (void)state;
    struct catalog c;
    run("INSERT INTO orders SELECT i, '2024-06-01', i FROM generate_series(1, 5000) i");
    run("INSERT INTO orders VALUES (1, '2030-01-01', 1)");
    run("CREATE TABLE never_analyzed (a int) WITH (autovacuum_enabled = off)");
    run("ANALYZE");
    run("CREATE TABLE later (a int) WITH (autovacuum_enabled = off)");
    read_live(&c);
    const struct relation *orders = relation(&c, "orders");
    assert_int_equal(relation(&c, "orders_1")->rows, 5000);
    assert_true(relation(&c, "orders_1")->bytes > 5000 * 20);
    assert_int_equal(relation(&c, "orders_1")->loaded, TRI_YES);
    assert_int_equal(orders->rows, 5001);
    assert_true(orders->bytes > relation(&c, "orders_1")->bytes);
    assert_int_equal(relation(&c, "later")->rows, -1);
    assert_int_equal(relation(&c, "later")->loaded, TRI_UNKNOWN);
    run("DROP TABLE never_analyzed, later");
}

static void views_and_what_they_read(void **state)
{
    (void)state;
    struct catalog c;
    run("CREATE VIEW v1 AS SELECT id, email FROM customers");
    run("CREATE MATERIALIZED VIEW v2 AS SELECT v1.id FROM v1 JOIN points ON points.a = v1.id");
    read_live(&c);
    const struct relation *v1 = relation(&c, "v1"), *v2 = relation(&c, "v2");
    assert_int_equal(v1->kind, REL_VIEW);
    assert_int_equal(v1->reads.n, 1);
    assert_ptr_equal(v1->reads.at[0], relation(&c, "customers"));
    assert_int_equal(v2->kind, REL_MATVIEW);
    assert_int_equal(v2->reads.n, 2);
    assert_int_equal(v1->columns.n, 2);
    run("DROP MATERIALIZED VIEW v2");
    run("DROP VIEW v1");
}

static void a_not_null_that_is_not_valid_proves_nothing(void **state)
{
    (void)state;
    struct catalog c;
    if (session_server_version(session) < 180000) {
        skip();
    }
    run("CREATE TABLE nulls (a int, b int, c int, CHECK (c > 0) NOT ENFORCED)");
    run("ALTER TABLE nulls ADD CONSTRAINT a_there NOT NULL a NOT VALID, ADD CONSTRAINT b_there NOT NULL b");
    read_live(&c);
    const struct relation *nulls = relation(&c, "nulls");
    assert_int_equal(relation_proves_not_null(nulls, STR("a")), TRI_NO);
    assert_int_equal(relation_proves_not_null(nulls, STR("b")), TRI_YES);
    assert_false(relation_constraint(nulls, STR("a_there"))->valid);
    assert_false(relation_constraint(nulls, STR("nulls_c_check"))->enforced);
    run("DROP TABLE nulls");
}

static void it_runs_inside_a_transaction(void **state)
{
    (void)state;
    struct catalog c;
    run("BEGIN");
    run("CREATE TABLE inside (a int)");
    read_live(&c);
    (void)relation(&c, "inside");
    assert_true(session_in_transaction(session));
    run("ROLLBACK");
}

/* An ALTER TABLE under way must not make the linter's look at the catalog wait, or worse, stand in its queue. */
static void it_waits_for_no_table_lock(void **state)
{
    (void)state;
    struct session *holder;
    struct catalog c;
    struct error err;
    const struct target target = {.url = url};
    assert_int_equal(session_open(loop, &target, &holder, &err), ST_OK);
    run("SET lock_timeout = 200");
    assert_int_equal(session_simple(holder, STR("BEGIN"), 0, NULL, &err), ST_OK);
    assert_int_equal(session_simple(holder, STR("LOCK TABLE customers, orders, orders_1, base, fast"), 0, NULL, &err),
                     ST_OK);
    read_live(&c);
    assert_int_equal(session_simple(holder, STR("ROLLBACK"), 0, NULL, &err), ST_OK);
    session_close(holder);
    /* what could not be looked at is said to be so */
    assert_false(relation(&c, "customers")->complete);
    assert_int_equal(relation_proves_not_null(relation(&c, "customers"), STR("name")), TRI_UNKNOWN);
    assert_int_equal(relation_column(relation(&c, "customers"), STR("up"))->default_volatile, TRI_UNKNOWN);
    assert_int_equal(relation_column(relation(&c, "customers"), STR("made"))->default_volatile, TRI_NO);
    assert_false(catalog_relation(&c, STR("public"), STR("customers_lower_code_name_idx"))->complete);
    assert_false(relation(&c, "orders")->complete);
    assert_true(relation(&c, "points")->complete);
    read_live(&c);
    assert_true(relation(&c, "customers")->complete);
    run("SET lock_timeout = 3000");
}

static void a_failure_leaves_the_session_usable(void **state)
{
    (void)state;
    struct catalog c;
    struct error err;
    catalog_init(&c, &arena);
    run("BEGIN");
    assert_int_equal(session_simple(session, STR("SELECT 1/0"), 0, NULL, &err), ST_SERVER);
    assert_int_equal(live_catalog(session, &c, &err), ST_SERVER);
    assert_string_equal(err.sqlstate, "25P02");
    assert_non_null(strstr(err.primary, "cannot read the catalog of "));
    run("ROLLBACK");
    read_live(&c);
}

static int start(void **state)
{
    struct error err;
    arena_init(&arena, 256 << 20);
    if (start_server(state)) {
        return -1;
    }
    const struct target target = {.url = url};
    return session_open(loop, &target, &session, &err) == ST_OK ? 0 : -1;
}

static int stop(void **state)
{
    session_close(session);
    arena_free(&arena);
    return stop_server(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_equals_a_replay),
        cmocka_unit_test(every_case_of_replay),
        cmocka_unit_test(it_knows_what_the_linter_asks),
        cmocka_unit_test(it_knows_sizes),
        cmocka_unit_test(views_and_what_they_read),
        cmocka_unit_test(a_not_null_that_is_not_valid_proves_nothing),
        cmocka_unit_test(it_runs_inside_a_transaction),
        cmocka_unit_test(it_waits_for_no_table_lock),
        cmocka_unit_test(a_failure_leaves_the_session_usable),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

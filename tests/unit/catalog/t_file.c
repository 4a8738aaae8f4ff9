/* The catalog file: what is written is what is read, and what nobody wrote is refused. */
#include <setjmp.h>
/* cmocka needs setjmp.h before it */
#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "catalog/dump.h"
#include "catalog/file.h"
#include "catalog/file_rows.h"
#include "catalog/names.h"
#include "catalog/replay.h"

static struct arena arena;
static struct catalog_applied applied[] = {
    {.version = STR_INIT("1"), .name = STR_INIT("first"), .sha256 = STR_INIT("aa"), .applied_at = STR_INIT("then")},
    {.version = STR_INIT("2"), .partial = true, .going_down = true, .steps_done = 1, .steps = 3},
};
static const struct catalog_info info = {.has_history = true,
                                         .applied = {applied, 2, 2},
                                         .made = STR_INIT("2026-11-20 09:30:00 UTC"),
                                         .tool = STR_INIT("migrate 1"),
                                         .database = STR_INIT("shop")};

static void replay(struct catalog *c, struct str sql, bool complete, int server)
{
    struct splitter sp;
    struct statement st;
    struct origin at = {.file = 1};
    catalog_init(c, &arena);
    c->complete = complete;
    c->server_version = server;
    splitter_init(&sp, sql, 0, (uint32_t)sql.n);
    while (splitter_next(&sp, &st)) {
        at.transaction = ++at.statement;
        catalog_replay(c, sql, &st, at);
    }
    splitter_free(&sp);
}

static struct str dump(const struct catalog *c)
{
    struct strbuf out;
    strbuf_init(&out, 1 << 24);
    catalog_dump(c, DUMP_ALL, &out);
    const struct str text = arena_str(&arena, strbuf_str(&out));
    strbuf_free(&out);
    return text;
}

static struct str encode(const struct catalog *c)
{
    struct error err;
    struct str file;
    if (catalog_encode(c, &info, &arena, &file, &err) != ST_OK) {
        fail_msg("%s", err.primary);
    }
    return file;
}

static void decode(struct str file, struct catalog *c)
{
    struct error err;
    catalog_init(c, &arena);
    if (catalog_decode(file, "test.catalog", c, NULL, &err) != ST_OK) {
        fail_msg("%s: %s", err.primary, err.detail);
    }
}

static const char shop[] =
    "CREATE SCHEMA app; SET search_path = app, \"Odd, One\", public; SET TimeZone = 'Europe/Vienna';\n"
    "CREATE TYPE mood AS ENUM ('sad', 'so \"so\"', 'very, very happy');\n"
    "CREATE DOMAIN amount AS numeric(12,2) DEFAULT 0 CHECK (VALUE >= 0);\n"
    "CREATE TYPE pair AS (a int, b text[]);\n"
    "CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE,\n"
    "  name varchar(50) COLLATE \"C\" DEFAULT 'x', moods mood[], \"a, b\"\"c\" int, CHECK (name IS NOT NULL AND \"a, "
    "b\"\"c\" > 1));\n"
    "CREATE TABLE orders (id serial, customer bigint REFERENCES customers ON DELETE CASCADE, placed date, total "
    "amount)\n"
    "  PARTITION BY RANGE (placed);\n"
    "CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');\n"
    "CREATE TABLE orders_rest PARTITION OF orders DEFAULT;\n"
    "CREATE UNIQUE INDEX by_mail ON customers (lower(email)) INCLUDE (name) WHERE \"a, b\"\"c\" IS NOT NULL;\n"
    "CREATE INDEX ON orders (customer, total);\n"
    "CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 2 * $1';\n"
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';\n"
    "CREATE TRIGGER t BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch();\n"
    "CREATE VIEW v AS SELECT id FROM customers; CREATE MATERIALIZED VIEW m AS SELECT id FROM v;\n";

/* ---- there and back ---- */

/* The same words, and written once more the same bytes: what the dump does not show is equal, too. */
static bool is_same(struct catalog *c, struct str title)
{
    struct catalog back, again;
    const struct str file = encode(c);
    decode(file, &back);
    const struct str was = dump(c), is = dump(&back), once_more = encode(&back);
    decode(once_more, &again);
    const bool same = str_eq(was, is) && str_eq(encode(&again), once_more) && back.complete == c->complete &&
                      back.server_version == c->server_version && str_eq(back.time_zone, c->time_zone) &&
                      back.search_path.n == c->search_path.n;
    if (!same) {
        print_error("%.*s\nwritten:\n%.*s\nread:\n%.*s\n", STR_ARG(title), STR_ARG(was), STR_ARG(is));
    }
    return same;
}

static void everything_comes_back(void **state)
{
    (void)state;
    struct catalog c, back;
    struct catalog_info told = {0};
    struct error err;
    replay(&c, str_of(shop), true, 16);
    struct relation *customers = catalog_relation(&c, STR("app"), STR("customers"));
    assert_non_null(customers);
    customers->rows = 212000000;
    customers->bytes = INT64_C(41) << 30;
    customers->loaded = TRI_YES;
    customers->tablespace = STR("fast");
    assert_true(is_same(&c, STR("shop")));
    catalog_init(&back, &arena);
    assert_int_equal(catalog_decode(encode(&c), "x", &back, &told, &err), ST_OK);
    assert_true(str_eq(told.database, STR("shop")) && str_eq(told.made, info.made) && str_eq(told.tool, info.tool));
    assert_true(told.has_history && told.applied.n == 2);
    assert_true(str_eq(told.applied.at[0].name, STR("first")) && str_eq(told.applied.at[0].applied_at, STR("then")));
    assert_true(!told.applied.at[0].partial && told.applied.at[1].partial && told.applied.at[1].going_down);
    assert_int_equal(told.applied.at[1].steps_done + 10 * told.applied.at[1].steps, 31);
    assert_true(str_eq(back.search_path.at[1], STR("Odd, One")));
    assert_true(str_eq(back.time_zone, STR("Europe/Vienna")));
    const struct relation *r = catalog_relation(&back, STR("app"), STR("customers"));
    assert_int_equal(r->rows, 212000000);
    assert_int_equal(r->bytes, INT64_C(41) << 30);
    assert_int_equal(r->made.statement, 0);
    assert_true(str_eq(r->tablespace, STR("fast")));
    assert_int_equal(r->referenced_by.n, customers->referenced_by.n);
    assert_int_equal(r->read_by.n, 1);
    assert_non_null(r->columns.at[0]->sequence);
    const struct relation *orders = catalog_relation(&back, STR("app"), STR("orders"));
    assert_ptr_equal(orders->default_partition, catalog_relation(&back, STR("app"), STR("orders_rest")));
    assert_int_equal(orders->rows, -1);
    const struct type *mood = catalog_type(&back, STR("app"), STR("mood"));
    assert_true(str_eq(mood->labels.at[1], STR("so \"so\"")) && str_eq(mood->labels.at[2], STR("very, very happy")));
    assert_true(str_eq(catalog_function(&back, STR("app"), STR("twice"))->body,
                       catalog_function(&c, STR("app"), STR("twice"))->body));
    const struct relation *index = catalog_relation(&back, STR("app"), STR("by_mail"));
    assert_true(name_list_has(&index->mentions, STR("a, b\"c")));
    int32_t *count = name_map_get(&back.constraint_names, STR("app"), STR("amount_check"));
    assert_true(count && *count == 1);
}

/* For the form of the files see t_replay.c. */
static void every_case_of_replay(void **state)
{
    (void)state;
    struct file_list list = {0};
    struct error err;
    unsigned cases = 0, failed = 0;
    assert_int_equal(file_list("tests/cases/catalog", &arena, &list, &err), ST_OK);
    for (size_t i = 0; i < list.n; i++) {
        struct str rest, line, title = STR_NONE;
        struct strbuf sql;
        bool input = false;
        if (!str_ends(list.at[i].name, STR(".case"))) {
            continue;
        }
        assert_int_equal(
            file_read(path_join(&arena, STR("tests/cases/catalog"), list.at[i].name).p, 1 << 24, &arena, &rest, &err),
            ST_OK);
        strbuf_init(&sql, 1 << 20);
        while (str_next(&rest, '\n', &line)) {
            if (str_starts(line, STR("# "))) {
                title = line;
                input = true;
                strbuf_reset(&sql);
            } else if (input && str_eq(line, STR("==>"))) {
                struct catalog c;
                input = false;
                cases++;
                for (int complete = 0; complete < 2; complete++) {
                    replay(&c, arena_str(&arena, strbuf_str(&sql)), complete == 1, cases % 3 == 0 ? 18 : 15);
                    failed += !is_same(&c, title);
                }
            } else if (input) {
                strbuf_add(&sql, line);
                strbuf_add_char(&sql, '\n');
            }
        }
        strbuf_free(&sql);
    }
    assert_int_equal(failed, 0);
    assert_true(cases > 30);
}

static void a_later_replay_sees_no_difference(void **state)
{
    (void)state;
    struct catalog c, back;
    const struct str more =
        STR("ALTER TABLE customers DROP COLUMN email CASCADE; DROP TABLE orders CASCADE;"
            "ALTER TABLE customers SET SCHEMA public; DROP VIEW v CASCADE; ALTER TYPE mood ADD VALUE 'x';"
            "CREATE TABLE orders (id int CONSTRAINT a CHECK (id > 0), t amount)");
    replay(&c, str_of(shop), true, 15);
    decode(encode(&c), &back);
    struct splitter sp;
    struct statement st;
    struct origin at = {.file = 2, .statement = 100, .transaction = 100};
    splitter_init(&sp, more, 0, (uint32_t)more.n);
    while (splitter_next(&sp, &st)) {
        at.transaction = ++at.statement;
        catalog_replay(&c, more, &st, at);
        catalog_replay(&back, more, &st, at);
    }
    splitter_free(&sp);
    assert_true(str_eq(dump(&c), dump(&back)));
}

/* ---- what nobody wrote ---- */

static struct str tampered(const char *sql)
{
    struct catalog c;
    struct error err;
    struct str file;
    const struct sqlite *lib;
    sqlite3 *db;
    char path[] = "/tmp/t_file.XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    replay(&c, str_of(shop), true, 15);
    assert_int_equal(catalog_write(path, &c, &info, &err), ST_OK);
    assert_int_equal(sqlite_bind(&lib, &err), ST_OK);
    assert_int_equal(lib->open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    if (lib->exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, lib->errmsg(db));
    }
    assert_int_equal(lib->close(db), SQLITE_OK);
    assert_int_equal(file_read(path, 1 << 26, &arena, &file, &err), ST_OK);
    unlink(path);
    return file;
}

static void is_refused(struct str file, const char *what, const char *about)
{
    struct catalog c;
    struct error err = {0};
    catalog_init(&c, &arena);
    if (catalog_decode(file, "x.catalog", &c, NULL, &err) != ST_USAGE) {
        fail_msg("not refused: %s", about);
    }
    if (!strstr(err.primary, what) || !strstr(err.hint, "migrate catalog pull")) {
        fail_msg("%s: %s (%s) - %s", about, err.primary, err.detail, err.hint);
    }
}

static void hostile_contents(void **state)
{
    (void)state;
    static const char *const hostile[] = {
        "UPDATE relations SET name = NULL WHERE id = 1",
        "UPDATE relations SET name = x'0102' WHERE id = 1",
        "UPDATE relations SET name = 7 WHERE id = 1; UPDATE relations SET rows = 'many'",
        "UPDATE relations SET rows = -5",
        "UPDATE relations SET rows = 9223372036854775807",
        "UPDATE relations SET bytes = 1.5",
        "UPDATE relations SET kind = 'tablet'",
        "UPDATE relations SET there = 'no'",
        "UPDATE relations SET name = 'same', schema = 'app'",
        "UPDATE relations SET name = name || char(0) || 'x'",
        "UPDATE relations SET name = CAST(x'ff' AS TEXT) WHERE id = 1",
        "UPDATE relations SET id = 1000000 WHERE id = 3",
        "DELETE FROM relations WHERE id = 2",
        "UPDATE columns SET relation = 100000",
        "UPDATE columns SET relation = NULL",
        "UPDATE columns SET relation = (SELECT id FROM relations WHERE kind = 'index')",
        "UPDATE columns SET identity = 'x'",
        "UPDATE columns SET modifier_1 = 99999999999",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
        "INSERT INTO columns SELECT relation, 'c' || i, type, type_schema, type_name, modifier_1, modifier_2, "
        "dimensions, "
        "set_of, collation, not_null, has_default, default_sql, default_volatile, identity, generated, local "
        "FROM n, (SELECT * FROM columns LIMIT 1)",
        "UPDATE indexes SET on_relation = relation",
        "INSERT INTO indexes SELECT * FROM indexes",
        "UPDATE indexes SET mentions = 'a, '",
        "UPDATE indexes SET mentions = '\"a'",
        "UPDATE indexes SET mentions = 'a b,c'",
        "UPDATE index_columns SET relation = 1",
        "UPDATE constraints SET relation = NULL, domain = NULL",
        "UPDATE constraints SET domain = 77",
        "UPDATE constraints SET domain = 1",
        "UPDATE constraints SET index_relation = 1",
        "UPDATE constraints SET referenced = (SELECT id FROM relations WHERE kind = 'index')",
        "INSERT INTO constraints SELECT * FROM constraints WHERE index_relation IS NOT NULL",
        "INSERT INTO inheritance SELECT parent, child FROM inheritance",
        "INSERT INTO inheritance VALUES (1, 1)",
        "INSERT INTO inheritance VALUES (0, 1)",
        "UPDATE sequences SET owner = relation",
        "UPDATE sequences SET relation = owner",
        "INSERT INTO sequences SELECT * FROM sequences",
        "UPDATE triggers SET relation = 0",
        "UPDATE view_reads SET relation = 'x'",
        "UPDATE meta SET value = '99999999999999999999' WHERE name = 'server_version'",
        "DROP TABLE triggers",
        "CREATE TABLE more (a)",
        "CREATE INDEX i ON relations (name)",
        "DROP TABLE schemas; CREATE VIEW schemas AS SELECT name, value AS there FROM meta",
        "CREATE TRIGGER t INSERT ON meta BEGIN DELETE FROM settings; END",
        "ALTER TABLE settings ADD COLUMN x",
        "DROP TABLE settings; CREATE TABLE settings (name TEXT, value TEXT AS (hex(zeroblob(100000000))))",
    };
    for (size_t i = 0; i < countof(hostile); i++) {
        is_refused(tampered(hostile[i]), "is damaged", hostile[i]);
    }
}

/* 40 diamonds on top of each other: a walk over all ways from the bottom to the top would take 2^40 steps. */
static void hostile_shapes(void **state)
{
    (void)state;
    static const char node[] =
        "INSERT INTO relations SELECT (SELECT max(id) FROM relations) + 1 + i, 'app', 'n' || i, 'table', "
        "NULL, NULL, 'yes', 1, 0, 0, 0, 'no', NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM n;";
    static const struct {
        const char *about, *n, *links;
        bool refused;
    } shapes[] = {
        {"diamonds", "119",
         "INSERT INTO inheritance SELECT b.id, a.id FROM relations a, relations b WHERE a.name GLOB 'n[0-9]*' AND "
         "b.name GLOB "
         "'n[0-9]*' AND (substr(b.name, 2) / 3 = substr(a.name, 2) / 3 AND ((substr(a.name, 2) % 3 = 0) <> "
         "(substr(b.name, 2) % 3 "
         "= 0)) AND a.id < b.id OR b.id > a.id AND substr(b.name, 2) % 3 = 0 AND substr(a.name, 2) % 3 > 0 AND "
         "substr(b.name, 2) / "
         "3 = substr(a.name, 2) / 3 + 1)",
         true},
        {"a long chain of children", "50000",
         "INSERT INTO inheritance SELECT id + 1, id FROM relations WHERE name GLOB 'n[0-9]*' AND name <> 'n50000'",
         true},
        {"a short one", "50",
         "INSERT INTO inheritance SELECT id + 1, id FROM relations WHERE name GLOB 'n[0-9]*' AND name <> 'n50'", false},
        {"a long chain of views", "50000",
         "INSERT INTO view_reads SELECT id + 1, id FROM relations WHERE name GLOB 'n[0-9]*' AND name <> 'n50000'",
         true},
        {"views in a small circle, as the server allows", "5",
         "INSERT INTO view_reads SELECT a.id, b.id FROM relations a, relations b WHERE a.name GLOB 'n[0-9]*' AND "
         "b.name GLOB "
         "'n[0-9]*' AND a.id <> b.id",
         false},
        {"views in a large circle", "3000",
         "INSERT INTO view_reads SELECT id + 1, id FROM relations WHERE name GLOB 'n[0-9]*' AND name <> 'n3000';"
         "INSERT INTO view_reads SELECT a.id, b.id FROM relations a, relations b WHERE a.name = 'n0' AND b.name = "
         "'n3000'",
         true},
    };
    for (size_t i = 0; i < countof(shapes); i++) {
        const char *sql =
            arena_printf(&arena, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %s) %s %s",
                         shapes[i].n, node, shapes[i].links)
                .p;
        const struct str file = tampered(sql);
        const int64_t start = clock_monotonic_ms();
        if (shapes[i].refused) {
            is_refused(file, "is damaged", shapes[i].about);
        } else {
            struct catalog c;
            decode(file, &c);
            for (size_t k = 0; k < c.all.n; k++) {
                catalog_drop(&c, c.all.at[k]);
            }
        }
        assert_true(clock_monotonic_ms() - start < 5000);
    }
}

static struct str copy(struct str s)
{
    return (struct str){arena_cstr(&arena, s), s.n};
}

static void damaged_files(void **state)
{
    (void)state;
    struct catalog c;
    replay(&c, str_of(shop), true, 15);
    const struct str file = encode(&c);
    is_refused(STR(""), "is empty", "empty");
    is_refused(STR("CREATE TABLE t (a int);\n"), "is not a catalog file", "SQL");
    is_refused(str_slice(file, 0, 99), "is not a catalog file", "less than a header");
    is_refused(tampered("PRAGMA application_id = 0"), "is not a catalog file", "another SQLite file");
    is_refused(tampered("PRAGMA user_version = 99"), "is of another version", "a later version");
    is_refused(tampered("PRAGMA user_version = 0"), "is of another version", "an earlier version");
    for (size_t n = 100; n < file.n; n += 1021) {
        is_refused(str_slice(file, 0, n), "is damaged", "cut");
    }
    /* Every byte turned, one in each file: refused or read, never worse. */
    for (size_t at = 16; at < file.n; at += 37) {
        const struct arena_mark mark = arena_mark(&arena);
        struct catalog back;
        struct error err;
        struct str bent = copy(file);
        ((char *)(uintptr_t)bent.p)[at] ^= (char)(1 + at % 255);
        catalog_init(&back, &arena);
        const enum status status = catalog_decode(bent, "x", &back, NULL, &err);
        assert_true(status == ST_OK || (status == ST_USAGE && strstr(err.hint, "migrate catalog pull")));
        if (!status) {
            (void)dump(&back);
        }
        arena_rewind(&arena, mark);
    }
}

static void paths(void **state)
{
    (void)state;
    struct catalog c;
    struct error err = {0};
    catalog_init(&c, &arena);
    assert_int_equal(catalog_read("/nowhere/x.catalog", &c, NULL, &err), ST_USAGE);
    assert_non_null(strstr(err.primary, "/nowhere/x.catalog"));
    assert_non_null(strstr(err.hint, "migrate catalog pull"));
    assert_int_equal(catalog_read("/tmp", &c, NULL, &err), ST_USAGE);
    assert_int_equal(catalog_write("/nowhere/x.catalog", &c, &info, &err), ST_SYSTEM);
}

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)2 << 30);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_comes_back),
        cmocka_unit_test(every_case_of_replay),
        cmocka_unit_test(a_later_replay_sees_no_difference),
        cmocka_unit_test(hostile_contents),
        cmocka_unit_test(hostile_shapes),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(paths),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

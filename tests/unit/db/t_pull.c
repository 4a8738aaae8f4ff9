/* A server's catalog by way of a file: what is read from the file is what was read from the server. */
#include "catalog/dump.h"
#include "catalog/file.h"
#include "db/live.h"

#include "server.h"

static struct session *session;
static struct arena arena;

static const char sql[] =
    "CREATE SCHEMA app; SET search_path = app, public; SET TimeZone = 'Asia/Kathmandu';"
    "CREATE TYPE mood AS ENUM ('sad', 'it''s \"ok\"', 'a, b');"
    "CREATE DOMAIN amount AS numeric(12,2) DEFAULT 0 CHECK (VALUE >= 0);"
    "CREATE TYPE pair AS (a int, b text[]); CREATE TYPE span AS RANGE (subtype = int);"
    "CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE,"
    " name varchar(50) COLLATE \"C\", moods mood[], made timestamptz(3) DEFAULT now(),"
    " up text GENERATED ALWAYS AS (upper(email)) STORED, CHECK (name IS NOT NULL));"
    "CREATE TABLE \"Odd \"\"one\"\"\" (id serial PRIMARY KEY, customer bigint REFERENCES customers ON DELETE CASCADE, "
    "what pair, \"a, b\" int);"
    "CREATE INDEX ON \"Odd \"\"one\"\"\" (\"a, b\", (id + 1)) WHERE \"a, b\" > 0;"
    "CREATE TABLE orders (id int NOT NULL, placed date NOT NULL, total amount, PRIMARY KEY (id, placed)) PARTITION BY "
    "RANGE (placed);"
    "CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
    "CREATE TABLE orders_rest PARTITION OF orders DEFAULT;"
    "CREATE INDEX ON orders (total); CREATE UNIQUE INDEX ON customers (lower(email)) INCLUDE (name) WHERE moods IS NOT "
    "NULL;"
    "CREATE TABLE base (a int); CREATE TABLE derived (b int) INHERITS (base);"
    "ALTER TABLE customers ADD CONSTRAINT long CHECK (length(email) > 3) NOT VALID;"
    "CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1';"
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
    "CREATE TRIGGER t BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch();"
    "CREATE VIEW v AS SELECT id FROM customers; CREATE MATERIALIZED VIEW m AS SELECT v.id FROM v JOIN orders USING "
    "(id);"
    "CREATE UNLOGGED TABLE u (a int) WITH (autovacuum_enabled = off); ALTER TABLE u ENABLE ROW LEVEL SECURITY;"
    "INSERT INTO orders SELECT i, '2024-06-01', i FROM generate_series(1, 5000) i; ANALYZE;";

static struct str dump(const struct catalog *c)
{
    struct strbuf out;
    strbuf_init(&out, 1 << 24);
    catalog_dump(c, DUMP_ALL, &out);
    /* What the dump leaves out. */
    for (size_t i = 0; i < c->all.n; i++) {
        const struct relation *r = c->all.at[i];
        strbuf_addf(&out, "%.*s.%.*s %" PRId64 " %" PRId64 " %d %zu %zu %zu %zu\n", STR_ARG(r->schema),
                    STR_ARG(r->name), r->rows, r->bytes, r->complete, r->referenced_by.n, r->read_by.n, r->mentions.n,
                    r->children.n);
    }
    for (size_t i = 0; i < c->search_path.n; i++) {
        strbuf_addf(&out, "%.*s,", STR_ARG(c->search_path.at[i]));
    }
    strbuf_addf(&out, "%.*s %d %d", STR_ARG(c->time_zone), c->server_version, c->complete);
    const struct str text = arena_str(&arena, strbuf_str(&out));
    strbuf_free(&out);
    return text;
}

static void the_file_equals_the_server(void **state)
{
    (void)state;
    struct catalog live, file;
    struct error err;
    struct str bytes;
    if (session_simple(session, str_of(sql), 0, NULL, &err) != ST_OK) {
        fail_msg("%s", err.primary);
    }
    catalog_init(&live, &arena);
    catalog_init(&file, &arena);
    assert_int_equal(live_catalog(session, &live, &err), ST_OK);
    assert_int_equal(catalog_encode(&live, &(struct catalog_info){0}, &arena, &bytes, &err), ST_OK);
    if (catalog_decode(bytes, "pulled", &file, NULL, &err) != ST_OK) {
        fail_msg("%s: %s", err.primary, err.detail);
    }
    const struct str a = dump(&live), b = dump(&file);
    if (!str_eq(a, b)) {
        fail_msg("the server:\n%.*s\nthe file:\n%.*s", STR_ARG(a), STR_ARG(b));
    }
    assert_true(str_find(a, STR("app.orders_1 5000 ")) != SIZE_MAX);
    assert_true(str_ends(a, STR("app,public,Asia/Kathmandu 15 1")) || live.server_version != 15);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_file_equals_the_server)};
    return cmocka_run_group_tests(tests, start, stop);
}

/*
 * fuzz_catalog.c - whatever a catalog file holds: it is refused, or gives a model that every walk comes through.
 *
 * Bytes that begin like a SQLite file are taken as a file. All others are taken as changes of the rows of a sound file: so those
 * links get wild that SQLite knows nothing of.
 *
 * `make fuzz` builds it with libFuzzer; tests/unit/catalog/t_hostile.c runs the same function over the seeds and
 * random bytes.
 */
#include "fuzz.h"

#include "catalog/dump.h"
#include "catalog/file.h"
#include "catalog/file_rows.h"
#include "catalog/replay.h"

/* ---- drawing a file ---- */

static const char sql[] =
    "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN amount AS int CHECK (VALUE > 0);"
    "CREATE TABLE customers (id int PRIMARY KEY, email text UNIQUE, moods mood[], CHECK (email IS NOT NULL));"
    "CREATE TABLE orders (id serial, customer int REFERENCES customers, placed date, total amount) PARTITION BY RANGE "
    "(placed);"
    "CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
    "CREATE TABLE orders_2 PARTITION OF orders DEFAULT; CREATE INDEX ON orders (total); CREATE TABLE a (); CREATE "
    "TABLE b () INHERITS (a);"
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS ''; CREATE VIEW v AS SELECT * FROM a; CREATE VIEW w AS "
    "SELECT * FROM v;"
    "CREATE TRIGGER t BEFORE UPDATE ON customers EXECUTE FUNCTION f();";

static struct str sound_file(struct arena *a)
{
    struct splitter sp;
    struct statement st;
    struct catalog c;
    struct error err;
    struct str file;
    const struct str text = str_of(sql);
    struct origin at = {.file = 1};
    struct catalog_applied applied[] = {{.version = STR("1"), .name = STR("a")}};
    const struct catalog_info info = {.has_history = true, .applied = {applied, 1, 1}};
    catalog_init(&c, a);
    c.complete = true;
    splitter_init(&sp, text, 0, (uint32_t)text.n);
    while (splitter_next(&sp, &st)) {
        at.statement++;
        catalog_replay(&c, text, &st, at);
    }
    splitter_free(&sp);
    HOLD(catalog_encode(&c, &info, a, &file, &err) == ST_OK);
    return file;
}

struct stream {
    const uint8_t *at, *end;
};

static unsigned draw(struct stream *s)
{
    return s->at < s->end ? *s->at++ : 0;
}

/* Column i of the table, as it stands in its CREATE TABLE; i is taken within their number. */
static struct str column_name(const struct io_table *table, unsigned i)
{
    unsigned n = 1;
    for (const char *p = table->sql; *p; p++) {
        n += *p == ',';
    }
    struct str rest = str_of(strchr(table->sql, '(') + 1), column = STR_NONE;
    for (i %= n; str_next(&rest, ',', &column) && i > 0; i--) {
    }
    column = str_trim(column);
    return str_slice(column, 0, str_find_char(column, ' '));
}

static void draw_value(struct stream *s, struct strbuf *out)
{
    static const char *const words[] = {
        "NULL",
        "0",
        "1",
        "-1",
        "''",
        "'a'",
        "'app'",
        "'public'",
        "'table'",
        "'partitioned table'",
        "'index'",
        "'view'",
        "'sequence'",
        "'unknown'",
        "'yes'",
        "'no'",
        "'check'",
        "'primary key'",
        "'foreign key'",
        "'a, b'",
        "'\"'",
        "'a,b'",
        "x'ff'",
        "1.5",
        "9223372036854775807",
        "CAST(x'ff' AS TEXT)",
        "char(0)",
        "zeroblob(100000)",
        "'customers'",
        "'search_path'",
    };
    const unsigned kind = draw(s);
    if (kind < 128) {
        strbuf_addf(out, "%u", kind % 40);
    } else {
        strbuf_add_cstr(out, words[kind % countof(words)]);
    }
}

/* One change of the tables, as SQL. */
static void draw_change(struct stream *s, struct strbuf *out)
{
    const struct io_table *table = &file_tables[draw(s) % FILE_TABLES];
    const unsigned kind = draw(s) % 8, row = draw(s) % 40 + 1;
    if (kind == 0) {
        strbuf_addf(out, "DELETE FROM %s WHERE rowid = %u", table->name, row);
    } else if (kind == 1) {
        strbuf_addf(out, "INSERT INTO %s SELECT * FROM %s WHERE rowid = %u", table->name, table->name, row);
    } else {
        const struct str column = column_name(table, draw(s));
        strbuf_addf(out, "UPDATE %s SET %.*s = ", table->name, STR_ARG(column));
        draw_value(s, out);
        if (kind != 2) {
            strbuf_addf(out, " WHERE rowid = %u", row);
        }
    }
}

/* A sound file with changes that are drawn from the stream. */
static struct str draw_file(struct stream s, struct arena *a)
{
    enum { ROOM = 1 << 18, CHANGES = 30 };
    const struct sqlite *lib;
    struct error err;
    struct strbuf change;
    sqlite3 *db = NULL;
    sqlite3_int64 n = 0;
    const struct str sound = sound_file(a);
    unsigned char *room = arena_alloc(a, sound.n + ROOM);
    memcpy(room, sound.p, sound.n);
    HOLD(sqlite_bind(&lib, &err) == ST_OK);
    HOLD(lib->open_v2(":memory:", &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    HOLD(lib->deserialize(db, "main", room, (sqlite3_int64)sound.n, (sqlite3_int64)sound.n + ROOM, 0) == SQLITE_OK);
    strbuf_init(&change, 1 << 12);
    for (int i = 0; i < CHANGES && s.at < s.end; i++) {
        strbuf_reset(&change);
        draw_change(&s, &change);
        (void)lib->exec(db, strbuf_cstr(&change), NULL, NULL, NULL); /* one that SQLite refuses is none */
    }
    strbuf_free(&change);
    unsigned char *bytes = lib->serialize(db, "main", &n, 0);
    HOLD(bytes);
    const struct str file = arena_str(a, (struct str){(const char *)bytes, (size_t)n});
    lib->free(bytes);
    HOLD(lib->close(db) == SQLITE_OK);
    return file;
}

/* ---- what is promised ---- */

/* Come through it in every way that commands do. */
static void walk(struct catalog *c, struct arena *a)
{
    struct strbuf out;
    struct relation_list below = {0};
    strbuf_init(&out, 1 << 26);
    catalog_dump(c, DUMP_ALL, &out);
    strbuf_free(&out);
    for (size_t i = 0; i < c->all.n; i++) {
        below.n = 0;
        relation_descendants(c->all.at[i], a, &below);
    }
    for (size_t i = 0; i < c->all.n; i++) {
        if (i % 2 == 0) {
            catalog_rename(c, c->all.at[i], STR("other"), c->all.at[i]->name);
        }
        catalog_drop(c, c->all.at[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct catalog c, again;
    struct error err = {0};
    struct catalog_info info = {0};
    arena_init(&a, (size_t)1 << 30);
    struct str file = {(const char *)data, size};
    if (!str_starts(file, STR("SQLite"))) {
        file = draw_file((struct stream){data, data + size}, &a);
    }
    catalog_init(&c, &a);
    catalog_init(&again, &a);
    if (catalog_decode(file, "fuzz", &c, &info, &err) == ST_OK) {
        struct str copy;
        HOLD(catalog_encode(&c, &info, &a, &copy, &err) == ST_OK);
        HOLD(catalog_decode(copy, "copy", &again, NULL, &err) == ST_OK);
        walk(&c, &a);
        walk(&again, &a);
    } else {
        HOLD(err.status == ST_USAGE && strstr(err.hint, "migrate catalog pull"));
    }
    arena_free(&a);
    return 0;
}

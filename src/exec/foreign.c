#include "exec/foreign.h"

#include "base/clock.h"
#include "base/digest.h"

enum { ANSWER_MS = 60000, POLL_MS = 500 };

static const struct foreign_tool tools[] = {
    {.name = "dbmate",
     .table = "schema_migrations",
     .columns = "version",
     .sql = "SELECT version, NULL, true, false FROM @ ORDER BY version",
     .match = FOREIGN_TEXT,
     .layout = "native",
     .written = "v",
     .done = {"INSERT INTO @ (version) VALUES ($1) ON CONFLICT DO NOTHING"},
     .undone = {"DELETE FROM @ WHERE version = $1"}},
    {.name = "golang-migrate",
     .table = "schema_migrations",
     .columns = "version dirty",
     .sql = "SELECT version::pg_catalog.text, NULL, NOT dirty, true FROM @",
     .match = FOREIGN_HEAD,
     .layout = "golang-migrate",
     .written = "",
     .done = {"DELETE FROM @",
              "INSERT INTO @ (version, dirty) SELECT max(version::pg_catalog.int8), false FROM #.migrations"
              " WHERE state = 'applied' HAVING count(*) > 0::pg_catalog.int8"},
     .undone = {"DELETE FROM @",
                "INSERT INTO @ (version, dirty) SELECT max(version::pg_catalog.int8), false FROM #.migrations"
                " WHERE state = 'applied' HAVING count(*) > 0::pg_catalog.int8"}},
    {.name = "goose",
     .table = "goose_db_version",
     .columns = "version_id is_applied",
     .sql =
         "SELECT v.version_id::pg_catalog.text, NULL, true, false FROM (SELECT DISTINCT ON (version_id) version_id,"
         " is_applied FROM @ ORDER BY version_id, id DESC) v WHERE v.is_applied AND v.version_id <> 0::pg_catalog.int8"
         " ORDER BY v.version_id",
     .match = FOREIGN_NUMBER,
     .layout = "goose",
     .written = "v",
     .done = {"INSERT INTO @ (version_id, is_applied) VALUES ($1::pg_catalog.int8, true)"},
     .undone = {"DELETE FROM @ WHERE version_id = $1::pg_catalog.int8"}},
    {.name = "flyway",
     .table = "flyway_schema_history",
     .columns = "installed_rank version script checksum success type",
     .sql = "SELECT coalesce(v.version, v.script), v.checksum::pg_catalog.text, v.success,"
            " v.type = 'BASELINE'::pg_catalog.varchar FROM (SELECT DISTINCT ON (coalesce(version, script)) version, "
            "script,"
            " checksum, success, type, installed_rank FROM @ ORDER BY coalesce(version, script), installed_rank DESC) v"
            " WHERE v.type NOT IN ('UNDO_SQL', 'DELETE', 'SCHEMA') ORDER BY v.installed_rank",
     .match = FOREIGN_NUMBER,
     .sum = FOREIGN_CRC_OF_LINES,
     .layout = "flyway",
     .written = "Vnfs",
     .done =
         {"INSERT INTO @ (installed_rank, version, description, type, script, checksum, installed_by, installed_on,"
          " execution_time, success) SELECT coalesce(max(installed_rank), 0) + 1, $1, pg_catalog.replace($2, '_', ' '),"
          " 'SQL', pg_catalog.concat($3::pg_catalog.text, '.sql'), $4::pg_catalog.int4, current_user,"
          " pg_catalog.now(), 0, true FROM @"},
     .undone = {"DELETE FROM @ WHERE version = $1"}},
    {.name = "sqlx",
     .table = "_sqlx_migrations",
     .columns = "version checksum success",
     .sql =
         "SELECT version::pg_catalog.text, pg_catalog.encode(checksum, 'hex'), success, false FROM @ ORDER BY version",
     .match = FOREIGN_NUMBER,
     .sum = FOREIGN_SHA384,
     .layout = "sqlx",
     .written = "vns",
     .done = {"INSERT INTO @ (version, description, success, checksum, execution_time) VALUES ($1::pg_catalog.int8,"
              " pg_catalog.replace($2, '_', ' '), true, pg_catalog.decode($3, 'hex'), 0)"},
     .undone = {"DELETE FROM @ WHERE version = $1::pg_catalog.int8"}},
    {.name = "refinery",
     .table = "refinery_schema_history",
     .columns = "version name checksum",
     .sql = "SELECT version::pg_catalog.text, checksum, true, false FROM @ ORDER BY version",
     .match = FOREIGN_NUMBER,
     .sum = FOREIGN_SIPHASH,
     .layout = "refinery",
     .written = "vns",
     .done = {"INSERT INTO @ (version, name, applied_on, checksum) VALUES ($1::pg_catalog.int8, $2, pg_catalog.to_char("
              "pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), $3)"},
     .undone = {"DELETE FROM @ WHERE version = $1::pg_catalog.int8"}},
    {.name = "diesel",
     .table = "__diesel_schema_migrations",
     .columns = "version run_on",
     .sql = "SELECT version, NULL, true, false FROM @ ORDER BY version",
     .match = FOREIGN_TEXT,
     .layout = "diesel",
     .written = "v",
     .done = {"INSERT INTO @ (version) VALUES ($1)"},
     .undone = {"DELETE FROM @ WHERE version = $1"}},
    {.name = "prisma",
     .table = "_prisma_migrations",
     .columns = "migration_name checksum finished_at rolled_back_at",
     .sql = "SELECT migration_name, checksum, finished_at IS NOT NULL, false FROM @ WHERE rolled_back_at IS NULL"
            " ORDER BY started_at, migration_name",
     .match = FOREIGN_FOLDER,
     .sum = FOREIGN_SHA256,
     .layout = "prisma",
     .written = "ds",
     .done = {"INSERT INTO @ (id, checksum, finished_at, migration_name, started_at, applied_steps_count) VALUES ("
              "pg_catalog.gen_random_uuid()::pg_catalog.text, $2, pg_catalog.now(), $1, pg_catalog.now(), 1)"},
     .undone = {"UPDATE @ SET rolled_back_at = pg_catalog.now() WHERE migration_name = $1 AND rolled_back_at IS NULL"}},
    {.name = "node-pg-migrate",
     .table = "pgmigrations",
     .columns = "id name run_on",
     .sql = "SELECT name, NULL, true, false FROM @ ORDER BY run_on, id",
     .match = FOREIGN_FILE,
     .layout = "node-pg-migrate",
     .written = "f",
     .done = {"INSERT INTO @ (name, run_on) VALUES ($1, pg_catalog.now())"},
     .undone = {"DELETE FROM @ WHERE name = $1"}},
    {.name = "tern",
     .schema = "public",
     .table = "schema_version",
     .columns = "version",
     .sql = "SELECT version::pg_catalog.text, NULL, true, true FROM @ WHERE version <> 0::pg_catalog.int4",
     .match = FOREIGN_HEAD,
     .layout = "tern",
     .written = "",
     .done =
         {"UPDATE @ SET version = (SELECT coalesce(max(version::pg_catalog.int4), 0) FROM #.migrations WHERE state ="
          " 'applied')"},
     .undone =
         {"UPDATE @ SET version = (SELECT coalesce(max(version::pg_catalog.int4), 0) FROM #.migrations WHERE state ="
          " 'applied')"}},
    {.name = "supabase",
     .schema = "supabase_migrations",
     .table = "schema_migrations",
     .columns = "version",
     .sql = "SELECT version, NULL, true, false FROM @ ORDER BY version",
     .match = FOREIGN_TEXT,
     .layout = "supabase",
     .written = "v",
     .done = {"INSERT INTO @ (version) VALUES ($1)"},
     .undone = {"DELETE FROM @ WHERE version = $1"}},
    {.name = "sqitch",
     .schema = "sqitch",
     .table = "changes",
     .columns = "change script_hash committed_at",
     .sql = "SELECT change, script_hash, true, false, project, change_id FROM @ ORDER BY committed_at, planned_at",
     .match = FOREIGN_CHANGE,
     .sum = FOREIGN_SHA1,
     .layout = "sqitch",
     .written = ""},
    {.name = "graphile-migrate",
     .schema = "graphile_migrate",
     .table = "migrations",
     .columns = "hash previous_hash filename",
     /* It records 000001.sql, whatever message stands in the file's name. */
     .sql = "SELECT pg_catalog.split_part(pg_catalog.split_part(filename, '.', 1), '-', 1), hash, true, false FROM @"
            " ORDER BY filename",
     .match = FOREIGN_NUMBER,
     .sum = FOREIGN_SHA1_IN_HEADER,
     .layout = "graphile-migrate",
     .written = "spv",
     .done = {"INSERT INTO @ (hash, previous_hash, filename) VALUES ($1, NULLIF($2, '-'), pg_catalog.concat("
              "$3::pg_catalog.text, '.sql'))"},
     .undone = {"DELETE FROM @ WHERE filename = pg_catalog.concat($3::pg_catalog.text, '.sql')"}},
    {.name = "sql-migrate",
     .table = "gorp_migrations",
     .columns = "id applied_at",
     .sql = "SELECT id, NULL, true, false FROM @ ORDER BY id",
     .match = FOREIGN_FILE,
     .layout = "sql-migrate",
     .written = "f",
     .done =
         {"INSERT INTO @ (id, applied_at) VALUES (pg_catalog.concat($1::pg_catalog.text, '.sql'), pg_catalog.now())"},
     .undone = {"DELETE FROM @ WHERE id = pg_catalog.concat($1::pg_catalog.text, '.sql')"}},
    {.name = "postgres-migrations",
     .table = "migrations",
     .columns = "id name hash executed_at",
     .sql = "SELECT id::pg_catalog.text, hash, true, false FROM @ WHERE id <> 0::pg_catalog.int4 ORDER BY id",
     .match = FOREIGN_NUMBER,
     .sum = FOREIGN_SHA1_NAMED,
     .layout = "plain",
     .written = "vns",
     .done = {"INSERT INTO @ (id, name, hash) VALUES ($1::pg_catalog.int4, $2, $3)"},
     .undone = {"DELETE FROM @ WHERE id = $1::pg_catalog.int4"}},
};

const struct foreign_tool *foreign_at(size_t i)
{
    return i < countof(tools) ? &tools[i] : NULL;
}

const struct foreign_tool *foreign_find(struct str name)
{
    for (size_t i = 0; i < countof(tools); i++) {
        if (str_eq(name, str_of(tools[i].name))) {
            return &tools[i];
        }
    }
    return NULL;
}

/* ---- where the table is ---- */

static bool has_columns(struct str columns, struct str all)
{
    struct str rest = columns, one;
    while (rest.n > 0 && str_next(&rest, ' ', &one)) {
        struct str those = all, other;
        bool there = false;
        while (!there && those.n > 0 && str_next(&those, ' ', &other)) {
            there = str_eq(one, other);
        }
        if (!there) {
            return false;
        }
    }
    return true;
}

/* Of the tools whose table this may be, the one that asks for the most columns. */
static const struct foreign_tool *looks_like(struct str table, struct str columns)
{
    const struct foreign_tool *best = NULL;
    for (size_t i = 0; i < countof(tools); i++) {
        const bool fits = str_eq(table, str_of(tools[i].table)) && has_columns(str_of(tools[i].columns), columns);
        if (fits && (!best || strlen(tools[i].columns) > strlen(best->columns))) {
            best = &tools[i];
        }
    }
    return best;
}

enum status foreign_locate(struct session *s, const struct foreign_tool *tool, const char *said, struct arena *a,
                           struct str *relation, struct error *err)
{
    /* The name as a user would write it, read by the server, so that quotes and the search path work as everywhere. */
    static const char sql[] =
        "SELECT pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.relname)), "
        "c.relname,"
        " (SELECT pg_catalog.string_agg(a.attname::pg_catalog.text, ' ') FROM pg_catalog.pg_attribute a"
        " WHERE a.attrelid = c.oid AND a.attnum > 0::pg_catalog.int2 AND NOT a.attisdropped)"
        " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.oid = pg_catalog.to_regclass($1)";
    const char *usual =
        arena_printf(a, "%s%s%s", tool->schema ? tool->schema : "", tool->schema ? "." : "", tool->table).p;
    const struct param name = {said && *said ? said : usual};
    struct rows *rows = NULL;
    enum status status = session_query(s, sql, &name, 1, ANSWER_MS, &rows, err);
    if (status) {
        error_context(err, "cannot look for the history of %s", tool->name);
        return status;
    }
    if (rows_count(rows) == 0) {
        status =
            error_set(err, ST_USAGE, "there is no table %s: %s has not run in this database", name.text, tool->name);
        error_hint(err, "if its history has another name: --table SCHEMA.TABLE");
        goto out;
    }
    *relation = arena_str(a, rows_value(rows, 0, 0));
    const struct foreign_tool *like = looks_like(rows_value(rows, 0, 1), rows_value(rows, 0, 2));
    /* A custom name cannot be told by it, only by the columns. */
    const bool fits = has_columns(str_of(tool->columns), rows_value(rows, 0, 2));
    if (!fits || (like && like != tool && strcmp(like->table, tool->table) == 0 && !tool->schema)) {
        status = error_set(err, ST_USAGE, "the table %.*s is not a history of %s", STR_ARG(*relation), tool->name);
        if (like && like != tool) {
            error_hint(err, "by its columns it is %s's: --from %s", like->name, like->name);
        } else {
            error_hint(err, "that has the columns %s; name another table with --table SCHEMA.TABLE", tool->columns);
        }
    }
out:
    rows_free(rows);
    return status;
}

/* ---- its rows ---- */

enum status foreign_read(struct session *s, const struct foreign_tool *tool, struct str relation, struct arena *a,
                         struct foreign_row_list *out, struct error *err)
{
    const size_t at = str_find_char(str_of(tool->sql), '@');
    const char *sql = arena_printf(a, "%.*s%.*s%s", (int)at, tool->sql, STR_ARG(relation), tool->sql + at + 1).p;
    struct rows *rows = NULL;
    const enum status status = session_query(s, sql, NULL, 0, ANSWER_MS, &rows, err);
    if (status) {
        error_context(err, "cannot read the history of %s", tool->name);
        return status;
    }
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct foreign_row *row = vec_push(a, out);
        *row = (struct foreign_row){.key = arena_str(a, rows_value(rows, i, 0)),
                                    .sum = rows_null(rows, i, 1) ? STR_NONE : arena_str(a, rows_value(rows, i, 1)),
                                    .complete = rows_bool(rows, i, 2),
                                    .head = rows_bool(rows, i, 3)};
        if (rows_columns(rows) > 5) {
            row->project = arena_str(a, rows_value(rows, i, 4));
            row->id = arena_str(a, rows_value(rows, i, 5));
        }
        for (size_t k = 0; k + 1 < out->n && tool->match == FOREIGN_CHANGE; k++) {
            row->nth += str_eq(out->at[k].key, row->key) && str_eq(out->at[k].project, row->project);
        }
    }
    rows_free(rows);
    return ST_OK;
}

/* ---- its lock ---- */

enum { MAX_KEYS = 2 };

static uint32_t crc_of(const char *text, size_t n)
{
    return crc32_of(0, (struct str){text, n});
}

/* Java's String.hashCode(), of ASCII. */
static int32_t java_hash(struct str s)
{
    uint32_t h = 0;
    for (size_t i = 0; i < s.n; i++) {
        h = 31 * h + (unsigned char)s.p[i];
    }
    return (int32_t)h;
}

/* The unquoted halves of a quoted relation name. */
static enum status name_halves(struct session *s, struct str relation, struct rows **rows, struct error *err)
{
    static const char sql[] = "SELECT n.nspname, c.relname, pg_catalog.current_database() FROM pg_catalog.pg_class c"
                              " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                              " WHERE c.oid = pg_catalog.to_regclass($1)";
    struct strbuf name;
    strbuf_init(&name, 1024);
    strbuf_add(&name, relation);
    const struct param param = {strbuf_cstr(&name)};
    const enum status status = session_query(s, sql, &param, 1, ANSWER_MS, rows, err);
    strbuf_free(&name);
    return status;
}

/* The keys of the tool's session advisory lock; several where the tool itself takes one or the other. */
static enum status lock_keys(struct session *s, const struct foreign_tool *tool, struct str relation,
                             int64_t keys[MAX_KEYS], size_t *n, struct error *err)
{
    static const struct {
        const char *tool;
        int64_t key;
    } fixed[] = {{"goose", 4097083626},
                 {"sqitch", 75474063},
                 {"tern", 9628173550095224},
                 {"node-pg-migrate", 7241865325823964},
                 {"graphile-migrate", 4727445306447283},
                 {"postgres-migrations", -8525285245963000605},
                 {"prisma", 72707369}};
    struct rows *rows = NULL;
    *n = 0;
    for (size_t i = 0; i < countof(fixed); i++) {
        if (strcmp(fixed[i].tool, tool->name) == 0) {
            keys[(*n)++] = fixed[i].key;
        }
    }
    const bool golang = strcmp(tool->name, "golang-migrate") == 0, flyway = strcmp(tool->name, "flyway") == 0;
    const bool sqlx = strcmp(tool->name, "sqlx") == 0;
    if (!golang && !flyway && !sqlx) {
        return ST_OK;
    }
    const enum status status = name_halves(s, relation, &rows, err);
    if (status || rows_count(rows) == 0) {
        rows_free(rows);
        return status;
    }
    const struct str schema = rows_value(rows, 0, 0), table = rows_value(rows, 0, 1), db = rows_value(rows, 0, 2);
    struct strbuf text;
    strbuf_init(&text, 4096);
    if (sqlx) {
        keys[(*n)++] = (int64_t)0x3d32ad9e * crc_of(db.p, db.n);
    } else if (flyway) {
        strbuf_addf(&text, "\"%.*s\".\"%.*s\"", STR_ARG(schema), STR_ARG(table));
        keys[(*n)++] = 77431708279161 + java_hash(strbuf_str(&text));
    } else {
        /* Its command takes the path of the URL for the database's name, slash and all; its library the name. */
        for (int slash = 0; slash < 2; slash++) {
            strbuf_reset(&text);
            strbuf_add(&text, schema);
            strbuf_add_char(&text, '\0');
            strbuf_add(&text, table);
            strbuf_add_char(&text, '\0');
            strbuf_add_cstr(&text, slash ? "/" : "");
            strbuf_add(&text, db);
            keys[(*n)++] = (int64_t)(crc_of(text.p, text.n) * 1486364155U);
        }
    }
    strbuf_free(&text);
    rows_free(rows);
    return ST_OK;
}

static enum status try_key(struct session *s, int64_t key, bool *got, struct error *err)
{
    char text[32];
    struct rows *rows = NULL;
    snprintf(text, sizeof(text), "%" PRId64, key);
    const struct param param = {text};
    const enum status status = session_query(s, "SELECT pg_catalog.pg_try_advisory_lock($1::pg_catalog.int8)", &param,
                                             1, ANSWER_MS, &rows, err);
    *got = !status && rows_bool(rows, 0, 0);
    rows_free(rows);
    return status;
}

enum status foreign_lock(struct loop *loop, struct session *s, const struct foreign_tool *tool, struct str relation,
                         int64_t wait_ms, struct error *err)
{
    const int64_t until = clock_monotonic_ms() + wait_ms;
    int64_t keys[MAX_KEYS];
    size_t n, held = 0;
    enum status status = lock_keys(s, tool, relation, keys, &n, err);
    while (!status && held < n) {
        bool got = false;
        status = try_key(s, keys[held], &got, err);
        held += got;
        if (!status && !got) {
            const int64_t left = until - clock_monotonic_ms();
            if (left <= 0) {
                status = error_set(err, ST_RUN_LOCKED, "%s is running: it holds its own lock", tool->name);
                error_hint(err, "wait for it to finish, or try again with a longer --run-lock-wait");
            } else {
                status = loop_sleep(loop, left < POLL_MS ? left : POLL_MS, err);
            }
        }
    }
    return status;
}

void foreign_unlock(struct session *s, const struct foreign_tool *tool, struct str relation)
{
    int64_t keys[MAX_KEYS];
    size_t n;
    struct error ignored;
    if (!session_usable(s) || lock_keys(s, tool, relation, keys, &n, &ignored)) {
        return; /* closing the session gives the lock back */
    }
    for (size_t i = 0; i < n; i++) {
        char text[32];
        snprintf(text, sizeof(text), "%" PRId64, keys[i]);
        const struct param param = {text};
        if (session_query(s, "SELECT pg_catalog.pg_advisory_unlock($1::pg_catalog.int8)", &param, 1, ANSWER_MS, NULL,
                          &ignored)) {
            return;
        }
    }
}

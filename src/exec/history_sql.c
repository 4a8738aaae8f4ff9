#include "exec/history_sql.h"

#include "base/error.h"

/*
 * The run lock's key: the first 8 bytes of SHA-256("migrate run lock" | database | schema). Told in migrate-history(7), so
 * that other programs can take it, too; never change it.
 */
#define LOCK_KEY                                                                                         \
    "(SELECT pg_catalog.concat('x', pg_catalog.left(pg_catalog.encode(pg_catalog.sha256("                \
    "pg_catalog.convert_to(pg_catalog.concat('migrate run lock|', pg_catalog.current_database(), '|', ~" \
    "), 'UTF8')), 'hex'), 16))::pg_catalog.bit(64)::pg_catalog.int8)"

/* pg_locks shows a 64-bit key as its two halves, objsubid 1. */
#define LOCK_ROW                                                                                               \
    "l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted"                                                 \
    " AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())" \
    " AND ((l.classid::pg_catalog.int8 << 32) | l.objid::pg_catalog.int8) = k.key"

/* Of format 2. */
#define INTERVENTIONS                                                                                              \
    "CREATE TABLE IF NOT EXISTS @.interventions ("                                                                 \
    "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run text NOT NULL,"                                       \
    " at timestamptz NOT NULL DEFAULT clock_timestamp(), kind text NOT NULL, version text NOT NULL,"               \
    " direction text NOT NULL, ordinal integer NOT NULL, pid integer, db_user text, application text, state text," \
    " transaction_ms bigint, query text, sessions integer, blocked_ms bigint)"

/* Of format 3, with backfills in parts. */
#define BAD_ROWS                                                                                                  \
    "CREATE TABLE IF NOT EXISTS @.bad_rows ("                                                                     \
    "version text NOT NULL, direction text NOT NULL, ordinal integer NOT NULL, relation text NOT NULL,"           \
    " key_columns text[] NOT NULL, key text[] NOT NULL, sqlstate text NOT NULL, message text NOT NULL, run text," \
    " at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (version, direction, ordinal, relation, key))"
#define SHADOWS                                                                                                       \
    "CREATE TABLE IF NOT EXISTS @.shadows (version text NOT NULL, direction text NOT NULL, ordinal integer NOT NULL," \
    " phase integer NOT NULL, kind text NOT NULL, title text NOT NULL, statements text[] NOT NULL,"                   \
    " done boolean NOT NULL DEFAULT false, updated_at timestamptz NOT NULL DEFAULT now(),"                            \
    " PRIMARY KEY (version, direction, ordinal, phase))"
#define TO_PARTS                                                                                                       \
    BAD_ROWS, SHADOWS,                                                                                                 \
        "ALTER TABLE @.backfills ADD COLUMN IF NOT EXISTS part integer NOT NULL DEFAULT 1, ADD COLUMN IF NOT EXISTS "  \
        "range_start text[],"                                                                                          \
        " ADD COLUMN IF NOT EXISTS pass integer NOT NULL DEFAULT 1, ADD COLUMN IF NOT EXISTS pass_rows bigint NOT "    \
        "NULL DEFAULT 0,"                                                                                              \
        " ADD COLUMN IF NOT EXISTS bad_rows bigint NOT NULL DEFAULT 0, ALTER COLUMN owner DROP NOT NULL,"              \
        " ADD COLUMN IF NOT EXISTS owner_pid integer, ADD COLUMN IF NOT EXISTS token bigint NOT NULL DEFAULT 0,"       \
        " ADD COLUMN IF NOT EXISTS lease_until timestamptz, ADD COLUMN IF NOT EXISTS set_rate bigint CHECK (set_rate " \
        ">= 0),"                                                                                                       \
        " ADD COLUMN IF NOT EXISTS set_batch integer CHECK (set_batch >= 0),"                                          \
        " ADD COLUMN IF NOT EXISTS max_bad_rows bigint CHECK (max_bad_rows >= 0),"                                     \
        " ADD COLUMN IF NOT EXISTS relation_oid oid, ADD COLUMN IF NOT EXISTS relation_file oid,"                      \
        " ADD COLUMN IF NOT EXISTS relation_seen xid8, DROP CONSTRAINT IF EXISTS "                                     \
        "backfills_pkey,"                                                                                              \
        " ADD PRIMARY KEY (version, direction, ordinal, part)"

#define INSTALLED "COMMENT ON TABLE @.migrations IS 'migrate history, format 5'"

const char *const history_ddl[] = {
    "CREATE SCHEMA IF NOT EXISTS @",
    "CREATE TABLE IF NOT EXISTS @.runs ("
    "id text PRIMARY KEY, direction text NOT NULL, host text NOT NULL, pid integer NOT NULL, os_user text NOT NULL,"
    " db_user text NOT NULL DEFAULT current_user, tool_version text NOT NULL, source_revision text, snapshot text,"
    " backend_pid integer NOT NULL, started_at timestamptz NOT NULL DEFAULT clock_timestamp(),"
    " finished_at timestamptz, result text NOT NULL DEFAULT 'running', error text)",
    "CREATE TABLE IF NOT EXISTS @.migrations ("
    "version text PRIMARY KEY, name text NOT NULL, file text NOT NULL, layout text NOT NULL, sha256 text NOT NULL,"
    " sha256_text text NOT NULL, file_text text, state text NOT NULL CHECK (state IN ('applying', 'applied', "
    "'reverting')),"
    " n_steps integer NOT NULL, apply_order bigint GENERATED ALWAYS AS IDENTITY, run text,"
    " started_at timestamptz NOT NULL DEFAULT now(), applied_at timestamptz,"
    " applied_by text NOT NULL DEFAULT session_user)",
    "CREATE TABLE IF NOT EXISTS @.steps ("
    "version text NOT NULL, direction text NOT NULL CHECK (direction IN ('up', 'down')), ordinal integer NOT NULL,"
    " kind text NOT NULL, statements integer NOT NULL, sha256 text NOT NULL, state text NOT NULL CHECK (state IN "
    "('started', 'done', 'failed')),"
    " attempts integer NOT NULL, lock_wait_ms bigint NOT NULL DEFAULT 0, rows bigint NOT NULL DEFAULT 0, run text,"
    " backend_pid integer, backend_start timestamptz, started_at timestamptz NOT NULL DEFAULT now(),"
    " finished_at timestamptz, sqlstate text, error text, PRIMARY KEY (version, direction, ordinal))",
    "CREATE TABLE IF NOT EXISTS @.backfills ("
    "version text NOT NULL, direction text NOT NULL, ordinal integer NOT NULL, part integer NOT NULL DEFAULT 1,"
    " relation text NOT NULL, relation_oid oid, relation_file oid, relation_seen xid8, key_columns text[] NOT NULL, "
    "range_start text[], cursor text[],"
    " range_end text[],"
    " rows bigint NOT NULL DEFAULT 0,"
    " keys bigint NOT NULL DEFAULT 0,"
    " batches bigint NOT NULL DEFAULT 0, batch_rows integer NOT NULL DEFAULT 0,"
    " rate double precision NOT NULL DEFAULT 0, pass integer NOT NULL DEFAULT 1, pass_rows bigint NOT NULL DEFAULT 0,"
    " bad_rows bigint NOT NULL DEFAULT 0, finished boolean NOT NULL DEFAULT false,"
    " owner text, owner_pid integer, token bigint NOT NULL DEFAULT 0, lease_until timestamptz,"
    " control text CHECK (control IN ('pause', 'abort')), set_rate bigint CHECK (set_rate >= 0),"
    " set_batch integer CHECK (set_batch >= 0), max_bad_rows bigint CHECK (max_bad_rows >= 0),"
    " reason text, started_at timestamptz NOT NULL DEFAULT now(),"
    " updated_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (version, direction, ordinal, part))"
    " WITH (fillfactor = 50)",
    INTERVENTIONS,
    BAD_ROWS,
    SHADOWS,
    /* Last, in the transaction of all of the above: with it the schema counts as installed. */
    INSTALLED,
    NULL,
};

const char *const history_ddl_2[] = {
    INTERVENTIONS,
    TO_PARTS,
    INSTALLED,
    NULL,
};

const char *const history_ddl_3[] = {
    TO_PARTS,
    INSTALLED,
    NULL,
};

/* The migration's columns, shared by WRITE_UP and MARK. */
#define MIGRATION_UPSERT                                                                                          \
    " ON CONFLICT (version) DO UPDATE SET name = excluded.name, file = excluded.file, layout = excluded.layout,"  \
    " sha256 = excluded.sha256, sha256_text = excluded.sha256_text,"                                              \
    " file_text = coalesce(excluded.file_text, h.file_text), state = excluded.state, n_steps = excluded.n_steps," \
    " run = excluded.run, applied_at = excluded.applied_at"

#define STEP_COLUMNS                                                                                     \
    "(version, direction, ordinal, kind, sha256, state, attempts, lock_wait_ms, rows, run, backend_pid," \
    " backend_start, statements, finished_at)"

#define STEP_UPSERT                                                                                               \
    " ON CONFLICT (version, direction, ordinal) DO UPDATE SET kind = excluded.kind, sha256 = excluded.sha256,"    \
    " statements = excluded.statements,"                                                                          \
    " state = excluded.state, attempts = excluded.attempts, lock_wait_ms = excluded.lock_wait_ms,"                \
    " rows = excluded.rows, run = excluded.run, backend_pid = excluded.backend_pid,"                              \
    " backend_start = excluded.backend_start, finished_at = excluded.finished_at, sqlstate = NULL, error = NULL," \
    " started_at = CASE WHEN s.state = 'started' AND excluded.state = 'done' THEN s.started_at"                   \
    " ELSE excluded.started_at END"

#define BACKFILL_KEY "version = $1 AND direction = $2 AND ordinal = $3::pg_catalog.int4"

static const char *const statements[HSQL_COUNT] = {
    /* A session can hold it several times over, and would have to give it back as often: asked for only when it is not ours. */
    [HSQL_LOCK_TRY] =
        "SELECT CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE " LOCK_ROW
        " AND l.pid = pg_catalog.pg_backend_pid()) THEN true ELSE pg_catalog.pg_try_advisory_lock(k.key) END,"
        " pg_catalog.pg_backend_pid(), k.key,"
        " (SELECT backend_start FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())),"
        " pg_catalog.pg_is_in_recovery(),"
        " pg_catalog.current_setting('transaction_read_only') = 'on',"
        " (SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'synchronous_commit'),"
        " CASE WHEN $1::pg_catalog.text IS NOT NULL"
        " THEN pg_catalog.set_config('application_name', $1, false) END FROM (SELECT " LOCK_KEY " AS key) k",
    [HSQL_LOCK_RELEASE] = "SELECT pg_catalog.pg_advisory_unlock(" LOCK_KEY ")",
    [HSQL_LOCK_HELD] = "SELECT EXISTS (SELECT FROM pg_catalog.pg_locks l, (SELECT " LOCK_KEY
                       " AS key) k WHERE " LOCK_ROW " AND l.pid = pg_catalog.pg_backend_pid())",
    [HSQL_LOCK_HOLDER] = "SELECT a.pid, coalesce(a.usename, ''), coalesce(a.application_name, ''),"
                         " pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
                         " (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.backend_start)"
                         " * '1000'::pg_catalog.float8)::pg_catalog.int8,"
                         " coalesce(pg_catalog.host(a.client_addr), 'the server itself')"
                         " FROM (SELECT " LOCK_KEY
                         " AS key) k, pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
                         " WHERE " LOCK_ROW,
    [HSQL_EXISTS] =
        "SELECT c.oid IS NOT NULL, pg_catalog.obj_description(c.oid, 'pg_class'),"
        " pg_catalog.to_regnamespace(pg_catalog.quote_ident(~)) IS NOT NULL"
        " FROM (SELECT pg_catalog.to_regclass(pg_catalog.concat(pg_catalog.quote_ident(~), '.migrations')) AS oid) c",
    /*
     * What a run with nothing to do asks, and all it asks: a new backend pays for each function and table it has not met, so this one
     * meets as few as may be (1 ms less than the two below).
     */
    [HSQL_READ_FAST] =
        "SELECT m.version, m.name, m.file, m.layout, m.state, m.n_steps, m.n_steps, m.sha256, m.sha256_text,"
        " CASE WHEN $1::pg_catalog.bool THEN m.file_text END, coalesce(m.applied_at, m.started_at) AT TIME ZONE 'UTC',"
        " m.applied_by, m.apply_order, NULL, (SELECT d.description FROM pg_catalog.pg_description d"
        " WHERE d.objoid = (SELECT t.tableoid FROM @.migrations t LIMIT 1)"
        " AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0) FROM @.migrations m",
    [HSQL_READ] =
        "SELECT m.version, m.name, m.file, m.layout, m.state, m.n_steps,"
        " CASE WHEN m.state = 'applied' THEN m.n_steps ELSE (SELECT count(*) FROM @.steps s WHERE s.version = m.version"
        " AND s.state = 'done' AND s.direction = CASE m.state WHEN 'applying' THEN 'up' ELSE 'down' END) END,"
        " m.sha256, m.sha256_text, CASE WHEN $1::pg_catalog.bool THEN m.file_text END,"
        " pg_catalog.to_char(coalesce(m.applied_at, m.started_at) AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
        " m.applied_by, m.apply_order, CASE WHEN m.state <> 'applied' THEN (SELECT coalesce(sum(s.statements), 0)"
        " FROM @.steps s WHERE s.version = m.version AND s.state = 'done'"
        " AND s.direction = CASE m.state WHEN 'applying' THEN 'up' ELSE 'down' END) END,"
        " m.state = 'applying' AND EXISTS (SELECT FROM @.steps s WHERE s.version = m.version AND s.direction = 'up'"
        " AND s.kind = 'shadow' AND s.state = 'started') FROM @.migrations m",
    [HSQL_STEPS] =
        "SELECT s.version, s.ordinal, s.sha256, s.state, s.backend_pid, s.backend_start, s.kind, s.statements"
        " FROM @.steps s JOIN @.migrations m ON m.version = s.version WHERE m.state <> 'applied'"
        " AND s.direction = CASE m.state WHEN 'applying' THEN 'up' ELSE 'down' END"
        " ORDER BY s.version, s.ordinal",
    [HSQL_WRITE_UP] =
        "WITH m AS (INSERT INTO @.migrations AS h"
        " (version, name, file, layout, sha256, sha256_text, file_text, state, n_steps, run, applied_at)"
        " VALUES ($1, $15, $16, $17, $18, $19, $20, $21, $14, $9,"
        " CASE WHEN $21 = 'applied' THEN pg_catalog.clock_timestamp() END)" MIGRATION_UPSERT ")"
        " INSERT INTO @.steps AS s " STEP_COLUMNS " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $12, $9, $10, $11, $13,"
        " CASE WHEN $6 = 'done' THEN pg_catalog.clock_timestamp() END)" STEP_UPSERT,
    [HSQL_WRITE_DOWN] =
        "WITH m AS (UPDATE @.migrations SET state = 'reverting', n_steps = $14, run = $9 WHERE version = $1)"
        " INSERT INTO @.steps AS s " STEP_COLUMNS " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $12, $9, $10, $11, $13,"
        " CASE WHEN $6 = 'done' THEN pg_catalog.clock_timestamp() END)" STEP_UPSERT,
    [HSQL_WRITE_DOWN_LAST] = "WITH s AS (DELETE FROM @.steps WHERE version = $1),"
                             " b AS (DELETE FROM @.backfills WHERE version = $1),"
                             " r AS (DELETE FROM @.bad_rows WHERE version = $1),"
                             " w AS (DELETE FROM @.shadows WHERE version = $1)"
                             " DELETE FROM @.migrations WHERE version = $1",
    [HSQL_FAILED] =
        "INSERT INTO @.steps AS s (version, direction, ordinal, kind, sha256, attempts, run, sqlstate, error, state,"
        " statements, finished_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, pg_catalog.clock_timestamp())"
        " ON CONFLICT (version, direction, ordinal) DO UPDATE SET attempts = excluded.attempts, run = excluded.run,"
        " sqlstate = excluded.sqlstate, error = excluded.error, state = excluded.state,"
        " finished_at = excluded.finished_at WHERE s.state <> 'done'",
    [HSQL_UNBEGIN_UP] = "DELETE FROM @.migrations m WHERE version = $1 AND state = 'applying' AND NOT EXISTS"
                        " (SELECT FROM @.steps s WHERE s.version = m.version AND s.direction = 'up'"
                        " AND s.state <> 'failed')",
    [HSQL_UNBEGIN_DOWN] = "UPDATE @.migrations m SET state = 'applied', n_steps ="
                          " (SELECT count(*) FROM @.steps s WHERE s.version = m.version AND s.direction = 'up')"
                          " WHERE version = $1 AND state = 'reverting' AND NOT EXISTS (SELECT FROM @.steps s"
                          " WHERE s.version = m.version AND s.direction = 'down' AND s.state <> 'failed')",
    [HSQL_RUN_BEGIN] =
        "INSERT INTO @.runs (id, direction, host, pid, os_user, tool_version, source_revision, backend_pid)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    [HSQL_FILE_TEXT] = "SELECT file_text FROM @.migrations WHERE version = $1",
    [HSQL_RUN_KNOWN] = "SELECT id FROM @.runs WHERE id = $1",
    /* A run that failed, but changed something first, was another beginning: its snapshot is not the state before the next one. */
    [HSQL_RUN_LEFT] = "SELECT CASE WHEN r.result = 'done' OR (r.result = 'failed' AND EXISTS (SELECT FROM @.steps s "
                      "WHERE s.run = r.id"
                      " AND s.state = 'done')) THEN NULL ELSE r.snapshot END, r.id,"
                      " pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - r.started_at)::pg_catalog.int8"
                      " FROM @.runs r WHERE r.id <> $1 ORDER BY r.started_at DESC LIMIT 1",
    [HSQL_RUN_SNAPSHOT] = "UPDATE @.runs SET snapshot = $2 WHERE id = $1",
    [HSQL_RUN_END] =
        "UPDATE @.runs SET finished_at = pg_catalog.clock_timestamp(), result = $2, error = $3 WHERE id = $1",
    [HSQL_INTERVENTION] =
        "INSERT INTO @.interventions (run, kind, version, direction, ordinal, pid, db_user, application, state,"
        " transaction_ms, query, sessions, blocked_ms)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    [HSQL_MARK] =
        "INSERT INTO @.migrations AS h"
        " (version, name, file, layout, sha256, sha256_text, file_text, state, n_steps, run, applied_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, 'applied', $8, NULL, pg_catalog.clock_timestamp())" MIGRATION_UPSERT,
    [HSQL_BACKFILL_SUM] =
        "SELECT count(*), count(*) FILTER (WHERE finished), coalesce(sum(rows), 0), coalesce(sum(keys), 0),"
        " coalesce(sum(batches), 0), coalesce(sum(pass_rows), 0), coalesce(max(pass), 1), coalesce(sum(bad_rows), 0),"
        " coalesce(max(part), 0),"
        " coalesce(bool_or(key_columns::pg_catalog.text = '{ctid}'), false) FROM @.backfills WHERE " BACKFILL_KEY,
    [HSQL_BACKFILL_NEW] =
        "INSERT INTO @.backfills (version, direction, ordinal, part, relation, key_columns, range_start, cursor, "
        "range_end,"
        " finished, set_rate, set_batch, max_bad_rows, pass, relation_oid,"
        " relation_file, relation_seen) VALUES ($1, $2, $3, $4, $5,"
        " $6::pg_catalog.text[],"
        " $7::pg_catalog.text[], $7::pg_catalog.text[], $8::pg_catalog.text[], $8::pg_catalog.text[] IS NULL, $9, $10, "
        "$11, $12, CASE WHEN $8::pg_catalog.text[] IS NOT NULL THEN pg_catalog.to_regclass($5) END,"
        " CASE WHEN $13::pg_catalog.bool AND $8::pg_catalog.text[] IS NOT NULL"
        " THEN pg_catalog.pg_relation_filenode(pg_catalog.to_regclass($5)) END,"
        " pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()))",
    /*
     * Whose owner is another backend that is gone, or that has not been heard of for its lease, is taken over. Its batch, should one still be
     * running, keeps the row locked; behind that the fence stops it.
     */
    [HSQL_BACKFILL_CLAIM] = "WITH free AS (SELECT part FROM @.backfills b WHERE " BACKFILL_KEY
                            " AND NOT finished AND (owner IS NULL OR owner_pid = pg_catalog.pg_backend_pid()"
                            " OR lease_until < pg_catalog.clock_timestamp() OR NOT EXISTS (SELECT FROM "
                            "pg_catalog.pg_stat_get_activity(NULL) a"
                            " WHERE a.pid = b.owner_pid)) ORDER BY part FOR UPDATE SKIP LOCKED LIMIT 1)"
                            " UPDATE @.backfills b SET owner = $4, owner_pid = pg_catalog.pg_backend_pid(), token = "
                            "token + 1, reason = NULL,"
                            " lease_until = pg_catalog.clock_timestamp() + '30 seconds'::pg_catalog.interval,"
                            " updated_at = pg_catalog.clock_timestamp() FROM free"
                            " WHERE " BACKFILL_KEY " AND b.part = free.part RETURNING b.part, b.relation,"
                            " pg_catalog.array_to_string(b.key_columns, pg_catalog.chr(31)), b.cursor, b.range_end, "
                            "b.token, b.rows, b.keys,"
                            " b.batches, b.batch_rows, b.control, b.set_rate, b.set_batch, b.max_bad_rows,"
                            " coalesce(b.relation_oid <> pg_catalog.to_regclass(b.relation)::pg_catalog.oid, false)",
    [HSQL_BACKFILL_LOOK] =
        "SELECT cursor, range_end, token, owner, finished, coalesce(control, ''), rows, keys FROM @.backfills"
        " WHERE " BACKFILL_KEY " AND part = $4::pg_catalog.int4",
    [HSQL_BACKFILL_FENCE] =
        "SELECT 1 / count(*), pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0'),"
        " pg_catalog.set_config('migrate.place', pg_catalog.max(place), true)"
        " FROM (SELECT ctid::pg_catalog.text AS place FROM @.backfills WHERE " BACKFILL_KEY
        " AND part = $4::pg_catalog.int4 AND (ctid = $9::pg_catalog.tid OR $9::pg_catalog.tid IS NULL)"
        " AND token = $5::pg_catalog.int8 AND owner = $6 AND NOT finished"
        " AND cursor::pg_catalog.text IS NOT DISTINCT FROM $7::pg_catalog.text[]::pg_catalog.text"
        " AND range_end::pg_catalog.text IS NOT DISTINCT FROM $8::pg_catalog.text[]::pg_catalog.text FOR UPDATE) fence",
    [HSQL_BACKFILL_REASON] =
        "UPDATE @.backfills SET reason = $7, rate = 0, updated_at = pg_catalog.clock_timestamp(),"
        " lease_until = pg_catalog.clock_timestamp() + '30 seconds'::pg_catalog.interval WHERE " BACKFILL_KEY
        " AND part = $4::pg_catalog.int4 AND token = $5::pg_catalog.int8 AND owner = $6 RETURNING control, set_rate, "
        "set_batch",
    [HSQL_BACKFILL_RELEASE] = "UPDATE @.backfills SET owner = NULL, owner_pid = NULL, lease_until = NULL, reason = $7,"
                              " updated_at = pg_catalog.clock_timestamp() WHERE " BACKFILL_KEY
                              " AND part = $4::pg_catalog.int4 AND token = $5::pg_catalog.int8 AND owner = $6",
    [HSQL_BACKFILL_KNOWN_BAD] =
        "SELECT EXISTS (SELECT FROM @.bad_rows r, @.backfills b WHERE b.version = $1 AND b.direction = $2"
        " AND b.ordinal = $3::pg_catalog.int4 AND b.part = $4::pg_catalog.int4 AND r.version = b.version"
        " AND r.direction = b.direction AND r.ordinal = b.ordinal AND r.relation = b.relation"
        " AND r.key = $5::pg_catalog.text[])",
    [HSQL_BACKFILL_BAD] =
        "WITH bad AS (INSERT INTO @.bad_rows (version, direction, ordinal, relation, key_columns, key, sqlstate, "
        "message, run)"
        " SELECT version, direction, ordinal, relation, key_columns, $5::pg_catalog.text[], $6, $7, owner FROM "
        "@.backfills"
        " WHERE " BACKFILL_KEY " AND part = $4::pg_catalog.int4"
        " ON CONFLICT (version, direction, ordinal, relation, key) DO UPDATE SET sqlstate = excluded.sqlstate,"
        " message = excluded.message, run = excluded.run, at = excluded.at RETURNING xmax = '0'::pg_catalog.xid AS "
        "fresh)"
        " UPDATE @.backfills SET cursor = $5::pg_catalog.text[], keys = keys + 1, bad_rows = bad_rows + (SELECT "
        "count(*) FROM bad WHERE fresh),"
        ""
        " finished = $8::pg_catalog.bool, updated_at = pg_catalog.clock_timestamp()"
        " WHERE " BACKFILL_KEY " AND part = $4::pg_catalog.int4",
    /* Another pass over a relation: its parts become one again, from the first key to the last one as it is now. */
    [HSQL_BACKFILL_AGAIN] =
        "UPDATE @.backfills b SET rows = s.rows, keys = s.keys, batches = s.batches, bad_rows = s.bad_rows, pass = "
        "b.pass + 1,"
        " pass_rows = 0, range_start = NULL, cursor = NULL, range_end = $5::pg_catalog.text[], key_columns = "
        "$6::pg_catalog.text[],"
        " finished = $5::pg_catalog.text[] IS NULL, relation_oid = pg_catalog.to_regclass($4), owner = NULL,"
        " owner_pid = NULL, lease_until = NULL, updated_at = pg_catalog.clock_timestamp() FROM (SELECT min(part) AS "
        "part,"
        " sum(rows) AS rows, sum(keys) AS keys, sum(batches) AS batches, sum(bad_rows) AS bad_rows FROM @.backfills"
        " WHERE " BACKFILL_KEY " AND relation = $4) s WHERE " BACKFILL_KEY " AND b.part = s.part",
    [HSQL_BACKFILL_MERGE] =
        "DELETE FROM @.backfills b WHERE " BACKFILL_KEY " AND relation = $4 AND part > (SELECT min(part)"
        " FROM @.backfills WHERE " BACKFILL_KEY " AND relation = $4)",
    [HSQL_BACKFILL_GONE] =
        "UPDATE @.backfills SET finished = true, pass_rows = 0, reason = NULL, owner = NULL, owner_pid = NULL,"
        " lease_until = NULL, updated_at = pg_catalog.clock_timestamp() WHERE " BACKFILL_KEY " AND relation = $4"
        " AND pg_catalog.to_regclass($4) IS NULL AND pg_catalog.to_regclass($5) IS NOT NULL RETURNING part",
    [HSQL_BACKFILL_OTHER] = "SELECT EXISTS (SELECT FROM @.backfills WHERE " BACKFILL_KEY " AND relation = $4"
                            " AND relation_oid <> pg_catalog.to_regclass($4)::pg_catalog.oid)",
    [HSQL_BACKFILL_FILE] =
        "SELECT EXISTS (SELECT FROM @.backfills WHERE " BACKFILL_KEY " AND part = $4::pg_catalog.int4"
        " AND relation_file <> pg_catalog.pg_relation_filenode(pg_catalog.to_regclass(relation)))",
    [HSQL_BACKFILL_TREE] =
        "WITH RECURSIVE tree AS (SELECT pg_catalog.to_regclass($4)::pg_catalog.oid AS oid UNION ALL SELECT i.inhrelid"
        " FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid), leaf AS (SELECT"
        " pg_catalog.format('%I.%I', n.nspname, c.relname) AS relation FROM tree JOIN pg_catalog.pg_class c ON"
        " c.oid = tree.oid AND c.relkind = 'r' JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace), part AS"
        " (SELECT DISTINCT relation FROM @.backfills WHERE " BACKFILL_KEY ")"
        " SELECT relation, true FROM leaf WHERE relation NOT IN (SELECT relation FROM part)"
        " UNION ALL SELECT p.relation, false FROM part p JOIN pg_catalog.pg_class c ON c.oid ="
        " pg_catalog.to_regclass(p.relation) AND c.relkind = 'r' WHERE p.relation NOT IN (SELECT relation FROM leaf)"
        " ORDER BY 1",
    [HSQL_BACKFILL_REST] = "UPDATE @.backfills SET pass_rows = 0 WHERE " BACKFILL_KEY
                           " AND relation <> ALL ($4::pg_catalog.text[]) AND pass_rows <> 0",
    [HSQL_BACKFILL_CAN_SPLIT] =
        "SELECT part, relation, pg_catalog.array_to_string(key_columns, pg_catalog.chr(31)), cursor, range_end, "
        "batch_rows"
        " FROM @.backfills WHERE " BACKFILL_KEY " AND NOT finished AND key_columns <> '{ctid}' ORDER BY part",
    [HSQL_BACKFILL_ABORTED] =
        "UPDATE @.backfills SET control = NULL, reason = 'aborted', updated_at = now() WHERE " BACKFILL_KEY,
    [HSQL_BACKFILL_FORGET] = "DELETE FROM @.backfills WHERE " BACKFILL_KEY " AND NOT EXISTS (SELECT FROM @.backfills"
                             " WHERE " BACKFILL_KEY " AND (batches > 0 OR bad_rows > 0))",
    [HSQL_BACKFILL_BATCHES] = "SELECT coalesce(sum(batches), 0)::pg_catalog.int8 FROM @.backfills",
    [HSQL_SHADOW_NEW] = "INSERT INTO @.shadows (version, direction, ordinal, phase, kind, title, statements)"
                        " VALUES ($1, $2, $3, $4, $5, $6, $7::pg_catalog.text[])",
    [HSQL_SHADOW_READ] = "SELECT kind, title, done, s.n, s.sql FROM @.shadows, LATERAL pg_catalog.unnest(statements)"
                         " WITH ORDINALITY s(sql, n) WHERE " BACKFILL_KEY " ORDER BY phase, s.n",
    [HSQL_SHADOW_DONE] =
        "UPDATE @.shadows SET done = true, updated_at = pg_catalog.clock_timestamp() WHERE " BACKFILL_KEY
        " AND phase = $4::pg_catalog.int4",
    [HSQL_SHADOW_FORGET] = "DELETE FROM @.shadows WHERE " BACKFILL_KEY
                           " AND NOT EXISTS (SELECT FROM @.shadows WHERE " BACKFILL_KEY " AND done)",
    [HSQL_SHADOW_REST] = "DELETE FROM @.shadows WHERE " BACKFILL_KEY " AND NOT done",
    [HSQL_SHADOW_UNDONE] =
        "WITH parts AS (DELETE FROM @.backfills WHERE " BACKFILL_KEY
        "), bad AS (DELETE FROM @.bad_rows WHERE " BACKFILL_KEY "), step AS (DELETE FROM @.steps WHERE " BACKFILL_KEY
        ") DELETE FROM @.shadows WHERE " BACKFILL_KEY,
    [HSQL_SHADOW_REFILL] = "WITH parts AS (DELETE FROM @.backfills WHERE " BACKFILL_KEY
                           ") UPDATE @.shadows SET done = false WHERE " BACKFILL_KEY " AND kind = 'backfill'",
    [HSQL_BACKFILL_LIST] =
        "SELECT b.version, b.direction, b.ordinal, b.part, b.relation, pg_catalog.array_to_string(b.key_columns, ', '),"
        " pg_catalog.array_to_string(b.cursor, ', '), b.rows, b.keys, b.batches,"
        " b.batch_rows, b.rate, b.pass, b.bad_rows, b.finished, coalesce(b.control, ''), coalesce(b.reason, ''), "
        "b.owner,"
        " b.owner_pid IS NOT NULL AND b.lease_until > pg_catalog.clock_timestamp()"
        " AND EXISTS (SELECT FROM pg_catalog.pg_stat_get_activity(NULL) a WHERE a.pid = b.owner_pid),"
        " coalesce(s.state, ''), coalesce(m.name, ''),"
        " pg_catalog.to_char(b.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), b.set_rate, "
        "b.set_batch"
        " FROM @.backfills b LEFT JOIN @.steps s USING (version, direction, ordinal)"
        " LEFT JOIN @.migrations m USING (version) WHERE $1::pg_catalog.bool OR NOT b.finished"
        " OR s.state IS DISTINCT FROM 'done' ORDER BY b.started_at, b.version, b.direction, b.ordinal, b.part",
    [HSQL_BACKFILL_PARTS] = "SELECT relation, key_columns, range_start, cursor, range_end, finished, keys, pass,"
                            " coalesce((SELECT c.reltuples::pg_catalog.int8 FROM pg_catalog.pg_class c"
                            " WHERE c.oid = pg_catalog.to_regclass(relation)), -1),"
                            " CASE WHEN NOT finished AND owner_pid <> pg_catalog.pg_backend_pid() AND lease_until > "
                            "pg_catalog.clock_timestamp() THEN rate ELSE 0 END"
                            " FROM @.backfills WHERE " BACKFILL_KEY " ORDER BY relation, part",
    [HSQL_BACKFILL_CONTROL] =
        "UPDATE @.backfills SET control = NULLIF($2, ''), updated_at = pg_catalog.clock_timestamp()"
        " WHERE ($1::pg_catalog.text IS NULL OR version = $1) AND NOT finished",
    [HSQL_BACKFILL_TUNE] = "UPDATE @.backfills SET set_rate = coalesce($2::pg_catalog.int8, set_rate),"
                           " set_batch = coalesce($3::pg_catalog.int4, set_batch),"
                           " max_bad_rows = coalesce($4::pg_catalog.int8, max_bad_rows),"
                           " updated_at = pg_catalog.clock_timestamp()"
                           " WHERE ($1::pg_catalog.text IS NULL OR version = $1) AND NOT finished",
};

const char *history_sql_expand(const char *text, const struct history_sql *sql, struct arena *a)
{
    struct strbuf sb;
    const char *made;
    strbuf_init(&sb, 65536);
    for (const char *p = text; *p; p++) {
        if (*p == '@') {
            strbuf_add_cstr(&sb, sql->identifier);
        } else if (*p == '~') {
            strbuf_add_cstr(&sb, sql->literal);
        } else {
            strbuf_add_char(&sb, *p);
        }
    }
    if (sb.overflow) {
        BUG("a statement of the history schema is too long");
    }
    made = arena_cstr(a, strbuf_str(&sb));
    strbuf_free(&sb);
    return made;
}

void history_sql_for(struct history_sql *sql, struct session *s, const char *schema, struct arena *a)
{
    struct strbuf quoted;
    strbuf_init(&quoted, 1024);
    session_quote_identifier(s, str_of(schema), &quoted);
    sql->identifier = arena_cstr(a, strbuf_str(&quoted));
    strbuf_reset(&quoted);
    session_quote_literal(s, str_of(schema), &quoted);
    sql->literal = arena_cstr(a, strbuf_str(&quoted));
    strbuf_free(&quoted);
    for (size_t i = 0; i < HSQL_COUNT; i++) {
        sql->at[i] = history_sql_expand(statements[i], sql, a);
    }
}

#!/usr/bin/env bats
# A gentle pace: the statement of a batch sleeps between its rows, whatever the key, and changes each row once all the same.

load lib

setup_file() { pg_start autovacuum=off; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "backfill_gentle_$BATS_TEST_NUMBER"
}

# SQL as a backfill, while somebody looks whether anybody is asleep until he has seen it.
gently() {
    local watcher
    pg_sql "SET client_min_messages = error" "DROP SCHEMA IF EXISTS migrate CASCADE"
    printf -- '-- migrate:up\n-- migrate:backfill\n%s;\n' "$1" >"$PROJECT/1_a.sql"
    pg_sql "DO 'BEGIN WHILE clock_timestamp() < statement_timestamp() + ''20 s''::interval LOOP PERFORM pg_stat_clear_snapshot();
        IF EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event = ''PgSleep'')
        THEN RAISE SQLSTATE ''55555''; END IF; END LOOP; END'" >/dev/null 2>"$BATS_TEST_TMPDIR/seen" 3>&- &
    watcher=$!
    until_true eval '[ "$(pg_sql "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '"'DO%'"'")" = 1 ]'
    run migrate up --gate off --analyze never --pace gentle --dir "$PROJECT"
    wait "$watcher" || true
    [ "$status" -eq 0 ] || { echo "$1: $output"; return 1; }
    [ -s "$BATS_TEST_TMPDIR/seen" ] || { echo "$1: never asleep"; return 1; }
}

once() { # TABLE ROWS
    [ "$(pg_sql "SELECT n, count(*) FROM $1 GROUP BY n")" = "1|$2" ] || { pg_sql "SELECT n, count(*) FROM $1 GROUP BY n" "TABLE migrate.backfills"; return 1; }
}

@test "keys of any type: each row once, and it slept" {
    local type
    for type in "smallint|g - 10000" "int|g * 10 - 100000" "bigint|CASE WHEN g < 9000 THEN g - 9223372036854775808 ELSE 9223372036854775807 - g END" \
        "uuid|md5(g::text)::uuid" "text COLLATE \"en-x-icu\"|'k' || g" "timestamptz|'epoch'::timestamptz + g * '1 second'::interval" "numeric|g / 7.0"; do
        pg_sql "DROP TABLE IF EXISTS t" "CREATE TABLE t (k ${type%%|*} PRIMARY KEY, n int NOT NULL DEFAULT 0)" \
            "INSERT INTO t SELECT ${type#*|} FROM generate_series(1, 18000) g" "ANALYZE t"
        gently "UPDATE t SET n = n + 1"
        once t 18000
    done
    pg_sql "DROP TABLE t" "CREATE TABLE t (a int, b uuid, n int NOT NULL DEFAULT 0, PRIMARY KEY (b, a))" \
        "INSERT INTO t SELECT g % 5, md5(g::text)::uuid FROM generate_series(1, 18000) g" "ANALYZE t"
    gently "UPDATE t SET n = n + 1"
    once t 18000
}

@test "joined, partitioned, deleted, copied, with triggers, and by the rows' places" {
    pg_sql "CREATE TABLE t (id int, n int NOT NULL DEFAULT 0, b int, PRIMARY KEY (id)) PARTITION BY RANGE (id)" "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9000)" \
        "CREATE TABLE t2 PARTITION OF t DEFAULT" "INSERT INTO t SELECT generate_series(1, 18000)" "CREATE TABLE u (id int PRIMARY KEY, v int)" \
        "INSERT INTO u SELECT g, 1 FROM generate_series(1, 18000) g" "ANALYZE t, u"
    gently "UPDATE t AS x SET n = n + v FROM u WHERE u.id = x.id OR false"
    once t 18000
    pg_sql "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'" "CREATE TRIGGER f BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()"
    gently "UPDATE t SET n = n - 1, b = 1"
    gently "UPDATE t SET n = n + b"
    once t 18000
    pg_sql "CREATE TABLE c (id int PRIMARY KEY, n int)" "INSERT INTO c VALUES (7, 1)"
    gently "INSERT INTO c SELECT id, n FROM t ON CONFLICT DO NOTHING"
    once c 18000
    gently "DELETE FROM t"
    [ "$(pg_sql "SELECT count(*) FROM t")" = 0 ]
    # A scan of a range of places is there since 14.
    [ "$(pg_sql "SELECT current_setting('server_version_num')::int >= 140000")" = t ] || return 0
    pg_sql "ALTER TABLE c DROP CONSTRAINT c_pkey" "ALTER TABLE c ADD COLUMN b int" "ANALYZE c"
    gently "UPDATE c SET n = n + 1, b = 1 WHERE b IS NULL"
    [ "$(pg_sql "SELECT n, count(*) FROM c GROUP BY n")" = "2|18000" ]
    gently "DELETE FROM c"
    [ "$(pg_sql "SELECT count(*) FROM c")" = 0 ]
}

@test "types and functions of somebody else in front on the search path are not used" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT generate_series(1, 18000)" "ANALYZE t" \
        "CREATE SCHEMA evil" "CREATE TYPE evil.int4 AS ENUM ('x')" \
        "CREATE FUNCTION evil.mod(int, int) RETURNS int LANGUAGE sql AS 'SELECT 0'" "ALTER DATABASE \"$PGDATABASE\" SET search_path = evil, pg_catalog, public"
    gently "UPDATE t SET n = n + 1"
    once public.t 18000
}

@test "some thousands of rows are several batches, too; the plan says so and shows the sleeps, of a gentle pace only" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT generate_series(1, 6000)" "ANALYZE t"
    printf -- '-- migrate:up\nUPDATE t SET n = n + 1 WHERE id <= 3000;\n' >"$PROJECT/1_a.sql"
    export MIGRATE_CONFIG=$BATS_TEST_TMPDIR/migrate.yaml
    printf 'backfill: {rows: 4000}\n' >"$MIGRATE_CONFIG"
    run migrate plan --gate off --dir "$PROJECT" --verbose
    [[ "$output" == *" rows of 6000 rows, in one batch"*"Index Cond:"* && "$output" != *pg_sleep* ]] || { echo "$output"; false; }
    printf 'backfill: {rows: 4000}\nthrottle: {pace: gentle}\n' >"$MIGRATE_CONFIG"
    run migrate plan --gate off --dir "$PROJECT" --verbose
    [[ "$output" == *" rows of 6000 rows, in about "*"Index Cond:"*"pg_sleep("* ]] || { echo "$output"; false; }
    migrate up --gate off --analyze never --dir "$PROJECT"
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n ORDER BY n")" = "0|3000
1|3000" ]
    [ "$(pg_sql "SELECT batches > 1 FROM migrate.backfills")" = t ]
}

@test "a role that may not sleep is told what to grant, before a row is changed" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT generate_series(1, 6000)" "ANALYZE t" \
        "CREATE ROLE sleepless LOGIN" "ALTER TABLE t OWNER TO sleepless" "GRANT CREATE ON DATABASE \"$PGDATABASE\" TO sleepless" \
        "GRANT ALL ON SCHEMA public TO sleepless" "REVOKE EXECUTE ON FUNCTION pg_sleep(double precision) FROM public"
    printf -- '-- migrate:up\n-- migrate:backfill\nUPDATE t SET n = n + 1;\n' >"$PROJECT/1_a.sql"
    run migrate up --gate off --pace gentle --dir "$PROJECT" --url "postgresql://sleepless@/$PGDATABASE?host=$PG_DIR&port=5432"
    [ "$status" -eq 3 ] && [[ "$output" == *"pg_sleep (SQLSTATE 42501)"*"GRANT EXECUTE ON FUNCTION pg_catalog.pg_sleep"* ]] || { echo "$output"; false; }
    [ "$(pg_sql "SELECT count(*) FROM t WHERE n = 0")" = 6000 ]
}

#!/usr/bin/env bats
# Backfills by keys of every kind, partition by partition, and with several workers: every row exactly once.

load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "backfill_parts_$BATS_TEST_NUMBER"
}

up() {
    migrate up --gate off --dir "$PROJECT" "$@"
}

backfill() { # OPTIONS STATEMENT
    printf -- '-- migrate:up\n-- migrate:backfill %s\n%s;\n' "$1" "$2" >"$PROJECT/1_a.sql"
}

once() { # TABLE ROWS
    [ "$(pg_sql "SELECT n, count(*) FROM $1 GROUP BY n")" = "1|$2" ] || { pg_sql "SELECT n, count(*) FROM $1 GROUP BY n" "TABLE migrate.backfills"; return 1; }
}

@test "keys of types with operators of their own, collations, composite ones" {
    local type
    pg_sql "CREATE EXTENSION citext" "CREATE SCHEMA ext" "ALTER EXTENSION citext SET SCHEMA ext" \
        "CREATE TYPE mood AS ENUM ('z', 'a', 'm')" "CREATE DOMAIN code AS varchar(20)" \
        "CREATE COLLATION nocase (provider = icu, locale = 'en-u-ks-level2', deterministic = false)"
    for type in "ext.citext|CASE WHEN g % 2 = 0 THEN 'Key' ELSE 'kEY' END || g" "varchar(20)|'k' || g" "code|'c' || g" \
        "text COLLATE nocase|'Key' || g" "text COLLATE \"en-x-icu\"|chr(65 + g % 50) || g" "uuid|md5(g::text)::uuid" \
        "int4range|int4range(g, g + 3)" "smallint|g" "oid|g" "int[]|ARRAY[g % 7, g]" "bit(12)|g::bit(12)"; do
        pg_sql "DROP TABLE IF EXISTS t" "DROP SCHEMA IF EXISTS migrate CASCADE" \
            "CREATE TABLE t (k ${type%%|*} PRIMARY KEY, n int NOT NULL DEFAULT 0)" \
            "INSERT INTO t SELECT ${type#*|} FROM generate_series(1, 1000) g"
        backfill "batch=70" "UPDATE t SET n = n + 1"
        run up
        [ "$status" -eq 0 ] || { echo "$type: $output"; false; }
        once t 1000
    done
    pg_sql "DROP TABLE IF EXISTS t" "DROP SCHEMA IF EXISTS migrate CASCADE" \
        "CREATE TABLE t (a int, c ext.citext, m mood, n int NOT NULL DEFAULT 0, PRIMARY KEY (m, c, a))" \
        "INSERT INTO t SELECT g % 5, 'C' || g, (enum_range(NULL::mood))[1 + g % 3] FROM generate_series(1, 1000) g"
    backfill "batch=70" "UPDATE t SET n = n + 1"
    up
    once t 1000
}

@test "integer keys: dense, with gaps, of both signs, up to the ends of their range; history counts what was changed" {
    pg_sql "CREATE TABLE t (id bigint PRIMARY KEY, n int NOT NULL DEFAULT 0)" \
        "INSERT INTO t SELECT g FROM generate_series(-3000, 3000) g UNION SELECT g * 100000 FROM generate_series(1, 500) g UNION SELECT g FROM generate_series(60000000, 60003000) g
         UNION VALUES (-9223372036854775808), (-9223372036854775807), (9223372036854775806), (9223372036854775807)" "ANALYZE t"
    local all
    all=$(pg_sql "SELECT count(*) FROM t")
    backfill "batch=90" "UPDATE t SET n = n + 1"
    up
    once t "$all"
    [ "$(pg_sql "SELECT rows, cursor FROM migrate.backfills")" = "$all|{9223372036854775807}" ]
    # Of gaps no more than some batches were made, that found little.
    [ "$(pg_sql "SELECT batches < 2 * $all / 90 FROM migrate.backfills")" = t ]
}

@test "history counts what the statement changed: not what its triggers and foreign keys change further, nor what the server does not count" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t ON DELETE CASCADE, n int NOT NULL DEFAULT 0)" \
        "INSERT INTO t SELECT g, NULL FROM generate_series(1, 1000) g" "INSERT INTO t SELECT g + 1000, g FROM generate_series(1, 1000) g" "ANALYZE t"
    backfill "batch=100" "DELETE FROM t WHERE id <= 1000"
    up
    [ "$(pg_sql "SELECT count(*) FROM t")$(pg_sql "SELECT sum(rows) FROM migrate.backfills")" = 01000 ]
    pg_sql "DROP SCHEMA migrate CASCADE" "DROP TABLE t" "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, m int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT generate_series(1, 1000)" "ANALYZE t" \
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE t SET m = m + 1 WHERE id = 1001 - NEW.id; RETURN NULL; END'" \
        "CREATE TRIGGER f AFTER UPDATE OF n ON t FOR EACH ROW EXECUTE FUNCTION f()"
    backfill "batch=100" "UPDATE t SET n = n + 1"
    up
    once t 1000
    [ "$(pg_sql "SELECT sum(m) FROM t")$(pg_sql "SELECT rows FROM migrate.backfills")" = 10001000 ]
    pg_sql "DROP SCHEMA migrate CASCADE" "DROP TRIGGER f ON t" "ALTER DATABASE \"$PGDATABASE\" SET track_counts = off"
    backfill "batch=100" "UPDATE t SET n = 1"
    up
    [ "$(pg_sql "SELECT rows FROM migrate.backfills")" = 1000 ]
}

@test "operators of somebody else in front on the search path are not used" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT generate_series(1, 1000)" \
        "CREATE SCHEMA evil" "CREATE FUNCTION evil.f(int, int) RETURNS bool LANGUAGE sql AS 'SELECT true'" \
        "CREATE OPERATOR evil.> (FUNCTION = evil.f, LEFTARG = int, RIGHTARG = int)" "CREATE OPERATOR evil.<= (FUNCTION = evil.f, LEFTARG = int, RIGHTARG = int)" \
        "CREATE TYPE evil.int4 AS ENUM ('x')" "ALTER DATABASE \"$PGDATABASE\" SET search_path = evil, pg_catalog, public"
    backfill "batch=100" "UPDATE t SET n = n OPERATOR(pg_catalog.+) 1"
    up
    once public.t 1000
}

@test "a partitioned table goes partition by partition, each with its cursor" {
    pg_sql "CREATE TABLE t (id int, r int, n int NOT NULL DEFAULT 0, PRIMARY KEY (id, r)) PARTITION BY LIST (r)" \
        "CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1)" "CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2, 3) PARTITION BY RANGE (id)" \
        "CREATE TABLE t2a PARTITION OF t2 FOR VALUES FROM (0) TO (1000)" "CREATE TABLE t2b PARTITION OF t2 DEFAULT" "CREATE TABLE t0 PARTITION OF t DEFAULT" \
        "INSERT INTO t SELECT g, 1 + g % 2 FROM generate_series(1, 2000) g"
    backfill "batch=300" "UPDATE t AS x SET n = x.n + 1 WHERE x.r > 0"
    up
    once t 2000
    [ "$(pg_sql "SELECT part, relation, rows FROM migrate.backfills ORDER BY 1")" = "1|public.t0|0
2|public.t1|1000
3|public.t2a|500
4|public.t2b|500" ]
}

@test "a table with children by inheritance, and ONLY it" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "CREATE TABLE c (PRIMARY KEY (id)) INHERITS (t)" \
        "INSERT INTO t SELECT generate_series(1, 500)" "INSERT INTO c SELECT generate_series(1, 700)"
    backfill "batch=100" "UPDATE t SET n = n + 1"
    up
    once t 1200
    printf -- '-- migrate:up\n-- migrate:backfill batch=100\nUPDATE ONLY t SET n = n + 1;\n' >"$PROJECT/2_b.sql"
    up
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n ORDER BY n")" = "1|700
2|500" ]
}

@test "three workers: each row once, and each has done some" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, pad text)" "INSERT INTO t SELECT g, 0, repeat('x', 100) FROM generate_series(1, 60000) g" "ANALYZE t"
    backfill "workers=3 batch=500 rate=20000/s" "UPDATE t SET n = n + 1"
    up
    once t 60000
    [ "$(pg_sql "SELECT count(*) >= 6, sum(rows), bool_and(finished) FROM migrate.backfills")" = "t|60000|t" ]
    [ "$(pg_sql "SELECT count(DISTINCT owner) FROM migrate.backfills")" = 3 ]
}

@test "three workers, uuid and composite keys, the run killed again and again" {
    local table status pid runs
    pg_sql "CREATE TABLE u (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int NOT NULL DEFAULT 0, g int)" "INSERT INTO u (g) SELECT generate_series(1, 30000)" \
        "CREATE TABLE c (a int, b text, n int NOT NULL DEFAULT 0, PRIMARY KEY (b, a))" "INSERT INTO c SELECT g, g % 77 FROM generate_series(1, 30000) g" "ANALYZE"
    for table in u c; do
        pg_sql "DROP SCHEMA IF EXISTS migrate CASCADE"
        backfill "workers=3 batch=300" "UPDATE $table SET n = n + 1"
        status=1 runs=0
        while [ "$status" -ne 0 ]; do
            runs=$((runs + 1))
            [ "$runs" -lt 100 ]
            "$MIGRATE_BIN" up --gate off --quiet --dir "$PROJECT" 3>&- &
            pid=$!
            (
                sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
                if ((RANDOM % 2)); then
                    kill -KILL "$pid" 2>/dev/null
                else
                    pg_sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'migrate/%' ORDER BY random() LIMIT 2" >/dev/null 2>&1
                fi
            ) 3>&- &
            status=0
            wait "$pid" || status=$?
            wait
        done
        once "$table" 30000
    done
}

@test "a worker that dies leaves its part to the others" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT g FROM generate_series(1, 40000) g" "ANALYZE t"
    backfill "workers=2 batch=200 rate=10000/s" "UPDATE t SET n = n + 1"
    "$MIGRATE_BIN" up --gate off --dir "$PROJECT" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$! helper
    until_true eval '[ "$(pg_sql "SELECT count(*) FROM migrate.backfills WHERE owner LIKE '"'%/2'"' AND batches > 1")" -ge 1 ]'
    helper=$(pgrep -P "$pid" | head -n 1)
    kill -KILL "$helper"
    wait "$pid"
    once t 40000
}

@test "another backfill of the same version by hand: the token keeps it out" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT g FROM generate_series(1, 3000) g"
    backfill "batch=100 rate=2000/s" "UPDATE t SET n = n + 1"
    up >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$! status=0
    until_true eval '[ "$(pg_sql "SELECT batches FROM migrate.backfills")" -ge 2 ]'
    # As another worker takes a part over whose lease has run out; then that one dies.
    pg_sql "UPDATE migrate.backfills SET token = token + 1, owner = 'other', owner_pid = 1"
    wait "$pid"
    once t 3000
}

@test "another process joins: it divides the part that is being worked on" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT g FROM generate_series(1, 40000) g" "ANALYZE t"
    run up --join
    [ "$status" -eq 0 ]
    [[ "$output" == *"nothing to do"* ]]
    backfill "batch=200 rate=10000/s" "UPDATE t SET n = n + 1"
    up >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$!
    until_true eval '[ "$(pg_sql "SELECT batches FROM migrate.backfills")" -ge 2 ]'
    run up --join
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    [[ "$output" == *"no part of the backfill is left"* ]]
    wait "$pid"
    once t 40000
    [ "$(pg_sql "SELECT count(*) >= 2, count(DISTINCT owner) = 2, sum(rows) FROM migrate.backfills")" = "t|t|40000" ]
}

@test "the joining process goes on alone when the run dies, and the next run ends the step" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT g FROM generate_series(1, 20000) g" "ANALYZE t"
    backfill "batch=200 rate=10000/s" "UPDATE t SET n = n + 1"
    "$MIGRATE_BIN" up --gate off --dir "$PROJECT" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$!
    until_true eval '[ "$(pg_sql "SELECT batches FROM migrate.backfills")" -ge 2 ]'
    up --join >"$BATS_TEST_TMPDIR/joined" 2>&1 3>&- &
    local joined=$!
    until_true eval '[ "$(pg_sql "SELECT count(*) FROM migrate.backfills WHERE batches > 0")" = 2 ]'
    kill -KILL "$pid"
    wait "$joined"
    once t 20000
    [ "$(pg_sql "SELECT state FROM migrate.steps")" = started ]
    up
    once t 20000
    [ "$(pg_sql "SELECT state FROM migrate.steps")" = done ]
}

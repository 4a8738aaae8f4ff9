#!/usr/bin/env bats
# Backfills: every row exactly once, by whatever key, whatever dies; controlled by a word in their row.

load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "exec_backfill_$BATS_TEST_NUMBER"
}
teardown() { pg_session_end holder; }

file() { # NAME: standard input
    cat >"$PROJECT/$1.sql"
}

up() {
    migrate up --gate off --dir "$PROJECT" "$@"
}

backfill() { # OPTIONS STATEMENT
    printf -- '-- migrate:up\n-- migrate:backfill %s\n%s;\n' "$1" "$2" | file 1_a
}

# Run and kill at random moments until a run gets through; then every n is 1.
kill_at_random() { # TABLE
    local pid status=1 runs=0
    while [ "$status" -ne 0 ]; do
        runs=$((runs + 1))
        [ "$runs" -lt 200 ]
        "$MIGRATE_BIN" up --gate off --quiet --dir "$PROJECT" 3>&- &
        pid=$!
        (
            # Kept waiting by the clock on purpose: the moment is to be random; and later, where the machine is so busy that no run comes far.
            sleep "$((runs / 40)).$((RANDOM % 5))$((RANDOM % 10))"
            kill -KILL "$pid" 2>/dev/null
        ) 3>&- &
        status=0
        wait "$pid" || status=$?
        wait
    done
    echo "$runs runs"
    [ "$(pg_sql "SELECT n, count(*) FROM $1 GROUP BY n")" = "1|60000" ]
    [ "$(pg_sql "SELECT rows, finished FROM migrate.backfills")" = "60000|t" ]
    [ "$runs" -ge 2 ]
}

@test "random kills, n = n + 1, integer key" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, pad text DEFAULT repeat('x', 200))" "INSERT INTO t SELECT generate_series(1, 60000)"
    backfill "batch=400 rate=60000/s" "UPDATE t SET n = n + 1"
    kill_at_random t
}

@test "random kills, n = n + 1, composite key in another order than its columns" {
    pg_sql "CREATE TABLE t (a int, b text, n int NOT NULL DEFAULT 0, PRIMARY KEY (b, a))" "INSERT INTO t SELECT g, g % 77 FROM generate_series(1, 60000) g"
    backfill "batch=400 rate=60000/s" "UPDATE t SET n = n + 1"
    kill_at_random t
}

@test "random kills, n = n + 1, uuid key" {
    pg_sql "CREATE TABLE t (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int NOT NULL DEFAULT 0, g int)" "INSERT INTO t (g) SELECT generate_series(1, 60000)"
    backfill "batch=400 rate=60000/s" "UPDATE t SET n = n + 1"
    kill_at_random t
}

@test "keys of many types, awkward values, gaps" {
    local type
    for type in "timestamptz|'2024-01-01'::timestamptz + g * interval '1 hour'" "text|chr(34) || g || chr(92) || ',{}'" \
        "numeric(12,4)|g / 7.0" "bytea|decode(md5(g::text), 'hex')" "date|'2000-01-01'::date + g" "char(9)|'k ' || g" \
        "float8|g / 3.0" "bigint|g * g" "interval|g * interval '1 minute'" "inet|'10.0.0.0'::inet + g"; do
        pg_sql "DROP TABLE IF EXISTS t" "DROP SCHEMA IF EXISTS migrate CASCADE" \
            "CREATE TABLE t (\"the Key\" ${type%%|*} PRIMARY KEY, n int NOT NULL DEFAULT 0)" \
            "INSERT INTO t SELECT ${type#*|} FROM generate_series(1, 1000) g"
        backfill "batch=100" "UPDATE t SET n = n + 1"
        run up
        [ "$status" -eq 0 ] || { echo "$type: $output"; false; }
        [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|1000" ] || { echo "$type"; false; }
    done
}

@test "a WHERE with OR, an alias, a comment at the end" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 0)" "INSERT INTO t SELECT generate_series(1, 2000)"
    backfill "batch=100" "UPDATE t AS x SET n = x.n + 1 WHERE x.id <= 10 OR x.id > 1990 -- few"
    up
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n ORDER BY n")" = "0|1980
1|20" ]
    [ "$(pg_sql "SELECT rows, batches FROM migrate.backfills")" = "20|20" ]
}

@test "DELETE in batches, an empty table, a table of one row" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY)" "INSERT INTO t SELECT generate_series(1, 3000)" "CREATE TABLE e (id int PRIMARY KEY)" \
        "CREATE TABLE o (id int PRIMARY KEY)" "INSERT INTO o VALUES (1)"
    printf -- '-- migrate:up\n-- migrate:backfill batch=500\nDELETE FROM t WHERE id %% 3 = 0;\n-- migrate:backfill\nDELETE FROM e;\n-- migrate:backfill\nDELETE FROM o;\n' | file 1_a
    up
    [ "$(pg_sql "SELECT count(*) FROM t")" = 2000 ]
    [ "$(pg_sql "SELECT rows, finished FROM migrate.backfills ORDER BY ordinal")" = "1000|t
0|t
1|t" ]
}

@test "no primary key: a unique index over NOT NULL columns does" {
    pg_sql "CREATE TABLE t (id int NOT NULL, wide text NOT NULL, n int DEFAULT 0)" "CREATE UNIQUE INDEX t_wide ON t (wide)" "CREATE UNIQUE INDEX t_id ON t (id DESC)" \
        "INSERT INTO t SELECT g, g FROM generate_series(1, 1000) g"
    backfill "batch=100" "UPDATE t SET n = n + 1"
    up
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|1000" ]
    [ "$(pg_sql "SELECT key_columns FROM migrate.backfills")" = "{id}" ]
}

@test "no key to walk by: refused with the reason, nothing begun" {
    pg_sql "CREATE TABLE t (id int, n int DEFAULT 0)" "CREATE UNIQUE INDEX t_nullable ON t (id)" "CREATE UNIQUE INDEX t_part ON t (n) WHERE n > 0" "INSERT INTO t VALUES (1)"
    backfill "" "UPDATE t SET n = n + 1"
    run up
    [ "$status" -eq 2 ] || { echo "$status: $output"; false; }
    [[ "$output" == *"has no key to walk by"* && "$output" == *"migrate:whole"* && "$output" == *"1_a.sql:3"* ]]
    [ "$(pg_sql "SELECT count(*) FROM migrate.migrations")$(pg_sql "SELECT count(*) FROM migrate.backfills")" = 00 ]
    [ "$(pg_sql "SELECT n FROM t")" = 0 ]
}

@test "a view is not walked" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int)" "CREATE VIEW v AS SELECT * FROM t"
    backfill "" "UPDATE v SET n = 1"
    run up
    [ "$status" -eq 2 ]
    [[ "$output" == *"not a table"* ]]
}

@test "a statement or trigger that moves the key ahead is stopped before it does harm" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 0)" "INSERT INTO t SELECT generate_series(1, 1000)" \
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.id := NEW.id + 5000; RETURN NEW; END'" \
        "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()"
    backfill "batch=100" "UPDATE t SET n = n + 1"
    run up
    [ "$status" -eq 3 ]
    [[ "$output" == *"must_not_change_its_own_key"* ]]
    [ "$(pg_sql "SELECT max(id), max(n) FROM t")" = "1000|0" ]
}

@test "rows that come later beyond the end are not chased" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 0)" "INSERT INTO t SELECT generate_series(1, 1000)" \
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO t SELECT max(id) + 1 FROM t; RETURN NULL; END'" \
        "CREATE TRIGGER g AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()"
    backfill "batch=100" "UPDATE t SET n = n + 1"
    up
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n ORDER BY n")" = "0|1000
1|1000" ]
}

@test "a bad row stops it with what is done kept; mended, it goes on from there" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, d int NOT NULL DEFAULT 1)" "INSERT INTO t SELECT generate_series(1, 2000)" "UPDATE t SET d = 0 WHERE id = 1234"
    backfill "batch=100" "UPDATE t SET n = n + 1 / d"
    run up
    [ "$status" -eq 7 ]
    [[ "$output" == *"division by zero"* && "$output" == *"1233 rows are done"* ]]
    [ "$(pg_sql "SELECT state FROM migrate.steps")" = started ]
    pg_sql "UPDATE t SET d = 1 WHERE id = 1234"
    up
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|2000" ]
}

@test "a begun backfill may not be edited" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, d int NOT NULL DEFAULT 1)" "INSERT INTO t SELECT generate_series(1, 2000)" "UPDATE t SET d = 0 WHERE id = 1234"
    backfill "batch=100" "UPDATE t SET n = n + 1 / d"
    run up
    [ "$status" -eq 7 ]
    backfill "batch=100" "UPDATE t SET n = n + 2"
    run up
    [ "$status" -eq 5 ]
    [[ "$output" == *"was begun"* ]]
}

@test "pause, resume and abort by the control word" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT generate_series(1, 3000)"
    backfill "batch=100 rate=2000/s" "UPDATE t SET n = n + 1"
    up --json >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$! status=0
    until_true eval '[ "$(pg_sql "SELECT batches FROM migrate.backfills")" -ge 2 ]'
    pg_sql "UPDATE migrate.backfills SET control = 'pause'"
    until_true eval '[ "$(pg_sql "SELECT reason FROM migrate.backfills")" = paused ]'
    [ "$(pg_sql "SELECT count(*) > 0 FROM t WHERE n = 0")" = t ]
    pg_sql "UPDATE migrate.backfills SET control = 'abort'"
    wait "$pid" || status=$?
    [ "$status" -eq 7 ]
    grep -q paused "$BATS_TEST_TMPDIR/out"
    grep -q aborted "$BATS_TEST_TMPDIR/out"
    up
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|3000" ]
}

@test "the rate asked for is kept" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT generate_series(1, 1500)"
    backfill "batch=100 rate=1000/s" "UPDATE t SET n = n + 1"
    up
    [ "$(pg_sql "SELECT extract(epoch FROM updated_at - started_at) >= 1.2 FROM migrate.backfills")" = t ]
}

@test "the rate asked for is kept by rows' places, too, and from partition to partition" {
    local begun
    # A scan of a range of places is there since 14.
    if [ "$(pg_sql "SELECT current_setting('server_version_num')::int >= 140000")" = t ]; then
        # Never analysed, and with more rows on a page than a batch is to have.
        pg_sql "CREATE TABLE t (n int) WITH (autovacuum_enabled = off)" "INSERT INTO t SELECT NULL FROM generate_series(1, 3000)"
        backfill "batch=100 rate=2000/s" "UPDATE t SET n = 1 WHERE n IS NULL"
        up
        [ "$(pg_sql "SELECT count(n) FROM t")" = 3000 ]
        [ "$(pg_sql "SELECT keys BETWEEN 2500 AND 9000, batches > 10 FROM migrate.backfills")" = "t|t" ] || { pg_sql "TABLE migrate.backfills"; false; }
        [ "$(pg_sql "SELECT extract(epoch FROM updated_at - started_at) >= 1.2 FROM migrate.backfills")" = t ]
        pg_sql "DROP TABLE t" "DROP SCHEMA migrate CASCADE"
    fi
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0) PARTITION BY RANGE (id)"
    for p in {0..9}; do
        pg_sql "CREATE TABLE t_$p PARTITION OF t FOR VALUES FROM ($((p * 100))) TO ($((p * 100 + 100)))"
    done
    pg_sql "INSERT INTO t SELECT generate_series(0, 999)"
    backfill "batch=200 rate=1000/s" "UPDATE t SET n = n + 1"
    up
    [ "$(pg_sql "SELECT extract(epoch FROM max(updated_at) - min(started_at)) >= 0.8, sum(rows) FROM migrate.backfills")" = "t|1000" ] || { pg_sql "TABLE migrate.backfills"; false; }
}

@test "another owner in the row: the run stops and changes nothing further" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT generate_series(1, 3000)"
    backfill "batch=100 rate=2000/s" "UPDATE t SET n = n + 1"
    up >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$! status=0
    until_true eval '[ "$(pg_sql "SELECT batches FROM migrate.backfills")" -ge 2 ]'
    pg_sql "UPDATE migrate.backfills SET owner = 'somebody'"
    wait "$pid" || status=$?
    [ "$status" -eq 6 ]
    grep -q "taken over" "$BATS_TEST_TMPDIR/out"
    [ "$(pg_sql "SELECT rows = (SELECT count(*) FROM t WHERE n = 1) FROM migrate.backfills")" = t ]
    up
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|3000" ]
}

@test "SIGTERM between batches: recorded, and the next run goes on" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT generate_series(1, 3000)"
    backfill "batch=100 rate=2000/s" "UPDATE t SET n = n + 1"
    "$MIGRATE_BIN" up --gate off --dir "$PROJECT" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$! status=0
    until_true eval '[ "$(pg_sql "SELECT batches FROM migrate.backfills")" -ge 2 ]'
    kill -TERM "$pid"
    wait "$pid" || status=$?
    [ "$status" -eq 143 ]
    [ "$(pg_sql "SELECT result FROM migrate.runs")" = interrupted ]
    up
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|3000" ]
}

@test "a partitioned table is walked by its key over all partitions" {
    pg_sql "CREATE TABLE t (id int, r int, n int NOT NULL DEFAULT 0, PRIMARY KEY (id, r)) PARTITION BY LIST (r)" \
        "CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1)" "CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2)" \
        "INSERT INTO t SELECT g, 1 + g % 2 FROM generate_series(1, 2000) g"
    backfill "batch=300" "UPDATE t SET n = n + 1"
    up
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|2000" ]
}

@test "row security would leave rows out: an error instead" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT generate_series(1, 100)" \
        "DROP ROLE IF EXISTS clerk" "CREATE ROLE clerk LOGIN" "GRANT ALL ON t TO clerk" "ALTER TABLE t ENABLE ROW LEVEL SECURITY" \
        "CREATE POLICY p ON t USING (id < 10)" "GRANT CREATE ON DATABASE \"$PGDATABASE\" TO clerk"
    backfill "" "UPDATE t SET n = n + 1"
    run up --url "postgresql://clerk@/$PGDATABASE?host=$PG_DIR"
    [ "$status" -eq 3 ]
    [[ "$output" == *"row-level security"* ]]
    pg_sql "DROP OWNED BY clerk"
}

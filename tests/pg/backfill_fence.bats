#!/usr/bin/env bats
# Somebody else has the part, or has done the batch: each condition that keeps a batch from being done twice, by itself. And what is no key.

load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "backfill_fence_$BATS_TEST_NUMBER" 2>/dev/null
}

backfill() { # OPTIONS STATEMENT
    printf -- '-- migrate:up\n-- migrate:backfill %s\n%s;\n' "$1" "$2" >"$PROJECT/1_a.sql"
}

table() {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT g FROM generate_series(1, 1500) g"
    backfill "batch=300" "UPDATE t SET n = n + 1"
}

before_third() { # SHELL: between the second batch and the message of the third, whose range is (600, 900]
    MIGRATE_FAULT=batch-before:3 MIGRATE_FAULT_DO="$1" run "$MIGRATE_FAULTS_BIN" up --gate off --dir "$PROJECT"
    [ "$status" -eq 0 ] || { echo "$status $output"; return 1; }
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|1500" ] || { pg_sql "SELECT n, count(*) FROM t GROUP BY n" "TABLE migrate.backfills"; return 1; }
}

@test "another number of taking: the part is taken again" {
    table
    before_third "psql -Xqc 'UPDATE migrate.backfills SET token = token + 1'"
    [ "$(pg_sql "SELECT token FROM migrate.backfills")" = 3 ]
}

@test "another cursor: the batch was done" {
    table
    before_third "psql -Xqc 'UPDATE t SET n = n + 1 WHERE id BETWEEN 601 AND 900' -c \"UPDATE migrate.backfills SET cursor = '{900}'\""
}

@test "the part was ended" {
    table
    before_third "psql -Xqc 'UPDATE t SET n = n + 1 WHERE id > 600' -c \"UPDATE migrate.backfills SET cursor = '{1500}', finished = true\""
    pg_sql "DROP SCHEMA migrate CASCADE" "DROP TABLE t"
    table
    # Its cursor is as it was.
    before_third "psql -Xqc 'UPDATE t SET n = n + 1 WHERE id > 600' -c 'UPDATE migrate.backfills SET finished = true'"
}

@test "another cursor that is not committed yet: the batch waits for it" {
    table
    cat >"$BATS_TEST_TMPDIR/hold.sql" <<'SQL'
UPDATE t SET n = n + 1 WHERE id BETWEEN 601 AND 900;
BEGIN;
UPDATE migrate.backfills SET cursor = '{900}';
SELECT pg_advisory_lock(7);
DO 'BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted) LOOP NULL; END LOOP; END';
COMMIT;
SQL
    cat >"$BATS_TEST_TMPDIR/hold" <<SH
psql -Xqf "$BATS_TEST_TMPDIR/hold.sql" >/dev/null 2>&1 3>&- &
until [ "\$(psql -XAtqc "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND classid = 0")" = 1 ]; do :; done
SH
    before_third "sh '$BATS_TEST_TMPDIR/hold'"
}

@test "a row is not set aside by who has lost the part" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, a text, n int)" "INSERT INTO t SELECT g, CASE WHEN g = 7 THEN 'seven' ELSE g::text END FROM generate_series(1, 20) g"
    backfill "batch=10 max_bad_rows=1" "UPDATE t SET n = a::int"
    # Somebody else has mended it and gone behind it.
    MIGRATE_FAULT=bad-row:1 MIGRATE_FAULT_DO="psql -Xqc 'UPDATE t SET a = id, n = id WHERE id = 7' -c \"UPDATE migrate.backfills SET cursor = '{7}', token = token + 1\"" \
        run "$MIGRATE_FAULTS_BIN" up --gate off --dir "$PROJECT"
    [ "$status" -eq 0 ] || { echo "$status $output"; false; }
    [ "$(pg_sql "SELECT count(*) FROM migrate.bad_rows")|$(pg_sql "SELECT bad_rows FROM migrate.backfills")|$(pg_sql "SELECT count(*) FROM t WHERE n = id")" = "0|0|20" ]
}

@test "a cursor that is no key of the table is refused" {
    table
    MIGRATE_FAULT=batch-after:2 run "$MIGRATE_FAULTS_BIN" up --gate off --dir "$PROJECT"
    pg_sql "UPDATE migrate.backfills SET cursor = '{600,1}'"
    run migrate up --gate off --dir "$PROJECT"
    [ "$status" -eq 5 ] && [[ "$output" == *"the cursor of step 1 of migration 1 does not fit table"*"public.t"* ]] || { echo "$status $output"; false; }
    [ "$(pg_sql "SELECT count(*) FROM t WHERE n = 1")" = 600 ]
}

@test "a part that was cut off another one is its table's, not its name's" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT g FROM generate_series(1, 40000) g" "ANALYZE t"
    backfill "batch=200 rate=10000/s" "UPDATE t SET n = n + 1"
    migrate up --gate off --quiet --dir "$PROJECT" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local run=$!
    until_true eval '[ "$(pg_sql "SELECT batches FROM migrate.backfills")" -ge 2 ]'
    migrate up --join --gate off --quiet --dir "$PROJECT" >"$BATS_TEST_TMPDIR/joined" 2>&1 3>&- &
    until_true eval '[ "$(pg_sql "SELECT count(*) FROM migrate.backfills")" -ge 2 ]'
    [ "$(pg_sql "SELECT bool_and(relation_oid = '"'t'"'::regclass AND relation_file = pg_relation_filenode('"'t'"')) FROM migrate.backfills")" = t ]
    wait "$run"
    wait
}

@test "what is no key: refused, whatever index there is" {
    # Nullable, partial, an expression, checked late, invalid, of an operator class or a collation of its own, of two directions, NULLs on the other side.
    pg_sql "CREATE TABLE t (id int, a text NOT NULL, b text NOT NULL, c int NOT NULL, d int NOT NULL, UNIQUE (d) DEFERRABLE)" "CREATE UNIQUE INDEX ON t (id)" "CREATE UNIQUE INDEX ON t (c) WHERE d > 0" \
        "CREATE UNIQUE INDEX ON t ((c + 1))" "CREATE UNIQUE INDEX t_invalid ON t (c)" "CREATE UNIQUE INDEX ON t (a text_pattern_ops)" "CREATE UNIQUE INDEX ON t (b COLLATE \"C\")" \
        "CREATE UNIQUE INDEX ON t (c, d DESC)" "CREATE UNIQUE INDEX ON t (c NULLS FIRST)" "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_invalid'::regclass" \
        "INSERT INTO t SELECT g, g, g, g, g FROM generate_series(1, 10) g"
    backfill "" "UPDATE t SET id = id + 1"
    run migrate up --gate off --dir "$PROJECT"
    [ "$status" -eq 2 ] && [[ "$output" == *"has no key to walk by"* ]] || { echo "$status $output"; pg_sql "TABLE migrate.backfills"; false; }
    # key= takes just these columns.
    pg_sql "ALTER TABLE t ADD PRIMARY KEY (c, d)"
    for key in c c,d,a c,a; do
        backfill "key=$key" "UPDATE t SET id = id + 1"
        run migrate up --gate off --dir "$PROJECT"
        [ "$status" -eq 2 ] && [[ "$output" == *"has no such key to walk by"* ]] || { echo "$key: $status $output"; false; }
    done
    [ "$(pg_sql "SELECT count(*) FROM t WHERE id = c")" = 10 ]
}

@test "refused: ONLY a partitioned table, a temporary one" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int) PARTITION BY RANGE (id)" "CREATE TABLE t1 PARTITION OF t DEFAULT" "INSERT INTO t VALUES (1)"
    backfill "" "UPDATE ONLY t SET n = 1"
    run migrate up --gate off --dir "$PROJECT"
    [ "$status" -eq 2 ] && [[ "$output" == *"is a partitioned table, and ONLY that has no rows"* ]] || { echo "$status $output"; false; }
    printf -- '-- migrate:up transaction:false\nCREATE TEMP TABLE x (id int PRIMARY KEY, n int);\n-- migrate:backfill\nUPDATE x SET n = 1;\n' >"$PROJECT/1_a.sql"
    run migrate up --gate off --dir "$PROJECT"
    [[ "$status" != 0 && "$output" == *"is temporary, and gone when the connection is lost"* ]] || { echo "$status $output"; false; }
}

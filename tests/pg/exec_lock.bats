#!/usr/bin/env bats
# Locks: of other sessions on tables, and of other runs.

load lib

setup_file() { pg_start max_prepared_transactions=4; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "exec_lock_$BATS_TEST_NUMBER"
}
teardown() {
    pg_session_end holder
    pg_session_end other
}

file() { # NAME: standard input
    cat >"$PROJECT/$1.sql"
}

up() {
    migrate up --gate off --dir "$PROJECT" "$@"
}

blocked_run() {
    [ "$(pg_sql "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'migrate/%' AND wait_event_type = 'Lock'")" -ge 1 ]
}

in_output() {
    grep -q "$1" "$BATS_TEST_TMPDIR/out"
}

@test "a table somebody else holds: attempts, the blocker shown, gives way with nothing half-done" {
    pg_sql "CREATE TABLE t (id int)"
    printf -- '-- migrate:up\nCREATE TABLE before (id int);\nALTER TABLE t ADD COLUMN x int;\n' | file 1_a
    pg_session holder "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE"
    run up --lock-budget 1500ms
    [ "$status" -eq 4 ]
    [[ "$output" == *"holder"* ]]
    [[ "$output" == *"LOCK TABLE t IN ACCESS SHARE MODE"* ]]
    [[ "$output" == *"gave way"* ]]
    [ -z "$(pg_sql "SELECT to_regclass('before')")" ]
    [ "$(pg_sql "SELECT count(*) FROM migrate.migrations")" = 0 ]
    [ "$(pg_sql "SELECT state, sqlstate, attempts > 1 FROM migrate.steps")" = "failed|55P03|t" ]
    [ "$(pg_sql "SELECT result FROM migrate.runs")" = "gave way" ]
    pg_session_end holder
    up
    [ "$(pg_sql "SELECT state, coalesce(sqlstate, '-') FROM migrate.steps")" = "done|-" ]
}

@test "the holder goes: the same run succeeds" {
    pg_sql "CREATE TABLE t (id int)"
    printf -- '-- migrate:up\nALTER TABLE t ADD COLUMN x int;\n' | file 1_a
    pg_session holder "BEGIN; LOCK TABLE t"
    up >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$!
    until_true in_output "holder"
    pg_session holder "COMMIT"
    wait "$pid"
    [ "$(pg_sql "SELECT attempts >= 1 FROM migrate.steps WHERE state = 'done'")" = t ]
}

@test "readers do not queue behind us for longer than one rung" {
    pg_sql "CREATE TABLE t (id int)"
    printf -- '-- migrate:up\nALTER TABLE t ADD COLUMN x int;\n' | file 1_a
    pg_session holder "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE"
    up --lock-budget 1500ms >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$!
    until_true blocked_run
    [ "$(pg_sql "SET statement_timeout = '2s'" "SELECT count(*) FROM t")" = 0 ]
    wait "$pid" || [ $? -eq 4 ]
}

@test "a prepared transaction blocks: it is named" {
    pg_sql "CREATE TABLE t (id int)" "BEGIN" "LOCK TABLE t" "PREPARE TRANSACTION 'forgotten'"
    printf -- '-- migrate:up\nALTER TABLE t ADD COLUMN x int;\n' | file 1_a
    run up --lock-budget 800ms
    [ "$status" -eq 4 ]
    [[ "$output" == *"prepared transaction"* ]]
    pg_sql "ROLLBACK PREPARED 'forgotten'"
}

@test "CREATE INDEX CONCURRENTLY waits without lock_timeout and shows for whom" {
    pg_sql "CREATE TABLE t (id int)"
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY t_id ON t (id);\n' | file 1_a
    pg_session holder "BEGIN; INSERT INTO t VALUES (1)"
    up >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$!
    until_true in_output "holder"
    pg_session holder "COMMIT"
    wait "$pid"
    [ "$(pg_sql "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_id'::regclass")" = t ]
}

@test "two runs at once: the second exits 6 and says who is running" {
    pg_sql "CREATE TABLE t (id int)"
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY t_id ON t (id);\n' | file 1_a
    pg_session holder "BEGIN; INSERT INTO t VALUES (1)"
    up >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$!
    until_true blocked_run
    run up --run-lock-wait 0
    [ "$status" -eq 6 ]
    [[ "$output" == *"migrate/"* ]]
    [[ "$output" == *"pid "* ]]
    pg_session holder "COMMIT"
    wait "$pid"
    [ "$(pg_sql "SELECT count(*) FROM migrate.runs")" = 1 ]
}

@test "two runs at once: the second waits, then finds nothing to do" {
    pg_sql "CREATE TABLE t (id int)"
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY t_id ON t (id);\n' | file 1_a
    printf -- '-- migrate:up\nCREATE TABLE once (id int);\n' | file 2_b
    pg_session holder "BEGIN; INSERT INTO t VALUES (1)"
    up >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local first=$!
    until_true blocked_run
    up --run-lock-wait 60s >"$BATS_TEST_TMPDIR/second" 2>&1 3>&- &
    local second=$!
    until_true grep -q "pid" "$BATS_TEST_TMPDIR/second"
    pg_session holder "COMMIT"
    wait "$first"
    wait "$second"
    [ "$(pg_sql "SELECT count(*), max(attempts) FROM migrate.steps")" = "2|1" ]
}

@test "many runs on a fresh database: one makes the history, all succeed" {
    local pids=() pid
    printf -- '-- migrate:up\nCREATE TABLE once (id int);\n' | file 1_a
    for _ in 1 2 3 4 5; do
        up --quiet --run-lock-wait 60s 3>&- &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid"
    done
    [ "$(pg_sql "SELECT count(*) FROM migrate.migrations")" = 1 ]
}

@test "the run lock is the documented one, and other databases and schemas have their own" {
    printf -- '-- migrate:up\nCREATE TABLE once (id int);\n' | file 1_a
    pg_session holder "SELECT pg_advisory_lock(('x' || left(encode(sha256(convert_to('migrate run lock|' || current_database() || '|migrate', 'UTF8')), 'hex'), 16))::bit(64)::bigint)"
    run up --run-lock-wait 0
    [ "$status" -eq 6 ]
    up --run-lock-wait 0 --schema elsewhere
    [ "$(pg_sql "SELECT count(*) FROM elsewhere.migrations")" = 1 ]
}

@test "a batch gives way to a row lock and goes on when it is gone" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 0)" "INSERT INTO t SELECT generate_series(1, 5000)"
    printf -- '-- migrate:up\n-- migrate:backfill\nUPDATE t SET n = n + 1;\n' | file 1_a
    pg_session holder "BEGIN; SELECT * FROM t WHERE id = 2500 FOR UPDATE"
    up >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$!
    until_true in_output "holder"
    pg_session holder "COMMIT"
    wait "$pid"
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|5000" ]
}

#!/usr/bin/env bats
# What the application feels of a step that cannot have its lock yet: nothing while somebody is seen in the way, short waits otherwise.

load lib
load lock_lib

setup_file() { pg_start autovacuum_naptime=1s autovacuum_vacuum_cost_delay=100ms autovacuum_vacuum_cost_limit=1 max_connections=60 max_prepared_transactions=2; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    OUT=$BATS_TEST_TMPDIR/out
    mkdir -p "$PROJECT"
    pg_fresh_db "exec_way_$BATS_TEST_NUMBER"
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int)"
}

old_enough() { # NAME: its transaction is older than the first rung
    [ "$(pg_sql "SELECT clock_timestamp() - xact_start > '300 ms' FROM pg_stat_activity WHERE application_name = '$1'")" = t ]
}

@test "an idle transaction in the way: told and waited for outside of the queue, and nobody waits" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_session holder "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE"
    until_true old_enough holder
    up >"$OUT" 2>&1 3>&- &
    local pid=$!
    until_true in_output "waiting for pid .*holder, idle in transaction"
    for _ in 1 2 3 4 5; do
        [ "$(pg_sql "SET lock_timeout = '20ms'" "SELECT count(*) FROM t")" = 0 ]
    done
    pg_session holder "COMMIT"
    wait "$pid"
    cat "$OUT"
    [ "$(pg_sql "SELECT state, attempts FROM migrate.steps")" = "done|1" ]
}

retried() { # at least 1 s is to pass before the next try
    [ "$(grep '"step-retry"' "$OUT" | tail -n 1 | jq '.wait_ms >= 1000')" = true ]
}
short_pauses() { # how many ended before the time that was told of them had passed
    migrate report --json | jq '[.events[] | select(.event | test("^step-(begin|retry)$"))]
        | [., .[1:]] | transpose | map(select(.[0].event == "step-retry" and .[1] and .[1].at_ms - .[0].at_ms < .[0].wait_ms)) | length'
}

@test "the pause behind a failed try ends when the way is clear, and not before" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_session holder "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE"
    until_true old_enough holder
    up --ddl-lock-timeout 50ms --lock-budget 30s --json >"$OUT" 2>&1 3>&- &
    local pid=$!
    UNTIL_S=30 until_true retried
    pg_session holder "COMMIT"
    wait "$pid"
    cat "$OUT"
    [ "$(pg_sql "SELECT state, attempts > 1 FROM migrate.steps")" = "done|t" ]
    [ "$(short_pauses)" = 1 ]
}

@test "interrupted in a pause: the report's step ends with the run" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_session holder "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE"
    until_true old_enough holder
    "$MIGRATE_BIN" up --gate off --dir "$PROJECT" --ddl-lock-timeout 50ms --lock-budget 30s --json >"$OUT" 2>&1 3>&- &
    local pid=$! status=0
    UNTIL_S=30 until_true retried
    kill -INT "$pid"
    wait "$pid" || status=$?
    [ "$status" -eq 130 ]
    [ "$(migrate report --json | jq '.steps[0].to_ms <= .run.duration_ms and .steps[0].outcome == "failed"')" = true ]
}

@test "a prepared transaction in the way is told as what it is" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_sql "BEGIN" "LOCK TABLE t IN ACCESS SHARE MODE" "PREPARE TRANSACTION 'forgotten'"
    run up --lock-budget 1s
    pg_sql "ROLLBACK PREPARED 'forgotten'"
    echo "$output"
    [ "$status" -eq 4 ]
    [[ "$output" == *"waiting for a prepared transaction"* ]]
}

@test "who has no lock in the way of this one is not waited for" {
    pg_sql "CREATE TABLE other (id int PRIMARY KEY)"
    file 1_key 'ALTER TABLE t ADD CONSTRAINT t_other FOREIGN KEY (n) REFERENCES other (id) NOT VALID;'
    pg_session holder "BEGIN; SELECT count(*) FROM t; SELECT count(*) FROM other"
    until_true old_enough holder
    up >"$OUT" 2>&1
    ! in_output "waiting for"
    [ "$(pg_sql "SELECT attempts FROM migrate.steps")" = 1 ]
}

@test "in the way of a partition is in the way" {
    pg_sql "CREATE TABLE p (id int) PARTITION BY RANGE (id)" "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)"
    file 1_column 'ALTER TABLE p ADD COLUMN x int;'
    pg_session holder "BEGIN; LOCK TABLE p1 IN ACCESS SHARE MODE"
    until_true old_enough holder
    up >"$OUT" 2>&1 3>&- &
    local pid=$!
    until_true in_output "waiting for pid .*holder"
    pg_session holder "COMMIT"
    wait "$pid"
    [ "$(pg_sql "SELECT attempts FROM migrate.steps")" = 1 ]
}

@test "its statement stays untold with --redact, and it is ended rather than waited for where that was asked for" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_session holder "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE"
    until_true old_enough holder
    run up --redact --lock-budget 2s
    [ "$status" -eq 4 ]
    [[ "$output" == *"waiting for pid "*"holder"* ]]
    [[ "$output" != *"LOCK TABLE"* ]]
    up --terminate-blockers idle-in-transaction --lock-budget 30s
    [ "$(pg_sql "SELECT DISTINCT kind FROM migrate.interventions")" = terminated ]
}

@test "it stays for long: tries follow, and budget and attempts count as ever" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_session holder "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE"
    until_true old_enough holder
    run up --lock-budget 3s --json
    [ "$status" -eq 4 ]
    [[ "$output" == *'"step-retry"'* ]]
    [ "$(pg_sql "SELECT state, sqlstate FROM migrate.steps")" = "failed|55P03" ]
    [ "$(short_pauses)" = 0 ]
}

# Readers come all the time, and the holder is not old enough to be waited for: its age is hidden from this role.
@test "while others queue behind it, later tries wait no longer than the first" {
    pg_sql "CREATE ROLE plain LOGIN" "GRANT CREATE ON DATABASE $PGDATABASE TO plain" "ALTER TABLE t OWNER TO plain" "GRANT ALL ON SCHEMA public TO plain"
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_session holder "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE"
    pg_session_send reader 'SELECT clock_timestamp() - statement_timestamp() AS waited INTO TEMP seen FROM (SELECT count(*) FROM t) x'
    pg_session_send reader 'INSERT INTO seen SELECT clock_timestamp() - statement_timestamp() FROM (SELECT count(*) FROM t) x \watch 0.01'
    run up --url "postgresql://plain@/$PGDATABASE?host=$PGHOST" --ddl-lock-timeout 400ms --lock-budget 8s --json
    echo "$output"
    [ "$status" -eq 4 ]
    # By the ladder the second try would have waited 1 s, the third 2 s.
    local longest
    longest=$(grep -o '"event":"watchdog".*' <<<"$output" | jq -R 'capture("\"ms\":(?<ms>[0-9]+)").ms | tonumber' | sort -n | tail -n 1)
    [ "${longest:-0}" -lt 900 ]
    [ "$(pg_sql "SELECT attempts >= 3 FROM migrate.steps")" = t ]
    [ "$(short_pauses)" = 0 ]
    pg_session_end reader
    pg_session_end holder
    pg_sql "DROP OWNED BY plain CASCADE" "DROP ROLE plain"
}

@test "autovacuum in the way gives way by itself, behind a lock that no reader minds" {
    pg_sql "ALTER TABLE t SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0)" \
        "INSERT INTO t SELECT generate_series(1, 100000)" "DELETE FROM t WHERE id % 2 = 0"
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    UNTIL_S=30 until_true eval '[ "$(pg_sql "SELECT count(*) FROM pg_stat_progress_vacuum WHERE relid = '\''t'\''::regclass")" = 1 ]'
    until_true eval '[ "$(pg_sql "SELECT clock_timestamp() - xact_start > '\''300 ms'\'' FROM pg_stat_activity WHERE backend_type = '\''autovacuum worker'\'' AND query LIKE '\''%public.t'\''")" = t ]'
    # The launcher is overdue all the time, and would have another worker at the table at once.
    pg_sql "ALTER SYSTEM SET autovacuum_naptime = '1d'" "SELECT pg_reload_conf()" >/dev/null
    up >"$OUT" 2>&1 3>&- &
    local pid=$!
    until_true in_output "waiting for pid .*autovacuum worker\|waiting for pid .*active"
    [ "$(pg_sql "SET lock_timeout = '20ms'" "SELECT count(*) FROM t")" = 50000 ]
    wait "$pid"
    cat "$OUT"
    pg_sql "ALTER SYSTEM RESET autovacuum_naptime" "SELECT pg_reload_conf()" >/dev/null
    [ "$(pg_sql "SELECT state, attempts FROM migrate.steps")" = "done|1" ]
    [ "$(pg_sql "SELECT count(*) FROM migrate.interventions")" = 0 ]
}

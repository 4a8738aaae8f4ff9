#!/usr/bin/env bats
# The other side dies: our backend is terminated, the server restarts or vanishes, the answer to a COMMIT is lost.

load lib

setup_file() {
    # What a COMMIT did not wait for stays in memory: a crash is sure to lose it.
    pg_start wal_writer_delay=10s
    project "$BATS_FILE_TMPDIR/project"
    export PROJECT
    undisturbed
}
teardown_file() { pg_stop; }

# Run with this shell command at the fault point; leaves status and output.
up_with() { # POINT:N COMMAND
    pg_fresh_db hurt
    MIGRATE_FAULT=$1 MIGRATE_FAULT_DO=$2 UP_BIN=$MIGRATE_FAULTS_BIN run up
}

terminate() { # our own backends, the way an administrator would
    echo "psql -XAtq -c \"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'migrate/%'\" >/dev/null"
}

crash() {
    echo "cd / && setpriv --reuid postgres --regid postgres --init-groups -- '$PG_BIN/pg_ctl' restart -D '$PG_DIR/data' -m immediate -w -t 60 -s -l '$PG_DIR/log' >/dev/null 2>&1"
}

@test "our backend is terminated between steps: the run stops or goes on, and a rerun completes it" {
    local point
    for point in step:1 step:4 tx-before:2 tx-after:1 single-before:1 single-after:1 single-started:2 single-unsettled:1; do
        up_with "$point" "$(terminate)"
        case $status in
        0) ;;
        3) [[ "$output" == *"57P01"* || "$output" == *"terminat"* ]] && up ;;
        *) echo "$point: $status: $output" && false ;;
        esac
        same_as_undisturbed || { echo "$point"; false; }
    done
}

@test "our backend is terminated during a backfill: the run connects again and goes on by itself" {
    local point
    for point in backfill-open:1 batch-before:2 batch-after:1 batch-after:3 backfill-done:1; do
        up_with "$point" "$(terminate)"
        [ "$status" -eq 0 ] || { echo "$point: $status: $output"; false; }
        same_as_undisturbed || { echo "$point"; false; }
    done
}

@test "the server restarts at once: the run finds out what was done and goes on" {
    local point
    for point in begun:1 step:3 tx-before:2 tx-after:1 tx-after:3 single-before:1 single-after:1 single-unsettled:2 batch-before:3 batch-after:2; do
        up_with "$point" "$(crash)"
        case $status in
        0) ;;
        3) up ;;
        *) echo "$point: $status: $output" && false ;;
        esac
        same_as_undisturbed || { echo "$point"; false; }
    done
}

@test "the server goes away for good: exit 3 with a way out, and a rerun completes it" {
    MIGRATE_RECONNECT=2s up_with tx-after:2 "cd / && setpriv --reuid postgres --regid postgres --init-groups -- '$PG_BIN/pg_ctl' stop -D '$PG_DIR/data' -m immediate -w -s >/dev/null 2>&1"
    [ "$status" -eq 3 ]
    [[ "$output" == *"run the same command again"* ]]
    pg_up
    up
    same_as_undisturbed
}

@test "the process is killed while its statement runs: the server ends it, a rerun waits for that" {
    local pid
    pg_fresh_db hurt
    mkdir -p "$BATS_TEST_TMPDIR/slow"
    printf -- '-- migrate:up\nCREATE TABLE slow (id int);\nSELECT pg_sleep(1.5);\n' >"$BATS_TEST_TMPDIR/slow/1_slow.sql"
    "$MIGRATE_BIN" up --gate off --quiet --dir "$BATS_TEST_TMPDIR/slow" 3>&- &
    pid=$!
    until_true eval '[ "$(pg_sql "SELECT count(*) FROM pg_stat_activity WHERE wait_event = '\''PgSleep'\''")" = 1 ]'
    kill -KILL "$pid"
    wait "$pid" || true
    PROJECT=$BATS_TEST_TMPDIR/slow run up
    [ "$status" -eq 0 ]
    [ "$(pg_sql "SELECT count(*) FROM migrate.steps WHERE state = 'done'")" = 1 ]
    [ "$(pg_sql "SELECT count(*) FROM pg_class WHERE relname = 'slow'")" = 1 ]
}

@test "a crash takes transactions with it that did not wait for the disk: the run starts over from what is left" {
    local n
    pg_fresh_db hurt
    mkdir -p "$BATS_TEST_TMPDIR/many"
    for n in 1 2 3 4 5 6 7 8; do
        printf -- '-- migrate:up\nCREATE TABLE many_%s (id int);\n' "$n" >"$BATS_TEST_TMPDIR/many/${n}_m.sql"
    done
    MIGRATE_FAULT=tx-after:6 MIGRATE_FAULT_DO=$(crash) run faulty up --gate off --dir "$BATS_TEST_TMPDIR/many"
    [ "$status" -eq 0 ]
    [[ "$output" == *"forgot"* ]]
    [ "$(pg_sql "SELECT count(*), bool_and(state = 'applied') FROM migrate.migrations")" = "8|t" ]
    [ "$(pg_sql "SELECT string_agg(version, '' ORDER BY apply_order) FROM migrate.migrations")" = 12345678 ]
    [ "$(pg_sql "SELECT count(*) FROM pg_class WHERE relname LIKE 'many_%' AND relkind = 'r'")" = 8 ]
}

@test "what a run reports as done is on disk" {
    pg_fresh_db hurt
    up
    sh -c "$(crash)"
    same_as_undisturbed
}

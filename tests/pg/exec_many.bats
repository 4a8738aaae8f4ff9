#!/usr/bin/env bats
# Fifty runners at once on one database: nothing is done twice.

load lib

setup_file() { pg_start max_connections=150; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "exec_many_$BATS_TEST_NUMBER"
    pg_sql "CREATE TABLE t (id int)"
    # Twice would fail; and it waits for the holder, so that one is at work while the others come.
    printf -- '-- migrate:up\nALTER TABLE t ADD COLUMN x int;\nCREATE INDEX CONCURRENTLY t_id ON t (id);\n' >"$PROJECT/1_a.sql"
    pg_session holder "BEGIN; INSERT INTO t VALUES (1)"
}
teardown() { pg_session_end holder; }

start_50() { # OPTION…
    local n
    PIDS=()
    for n in $(seq 50); do
        migrate up --gate off --quiet --dir "$PROJECT" "$@" >"$BATS_TEST_TMPDIR/out.$n" 2>&1 3>&- &
        PIDS+=($!)
    done
}

@test "told not to wait: one works, the others exit 6" {
    start_50 --run-lock-wait 0
    until_true eval '[ "$(grep -l "another run holds" "$BATS_TEST_TMPDIR"/out.* | wc -l)" = 49 ]'
    pg_session holder "COMMIT"
    local pid status ends=()
    for pid in "${PIDS[@]}"; do
        status=0
        wait "$pid" || status=$?
        ends+=("$status")
    done
    [ "$(printf '%s\n' "${ends[@]}" | sort | uniq -c | awk '{ print $1 "x" $2 }' | tr '\n' ' ')" = "1x0 49x6 " ]
    [ "$(pg_sql "SELECT count(*) FROM migrate.steps WHERE state = 'done'")" = 2 ]
    [ "$(pg_sql "SELECT count(*) FROM migrate.runs")" = 1 ]
}

@test "told to wait: one works, the others find nothing to do" {
    local pid
    start_50 --run-lock-wait 60s
    until_true eval '[ "$(pg_sql "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '\''migrate%'\''")" -ge 50 ]'
    pg_session holder "COMMIT"
    for pid in "${PIDS[@]}"; do
        wait "$pid"
    done
    [ "$(pg_sql "SELECT count(*) FROM migrate.runs")" = 1 ]
    [ "$(pg_sql "SELECT count(*) FROM migrate.steps WHERE state = 'done'")" = 2 ]
}

#!/usr/bin/env bats
# The other side falls silent while its packets are still acknowledged: no reset, no time-out of TCP, nothing to read. A proxy that takes everything
# and passes nothing on (proxy.c), or a process that is stopped.

load lib

setup_file() {
    pg_start
    project "$BATS_FILE_TMPDIR/project"
    export PROJECT
    undisturbed
}
teardown_file() { pg_stop; }

setup() {
    pg_fresh_db hurt
    SOCKET=$PG_DIR/.s.PGSQL.7000
    VIA="postgresql://postgres@/hurt?host=$PG_DIR&port=7000"
}
teardown() {
    [ -z "${proxy:-}" ] || kill "$proxy" 2>/dev/null || true
    [ -z "${frozen:-}" ] || kill -CONT "$frozen" 2>/dev/null || true
    rm -f "$SOCKET"
}

start_proxy() { # FAULT N
    rm -f "$SOCKET"
    "$FAULT_PROXY" "$SOCKET" "$PG_DIR/.s.PGSQL.5432" "$1" "$2" >/dev/null 3>&- &
    proxy=$!
    until_true test -S "$SOCKET"
}

# Through the proxy, with a short patience.
via_proxy() {
    timeout -s KILL 60 "$MIGRATE_FAULTS_BIN" up --gate off --quiet --answer-timeout 1200ms --url "$VIA" --dir "$PROJECT" "$@"
}

@test "the connection is eaten at a point of every kind of step: another one goes on" {
    local point
    for point in tx-commit:1 single-after:1 batch-before:2; do # the matrix has all of them
        pg_fresh_db hurt
        start_proxy point 0
        MIGRATE_FAULT=$point MIGRATE_FAULT_DO="kill -USR1 $proxy" run via_proxy
        [ "$status" -eq 0 ] || { echo "$point: $status: $output"; false; }
        same_as_undisturbed || { echo "$point"; false; }
        kill "$proxy"
    done
}

@test "a COMMIT is eaten, or its answer: history says which" {
    local fault n
    for fault in eat mute; do
        for n in 3 7; do
            pg_fresh_db hurt
            start_proxy $fault $n
            run via_proxy
            [ "$status" -eq 0 ] || { echo "$fault $n: $status: $output"; false; }
            same_as_undisturbed || { echo "$fault $n"; false; }
            kill "$proxy"
        done
    done
}

@test "everything is deaf for a while: the run connects again when it can" {
    start_proxy deaf 5
    run via_proxy
    [ "$status" -eq 0 ] || { echo "$status: $output"; false; }
    same_as_undisturbed
}

@test "everything stays deaf: exit 3 in bounded time, and a rerun completes it" {
    start_proxy point 0
    # New connections find nobody: the proxy is stopped, its kernel accepts and acknowledges.
    local begun=$SECONDS
    MIGRATE_FAULT=tx-before:2 MIGRATE_FAULT_DO="kill -STOP $proxy" run via_proxy --reconnect 1s --url "$VIA&connect_timeout=2"
    kill -CONT "$proxy"
    [ "$status" -eq 3 ] || { echo "$status: $output"; false; }
    [[ "$output" == *"run the same command again"* ]] || { echo "$output"; false; }
    [ $((SECONDS - begun)) -lt 40 ]
    # The session that hangs in the proxy is the server's to find: it still has the run lock, or is gone by now.
    up --run-lock-wait 20s
    same_as_undisturbed
}

@test "a build that works on is waited for over a dead connection, and is not done twice" {
    mkdir -p "$BATS_TEST_TMPDIR/slow"
    printf -- '-- migrate:up\nCREATE TABLE t (id int);\nCREATE INDEX CONCURRENTLY t_id ON t (id);\n' >"$BATS_TEST_TMPDIR/slow/1_slow.sql"
    start_proxy point 0
    PROJECT=$BATS_TEST_TMPDIR/slow
    via_proxy >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local run=$!
    # CREATE INDEX CONCURRENTLY waits for this transaction, which is older.
    until_true pg_sql "SELECT 't'::regclass"
    pg_session blocker "BEGIN; SELECT pg_current_xact_id()"
    until_true eval '[ "$(pg_sql "SELECT count(*) FROM pg_stat_progress_create_index")" = 1 ] || ! kill -0 '$run
    kill -USR1 "$proxy"
    sleep 3 # longer than the patience: it works, so it is waited for
    kill -0 "$run" || [ "$(pg_sql "SELECT state FROM migrate.migrations")" = applied ]
    pg_session_end blocker
    wait "$run" || { cat "$BATS_TEST_TMPDIR/out"; false; }
    [ "$(pg_sql "SELECT state, n_steps FROM migrate.migrations")" = "applied|2" ]
    [ "$(pg_sql "SELECT count(*), bool_and(indisvalid) FROM pg_index WHERE indrelid = 't'::regclass")" = "1|t" ]
}

@test "the backend is frozen: a statement with a limit is given up, the next run waits for its locks" {
    mkdir -p "$BATS_TEST_TMPDIR/slow"
    printf -- '-- migrate:up\nCREATE TABLE t (id int);\n-- migrate:timeout statement=300ms\nINSERT INTO t SELECT 1;\n' >"$BATS_TEST_TMPDIR/slow/1_slow.sql"
    PROJECT=$BATS_TEST_TMPDIR/slow
    VIA=$DATABASE_URL
    MIGRATE_FAULT=tx-before:1 MIGRATE_FAULT_DO="kill -STOP \$(psql -XAtqc \"SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'migrate/%'\" | tee '$BATS_TEST_TMPDIR/pid')" \
        run via_proxy --reconnect 1s
    frozen=$(cat "$BATS_TEST_TMPDIR/pid")
    kill -CONT "$frozen"
    [ "$status" -eq 3 ] || { echo "$status: $output"; false; }
    [[ "$output" == *"pid $frozen, does not end"* ]] || { echo "$output"; false; }
    up --run-lock-wait 20s
    [ "$(pg_sql "SELECT count(*) FROM t")" = 1 ]
}

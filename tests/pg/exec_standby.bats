#!/usr/bin/env bats
# A standby can be asked, but not changed.

load lib

setup_file() {
    pg_start
    export STANDBY_URL="postgresql://postgres@/postgres?host=$PG_DIR&port=5433"
    mkdir -p "$BATS_FILE_TMPDIR/project"
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n' >"$BATS_FILE_TMPDIR/project/1_a.sql"
    migrate up --quiet --dir "$BATS_FILE_TMPDIR/project"
    printf -- '-- migrate:up\nCREATE TABLE b (id int);\n' >"$BATS_FILE_TMPDIR/project/2_b.sql"
    as_pg "$PG_BIN/pg_basebackup" -h "$PG_DIR" -U postgres -D "$PG_DIR/standby" -R -c fast -X stream
    as_pg "$PG_BIN/pg_ctl" start -D "$PG_DIR/standby" -w -t 60 -s -o "-p 5433" -l "$PG_DIR/standby.log" 3>&- </dev/null
}
teardown_file() {
    as_pg "$PG_BIN/pg_ctl" stop -D "$PG_DIR/standby" -m immediate -w -s || true
    pg_stop
}

@test "status works on a standby" {
    run migrate status --url "$STANDBY_URL" --dir "$BATS_FILE_TMPDIR/project"
    [ "$status" -eq 0 ]
    [[ "$output" == *"applied"* && "$output" == *"pending"* ]]
}

@test "a standby whose replay is paused: what writes much is warned, by the bytes that it is behind" {
    local standby=(psql -XAtq -h "$PG_DIR" -p 5433 -d postgres)
    mkdir "$BATS_TEST_TMPDIR/project"
    cd "$BATS_TEST_TMPDIR"
    printf 'throttle:\n  max_lag_bytes: 1000000\n' >migrate.yaml
    cp "$BATS_FILE_TMPDIR/project/1_a.sql" "$BATS_TEST_TMPDIR/project/1_a.sql"
    printf -- '-- migrate:up\nALTER TABLE a ADD COLUMN note text;\n' >"$BATS_TEST_TMPDIR/project/3_c.sql"
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY a_id ON a (id);\n' >"$BATS_TEST_TMPDIR/project/4_d.sql"
    "${standby[@]}" -c "SELECT pg_wal_replay_pause()"
    until_true eval '[ "$("${standby[@]}" -c "SELECT pg_get_wal_replay_pause_state()")" = paused ]'
    pg_sql "CREATE TABLE bulk AS SELECT g, repeat('x', 500) FROM generate_series(1, 6000) g" "SELECT pg_switch_wal()" >/dev/null
    until_true eval '[ "$(pg_sql "SELECT pg_wal_lsn_diff(sent_lsn, replay_lsn) > 2000000 FROM pg_stat_replication")" = t ]'
    # What writes little is not warned.
    run migrate up 1 --preflight-only --dir project --allow-out-of-order --gate off
    [ "$status" -eq 0 ]
    [[ "$output" != *"behind"* ]] || { echo "$output"; false; }
    run migrate up --preflight-only --dir project --allow-out-of-order --gate off
    [ "$status" -eq 0 ]
    [[ "$output" == *"standby walreceiver is "*" MB behind"*"wait until it has caught up"* ]] || { echo "$output"; false; }
    "${standby[@]}" -c "SELECT pg_wal_replay_resume()"
    until_true eval '[ "$(pg_sql "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) < 1000 FROM pg_stat_replication")" = t ]'
    run migrate up --preflight-only --dir project --allow-out-of-order --gate off
    [[ "$output" != *"behind"* ]] || { echo "$output"; false; }
}

@test "up on a standby is refused before anything, with the way out" {
    run migrate up --url "$STANDBY_URL" --dir "$BATS_FILE_TMPDIR/project"
    [ "$status" -eq 3 ]
    [[ "$output" == *"standby"* && "$output" == *"target_session_attrs=read-write"* ]]
}

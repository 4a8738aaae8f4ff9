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

@test "up on a standby is refused before anything, with the way out" {
    run migrate up --url "$STANDBY_URL" --dir "$BATS_FILE_TMPDIR/project"
    [ "$status" -eq 3 ]
    [[ "$output" == *"standby"* && "$output" == *"target_session_attrs=read-write"* ]]
}

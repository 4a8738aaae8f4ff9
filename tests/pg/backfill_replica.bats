#!/usr/bin/env bats
# A backfill waits for its replicas: their replay is paused for real.

load lib

setup_file() {
    pg_start
    as_pg "$PG_BIN/pg_basebackup" -h "$PG_DIR" -U postgres -D "$PG_DIR/standby" -R -c fast -X stream
    as_pg "$PG_BIN/pg_ctl" start -D "$PG_DIR/standby" -w -t 60 -s -o "-p 5433" -l "$PG_DIR/standby.log" 3>&- </dev/null
    export STANDBY_URL="postgresql://postgres@/postgres?host=$PG_DIR&port=5433"
}
teardown_file() {
    as_pg "$PG_BIN/pg_ctl" stop -D "$PG_DIR/standby" -m immediate -w -s || true
    pg_stop
}

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "backfill_replica_$BATS_TEST_NUMBER"
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, pad text)" "INSERT INTO t SELECT g, 0, repeat('x', 200) FROM generate_series(1, 20000) g" "ANALYZE t"
    printf -- '-- migrate:up\n-- migrate:backfill batch=200 rate=4000/s\nUPDATE t SET n = n + 1;\n' >"$PROJECT/1_a.sql"
    printf 'throttle:\n  max_lag_bytes: 300000\n' >"$BATS_TEST_TMPDIR/migrate.yaml"
}

standby() {
    psql -XAtq "$STANDBY_URL" -c "$1"
}

@test "replay paused: it stands still, says so, and goes on when the replica has caught up" {
    standby "SELECT pg_wal_replay_pause()"
    migrate up --gate off --dir "$PROJECT" --config "$BATS_TEST_TMPDIR/migrate.yaml" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local run=$! batches
    until_true eval '[[ "$(pg_sql "SELECT reason FROM migrate.backfills")" == "a replica is behind: "*"MiB" ]]'
    batches=$(pg_sql "SELECT batches FROM migrate.backfills")
    until_true eval '[ "$(pg_sql "SELECT clock_timestamp() - started_at > '"'6 s'"' FROM migrate.backfills")" = t ]'
    [ "$(pg_sql "SELECT batches FROM migrate.backfills")" = "$batches" ]
    [[ "$(migrate backfill list)" == *"waiting"*"a replica is behind"* ]]
    standby "SELECT pg_wal_replay_resume()"
    UNTIL_S=60 until_true eval '[ "$(pg_sql "SELECT finished FROM migrate.backfills")" = t ]'
    wait "$run"
    grep -q "a replica is behind" "$BATS_TEST_TMPDIR/out"
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|20000" ]
}

@test "a role that may not see the lag is blind, and stands still until it may" {
    pg_sql "CREATE ROLE clerk LOGIN" "ALTER TABLE t OWNER TO clerk" "GRANT CREATE ON DATABASE \"$PGDATABASE\" TO clerk" "GRANT ALL ON SCHEMA public TO clerk"
    migrate up --gate off --dir "$PROJECT" --config "$BATS_TEST_TMPDIR/migrate.yaml" --url "postgresql://clerk@/$PGDATABASE?host=$PG_DIR&port=5432" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local run=$!
    until_true eval '[[ "$(pg_sql "SELECT reason FROM migrate.backfills")" == *"hidden from this role (GRANT pg_monitor"* ]]'
    [ "$(pg_sql "SELECT batches FROM migrate.backfills")" = 0 ]
    pg_sql "GRANT pg_monitor TO clerk"
    UNTIL_S=60 until_true eval '[ "$(pg_sql "SELECT finished FROM migrate.backfills")" = t ]'
    wait "$run"
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|20000" ]
}

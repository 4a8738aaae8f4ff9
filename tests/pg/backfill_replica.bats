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

@test "the plan shows how far replicas are behind, what slots hold back and what is free; list shows the lag" {
    pg_sql "ALTER SYSTEM SET max_slot_wal_keep_size = '1GB'" "SELECT pg_reload_conf()" "SELECT pg_create_physical_replication_slot('held', true)"
    standby "SELECT pg_wal_replay_pause()"
    pg_sql "CREATE TABLE more AS SELECT repeat('x', 100) FROM generate_series(1, 20000)"
    run migrate plan --gate off --dir "$PROJECT"
    [[ "$output" == *"replicas: 1, the slowest "*" MB behind"* && "$output" == *"replication slots: 1, held holds back "*" MB of WAL, and is lost beyond 1.0 GB"$'\n'* && "$output" == *"disk: "*" free"* ]] || { echo "$output"; false; }
    migrate plan --gate off --dir "$PROJECT" --json | jq -e '.migrations[0].steps[0] | .replicas == 1 and .lag_bytes > 1000000 and .slot == "held" and .slot_bytes > 1000000 and .slot_limit_bytes == 1073741824 and .disk_free_bytes > 0 and .grows_bytes > 4000000'
    # Of the standby nothing is known, and that is no error.
    DATABASE_URL="postgresql://postgres@/postgres?host=$PG_DIR&port=5433" migrate backfill list
    migrate up --gate off --dir "$PROJECT" --config "$BATS_TEST_TMPDIR/migrate.yaml" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local run=$!
    until_true eval 'migrate backfill list --json | jq -e ".backfills[0].lag_bytes > 300000"'
    [[ "$(migrate status --dir "$PROJECT")" == *"the slowest replica "*" behind"* ]]
    standby "SELECT pg_wal_replay_resume()"
    pg_sql "SELECT pg_drop_replication_slot('held')" "ALTER SYSTEM RESET max_slot_wal_keep_size" "SELECT pg_reload_conf()"
    UNTIL_S=60 until_true eval '[ "$(pg_sql "SELECT finished FROM migrate.backfills")" = t ]'
    wait "$run"
}

@test "a replica that is slow, not dead: the backfill goes at its pace, and is never far ahead of it" {
    # Each commit is replayed half a second late: to stay within the limit, so much WAL and no more may be written in that time.
    as_pg sh -c "echo \"recovery_min_apply_delay = '500ms'\" >>'$PG_DIR/standby/postgresql.conf'"
    standby "SELECT pg_reload_conf()"
    printf 'throttle:\n  max_lag_bytes: 1000000\n' >"$BATS_TEST_TMPDIR/migrate.yaml"
    printf -- '-- migrate:up\n-- migrate:backfill batch=200 rate=8000/s\nUPDATE t SET n = n + 1;\n' >"$PROJECT/1_a.sql"
    migrate up --gate off --dir "$PROJECT" --config "$BATS_TEST_TMPDIR/migrate.yaml" --json >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local run=$!
    UNTIL_S=120 until_true eval '[ "$(pg_sql "SELECT finished FROM migrate.backfills")" = t ]'
    wait "$run"
    as_pg sh -c "echo 'recovery_min_apply_delay = 0' >>'$PG_DIR/standby/postgresql.conf'"
    standby "SELECT pg_reload_conf()"
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|20000" ]
    jq -se 'map(select(.event == "progress" and (.detail // "" | startswith("a replica is behind")))) | length > 0' "$BATS_TEST_TMPDIR/out"
    [ "$(jq -s 'map(select(.event == "progress") | .lag_bytes // 0) | max < 6000000' "$BATS_TEST_TMPDIR/out")" = true ]
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

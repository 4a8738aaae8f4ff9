#!/usr/bin/env bats
# Looking at backfills and controlling them from another process; what slows them down; rows that fail.

load lib

# Nobody writes but who is told to.
setup_file() { pg_start autovacuum=off; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "backfill_control_$BATS_TEST_NUMBER"
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, d int NOT NULL DEFAULT 1)" "INSERT INTO t SELECT generate_series(1, 3000)" "ANALYZE t"
}

up() {
    migrate up --gate off --dir "$PROJECT" "$@"
}

backfill() { # OPTIONS STATEMENT
    printf -- '-- migrate:up\n-- migrate:backfill %s\n%s;\n' "$1" "$2" >"$PROJECT/1_a.sql"
}

config() { # LINES
    printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/migrate.yaml"
    export MIGRATE_CONFIG="$BATS_TEST_TMPDIR/migrate.yaml"
}

begun() {
    up >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    RUN=$!
    until_true eval '[ "$(pg_sql "SELECT batches FROM migrate.backfills")" -ge 2 ]'
}

state() {
    migrate backfill list --json "$@" | jq -r '.backfills[0].state'
}

@test "list, pause, resume, tune" {
    run migrate backfill list
    [ "$status" -eq 0 ]
    [ "$output" = "no backfills" ]
    run migrate backfill pause
    [ "$status" -eq 2 ]
    backfill "batch=50 rate=1000/s" "UPDATE t SET n = n + 1"
    begun
    [ "$(state)" = running ]
    run migrate backfill list
    [[ "$output" == *"running  1 a step 1: public.t by id"* && "$output" == *"batches of 50"* && "$output" == *"left"* ]] || { echo "$output"; false; }
    migrate backfill pause 1
    until_true eval '[ "$(state)" = paused ]'
    migrate backfill tune 1 --rate 0 --batch 700
    migrate backfill resume 1
    wait "$RUN"
    [ "$(state --all)" = done ]
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|3000" ]
    [ "$(pg_sql "SELECT batches < 40 FROM migrate.backfills")" = t ]
    run migrate backfill tune 1
    [ "$status" -eq 2 ]
    run migrate backfill lst
    [ "$status" -eq 2 ]
    [[ "$output" == *"did you mean list"* ]]
}

@test "status and list tell from any other terminal how far it is, how fast, and how long it takes" {
    backfill "batch=50 rate=500/s" "UPDATE t SET n = n + 1"
    begun
    # Of late: as the clock sees it, with the pauses that keep the rate.
    until_true eval '[ "$(migrate backfill list --json | jq ".backfills[0] | .rate > 300 and .rate < 600 and .percent > 10")" = true ]'
    migrate backfill list --json | jq -e '.backfills[0] | (.left + .keys - 3000 | fabs) < 400 and (.left_ms - .left / .rate * 1000 | fabs) < 1000' || { migrate backfill list --json; false; }
    run migrate status --dir "$PROJECT"
    [[ "$output" == *"partial"*"backfill running, step 1: public.t by id"*"[#"*"] "*" %, "*"rows changed"*"rows/s in batches of 50, about "*" left"*"behind "* ]] || { echo "$output"; false; }
    migrate status --json --dir "$PROJECT" | jq -e '.migrations[0].backfills[0] | .state == "running" and .batch_rows == 50 and .percent > 10 and .left_ms > 0'
    migrate backfill tune --rate 0 --batch 0
    wait "$RUN"
    [ "$(migrate status --json --dir "$PROJECT" | jq '.migrations[0] | has("backfills")')" = false ]
}

@test "keys that cannot be counted: how far it is by the server's histogram" {
    pg_sql "CREATE TABLE u (id uuid PRIMARY KEY, n int NOT NULL DEFAULT 0, d int NOT NULL DEFAULT 1)" "INSERT INTO u (id) SELECT md5(g::text)::uuid FROM generate_series(1, 4000) g" "ANALYZE u" \
        "CREATE TABLE x (a text COLLATE \"C\", b int, n int NOT NULL DEFAULT 0, d int NOT NULL DEFAULT 1, PRIMARY KEY (a, b))" "INSERT INTO x (a, b) SELECT md5(g::text), g FROM generate_series(1, 4000) g" "ANALYZE x"
    local table
    for table in u x; do
        backfill "batch=100" "UPDATE $table SET n = n / d"
        pg_sql "DROP SCHEMA IF EXISTS migrate CASCADE" "UPDATE $table SET d = 0 WHERE ctid = (SELECT ctid FROM (SELECT ctid, $table.* FROM $table ORDER BY 2, 3 OFFSET 2000 LIMIT 1) a)"
        ! up || false
        [ "$(pg_sql "SELECT keys FROM migrate.backfills")" = 2000 ]
        # What history counted is of no use: the place of the cursor tells.
        pg_sql "UPDATE migrate.backfills SET keys = 1, pass = 2"
        migrate backfill list --json | jq -e '.backfills[0] | .state == "stopped" and .percent > 46 and .percent < 54 and .left > 1800 and .left < 2200 and .left_ms == null' || { migrate backfill list --json; false; }
    done
}

@test "abort ends the run; a stopped one has nothing to abort; up goes on" {
    backfill "batch=50 rate=1000/s" "UPDATE t SET n = n + 1"
    begun
    migrate backfill abort
    local status=0
    wait "$RUN" || status=$?
    [ "$status" -eq 7 ]
    [ "$(state)" = stopped ]
    run migrate backfill abort 1
    [ "$status" -eq 2 ]
    [[ "$output" == *"nothing to abort"* ]]
    migrate backfill tune --rate 0 --batch 0
    up
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|3000" ]
}

@test "bad rows are set aside with key, SQLSTATE and message, as many as are allowed" {
    pg_sql "UPDATE t SET d = 0 WHERE id IN (7, 1234, 1235, 3000)"
    backfill "batch=400 max_bad_rows=3" "UPDATE t SET n = n + 1 / d"
    run up
    [ "$status" -eq 7 ]
    [[ "$output" == *"division by zero"* && "$output" == *"id = 3000"* && "$output" == *"max_bad_rows"* ]] || { echo "$output"; false; }
    [ "$(pg_sql "SELECT key, sqlstate, message, relation, key_columns FROM migrate.bad_rows ORDER BY key[1]::int")" = "{7}|22012|division by zero|public.t|{id}
{1234}|22012|division by zero|public.t|{id}
{1235}|22012|division by zero|public.t|{id}" ]
    [ "$(pg_sql "SELECT count(*) FROM t WHERE n = 1")" = 2996 ]
    migrate backfill tune --max-bad-rows 4
    up
    [ "$(pg_sql "SELECT count(*) FROM t WHERE n = 1")$(pg_sql "SELECT bad_rows, rows, finished FROM migrate.backfills")" = "29964|2996|t" ]
}

@test "a further pass meets a bad row again: it counts once" {
    pg_sql "UPDATE t SET d = 0 WHERE id = 7" "ALTER TABLE t ADD COLUMN b int"
    backfill "batch=400 max_bad_rows=1" "UPDATE t SET b = 1 / d WHERE b IS NULL"
    up
    [ "$(pg_sql "SELECT bad_rows, pass, rows FROM migrate.backfills")" = "1|2|2999" ]
}

@test "a bad row among few is named" {
    pg_sql "UPDATE t SET d = 0 WHERE id = 3"
    backfill "batch=1" "UPDATE t SET n = n + 1 / d"
    run up
    [ "$status" -eq 7 ]
    [[ "$output" == *"the row with id = 3"* ]]
    [ "$(pg_sql "SELECT count(*) FROM t WHERE n = 1")" = 2 ]
}

@test "a violated constraint is a bad row, too; a composite key is told whole" {
    pg_sql "CREATE TABLE c (a text, b int, v int CHECK (v <> 77), PRIMARY KEY (b, a))" "INSERT INTO c SELECT 'k ' || g, g, CASE WHEN g = 77 THEN 1 ELSE g END FROM generate_series(1, 500) g"
    backfill "" "UPDATE c SET v = v + 1"
    run up
    [ "$status" -ne 0 ]
    [[ "$output" == *"the row with b = 76, a = k 76"* ]] || { echo "$output"; false; }
}

@test "SQL of one's own makes it stand still, with the reason in history and on the screen" {
    pg_sql "CREATE TABLE brake (stop float)" "INSERT INTO brake VALUES (0)"
    config "throttle:" "  query: SELECT stop FROM brake"
    backfill "batch=50 rate=1000/s" "UPDATE t SET n = n + 1"
    begun
    pg_sql "UPDATE brake SET stop = 1.5"
    until_true eval '[ "$(pg_sql "SELECT reason FROM migrate.backfills")" = "throttle.query says 1.5" ]'
    [ "$(state)" = waiting ]
    run migrate backfill list
    [[ "$output" == *"waiting  1 a step 1"*"throttle.query says 1.5"* ]]
    run migrate status --dir "$PROJECT"
    [[ "$output" == *"backfill waiting"*"    throttle.query says 1.5"* ]] || { echo "$output"; false; }
    [ "$(migrate status --json --dir "$PROJECT" | jq -c '.migrations[0].backfills[0] | [.reason, .rate == 0, .left_ms]')" = '["throttle.query says 1.5",true,null]' ]
    # What only slows it down is told, too, and does not pass for standing still.
    pg_sql "UPDATE brake SET stop = 0.8"
    until_true eval '[ "$(migrate backfill list --json | jq -c ".backfills[0] | [.state, .reason]")" = "[\"running\",\"throttle.query says 0.8\"]" ]'
    run migrate backfill list
    [[ "$output" == *"slowed down: throttle.query says 0.8"* ]]
    pg_sql "UPDATE brake SET stop = 1.5"
    until_true eval '[ "$(state)" = waiting ]'
    local batches
    batches=$(pg_sql "SELECT batches FROM migrate.backfills")
    until_true eval '[ "$(pg_sql "SELECT updated_at > now() - interval '"'1.5 s'"' AND started_at < now() - interval '"'3 s'"' FROM migrate.backfills")" = t ]'
    [ "$(pg_sql "SELECT batches FROM migrate.backfills")" = "$batches" ]
    pg_sql "UPDATE brake SET stop = 0"
    wait "$RUN"
    grep -q "throttle.query says 1.5" "$BATS_TEST_TMPDIR/out"
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|3000" ]
}

@test "who cannot see does not drive: SQL that fails makes it stand still" {
    config "throttle:" "  query: SELECT stop FROM brake"
    backfill "batch=50" "UPDATE t SET n = n + 1"
    up >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local run=$!
    until_true eval '[[ "$(pg_sql "SELECT reason FROM migrate.backfills")" == *"cannot be read"*"brake"* ]]'
    [ "$(pg_sql "SELECT batches FROM migrate.backfills")" = 0 ]
    pg_sql "CREATE TABLE brake (stop float)" "INSERT INTO brake VALUES (0)"
    wait "$run"
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|3000" ]
}

@test "a replication slot that holds back WAL" {
    config "throttle:" "  max_slot_bytes: 1"
    pg_sql "SELECT pg_create_physical_replication_slot('s', true)"
    pg_sql "CREATE TABLE x AS SELECT generate_series(1, 1000)"
    backfill "batch=50" "UPDATE t SET n = n + 1"
    up >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local run=$!
    until_true eval '[[ "$(pg_sql "SELECT reason FROM migrate.backfills")" == *"replication slot holds WAL"* ]]'
    pg_sql "SELECT pg_drop_replication_slot('s')"
    wait "$run"
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|3000" ]
}

# Rows that take their time, so that it is the time that a batch may take which decides on its rows.
slow_rows() {
    pg_sql "TRUNCATE t" "INSERT INTO t SELECT generate_series(1, 200000)" "CREATE TABLE other (n int)" "ANALYZE t" \
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.0003); RETURN NEW; END'" \
        "CREATE TRIGGER slow BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION slow()"
}

batch_rows() { pg_sql "SELECT batch_rows FROM migrate.backfills"; }

@test "batches are short while somebody else writes, whatever he writes, and only then" {
    slow_rows
    backfill "" "UPDATE t SET n = n + 1"
    "$MIGRATE_BIN" up --gate off --dir "$PROJECT" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local run=$! alone beside
    # Two readings of the throttle, and batches of the size that fits.
    until_true eval '[ "$(pg_sql "SELECT batches >= 12 AND clock_timestamp() - started_at > '"'2500 ms'"' FROM migrate.backfills")" = t ]'
    alone=$(batch_rows)
    printf 'INSERT INTO other VALUES (1) \\watch 0.02\n' | psql -XAtq >"$BATS_TEST_TMPDIR/writer" 2>&1 3>&- &
    local writer=$!
    until_true eval '[ "$(batch_rows)" -lt $((alone / 3)) ]'
    beside=$(batch_rows)
    kill "$writer"
    until_true eval '[ "$(batch_rows)" -gt $((beside * 5 / 2)) ]'
    kill -TERM "$run"
    wait "$run" || true
    echo "$alone rows alone, $beside beside a writer"
}

@test "four workers are nobody else to each other" {
    slow_rows
    backfill "workers=4" "UPDATE t SET n = n + 1"
    "$MIGRATE_BIN" up --gate off --dir "$PROJECT" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local run=$!
    # By the rate that each has, far longer than the 40 ms beside others; at the start nobody is known yet.
    until_true eval '[ "$(pg_sql "SELECT clock_timestamp() - min(started_at) > '"'4 s'"' AND max(batch_rows / rate) > 0.1
        FROM migrate.backfills WHERE rate > 0")" = t ]'
    kill -TERM "$run"
    wait "$run" || true
}

@test "a row that is locked: it gives way before anybody's deadlock check, then goes on" {
    pg_session holder "BEGIN; UPDATE t SET d = d WHERE id = 1500"
    backfill "batch=100" "UPDATE t SET n = n + 1"
    up --json >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local run=$!
    until_true grep -q '55P03' "$BATS_TEST_TMPDIR/out"
    until_true eval '[ "$(migrate backfill list --json | jq -r ".backfills[0] | .state, .reason")" = "waiting
canceling statement due to lock timeout" ]'
    pg_session_end holder
    wait "$run"
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|3000" ]
}

@test "an old snapshot keeps every version of its row of history: batches do not go through them" {
    pg_session old "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM t"
    backfill "batch=1" "UPDATE t SET n = n + 1"
    up
    pg_session_end old
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|3000" ]
    # By its key it would be some hundred thousand entries of the index.
    until_true eval '[ "$(pg_sql "SELECT n_tup_upd >= 3000 FROM pg_stat_user_tables WHERE relname = '"'backfills'"'")" = t ]'
    [ "$(pg_sql "SELECT sum(idx_tup_read) < 20000 FROM pg_stat_user_indexes WHERE relname = 'backfills'")" = t ]
}

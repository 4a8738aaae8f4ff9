#!/usr/bin/env bats
# Whom a step keeps waiting, and whom it may end: the watchdog and --terminate-blockers.

load lib
load lock_lib

setup_file() { pg_start autovacuum_naptime=1s autovacuum_vacuum_cost_delay=100ms autovacuum_vacuum_cost_limit=1; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    OUT=$BATS_TEST_TMPDIR/out
    mkdir -p "$PROJECT"
    pg_fresh_db "exec_watchdog_$BATS_TEST_NUMBER"
    pg_sql "CREATE TABLE t (id int)"
}

waiting() { # so many of others wait for a lock
    [ "$(pg_sql "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '$1' AND wait_event_type = 'Lock'")" -ge "$2" ]
}

@test "too many sessions behind a lock that is waited for: cancelled, recorded, done later" {
    local n
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_session holder "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE"
    up --ddl-lock-timeout 20s --max-blocked-sessions 2 --max-block 0 >"$OUT" 2>&1 3>&- &
    local pid=$!
    until_true waiting 'migrate/%' 1
    for n in 1 2 3; do
        pg_session_send "reader_$n" "SELECT count(*) FROM t"
    done
    until_true in_output "cancelled for now: 3 sessions wait behind this step"
    until_true eval '! waiting "reader_%" 1'
    pg_session holder "COMMIT"
    wait "$pid"
    [ "$(pg_sql "SELECT kind, version, direction, ordinal, sessions, pid IS NULL FROM migrate.interventions LIMIT 1")" = "cancelled|1|up|1|3|t" ]
    [ "$(pg_sql "SELECT state, attempts > 1 FROM migrate.steps")" = "done|t" ]
}

@test "one session behind a lock that is held, for too long: cancelled, and nothing is kept" {
    printf -- '-- migrate:up transaction:true\nALTER TABLE t ADD COLUMN x int;\nSELECT pg_sleep(8);\n' >"$PROJECT/1_long.sql"
    up --max-block 300ms --lock-budget 700ms --json >"$OUT" 2>&1 3>&- &
    local pid=$!
    until_true eval '[ "$(pg_sql "SELECT count(*) FROM pg_locks WHERE mode = '\''AccessExclusiveLock'\'' AND relation = '\''t'\''::regclass")" = 1 ]'
    [ "$(pg_sql "SET statement_timeout = '4s'" "SELECT count(*) FROM t")" = 0 ]
    pg_session_send reader_1 'SELECT count(*) FROM t \watch 0.05'
    local status=0
    wait "$pid" || status=$?
    cat "$OUT"
    [ "$status" -eq 4 ]
    grep '"event":"watchdog"' "$OUT" | head -n 1 | jq -e '.sessions == 1 and .ms >= 300 and .ms < 3000 and .step == 1'
    grep -q 'for the sake of those behind it' "$OUT"
    [ "$(pg_sql "SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'x'")" = 0 ]
    [ "$(pg_sql "SELECT state, sqlstate FROM migrate.steps")" = "failed|57014" ]
}

@test "a session that waits behind another one that waits behind us counts" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_sql "CREATE TABLE u (id int)"
    pg_session holder "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE"
    pg_session reader_1 "BEGIN; LOCK TABLE u"
    up --ddl-lock-timeout 20s --max-blocked-sessions 1 --max-block 0 >"$OUT" 2>&1 3>&- &
    local pid=$!
    until_true waiting 'migrate/%' 1
    pg_session_send reader_1 "SELECT count(*) FROM t"
    pg_session_send reader_2 "SELECT count(*) FROM u"
    until_true in_output "cancelled for now: 2 sessions"
    pg_session_end reader_1
    pg_session_end holder
    wait "$pid"
}

@test "no second connection: that is said, and the timeouts alone let the others through" {
    pg_sql "CREATE ROLE alone LOGIN CONNECTION LIMIT 1" "GRANT CREATE ON DATABASE $PGDATABASE TO alone" "ALTER TABLE t OWNER TO alone" \
        "GRANT ALL ON SCHEMA public TO alone"
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_session holder "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE"
    run up --url "postgresql://alone@/$PGDATABASE?host=$PGHOST" --lock-budget 700ms
    [ "$status" -eq 4 ]
    [[ "$output" == *"nobody watches for blocked sessions"* ]]
    [[ "$output" == *"too many connections"* ]]
    pg_session_end holder
    up --url "postgresql://alone@/$PGDATABASE?host=$PGHOST"
    pg_sql "DROP OWNED BY alone CASCADE" "DROP ROLE alone"
}

@test "nobody is ended unasked; of the kind that was asked for only" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_session holder "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE"
    run up --lock-budget 700ms
    [ "$status" -eq 4 ]
    [ "$(pg_sql "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'holder'")" = 1 ]
    run up --lock-budget 700ms --terminate-blockers autovacuum
    [ "$status" -eq 4 ]
    pg_session_send holder "SELECT pg_sleep(60)"
    run up --lock-budget 700ms --terminate-blockers idle-in-transaction
    [ "$status" -eq 4 ]
    [ "$(pg_sql "SELECT count(*) FROM migrate.interventions")" = 0 ]
    up --terminate-blockers all
    [ "$(pg_sql "SELECT kind, db_user, application, state, query LIKE '%pg_sleep(60)%' FROM migrate.interventions")" = "terminated|postgres|holder|active|t" ]
}

@test "an idle transaction is ended where that was asked for, and recorded; --redact keeps its statement to itself" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_session holder "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE"
    run up --terminate-blockers idle-in-transaction --redact
    [ "$status" -eq 0 ]
    [[ "$output" == *"ended pid "*"holder, idle in transaction"* ]]
    [[ "$output" != *"LOCK TABLE"* ]]
    [ "$(pg_sql "SELECT kind, application, query IS NULL FROM migrate.interventions")" = "terminated|holder|t" ]
}

@test "a session of somebody else's that we may not end: that is said" {
    pg_sql "CREATE ROLE lowly LOGIN" "GRANT CREATE ON DATABASE $PGDATABASE TO lowly" "ALTER TABLE t OWNER TO lowly" "GRANT ALL ON SCHEMA public TO lowly"
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_session holder "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE; SELECT 1"
    run up --url "postgresql://lowly@/$PGDATABASE?host=$PGHOST" --lock-budget 700ms --terminate-blockers all
    [ "$status" -eq 4 ]
    [[ "$output" == *"could not end pid"* ]]
    pg_session_end holder
    pg_sql "DROP OWNED BY lowly CASCADE" "DROP ROLE lowly"
}

@test "a worker of autovacuum is ended where that was asked for" {
    pg_sql "ALTER TABLE t SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0)" \
        "INSERT INTO t SELECT generate_series(1, 100000)" "DELETE FROM t WHERE id % 2 = 0"
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    UNTIL_S=30 until_true eval '[ "$(pg_sql "SELECT count(*) FROM pg_stat_progress_vacuum WHERE relid = '\''t'\''::regclass")" = 1 ]'
    up --terminate-blockers autovacuum --ddl-lock-timeout 500ms
    [ "$(pg_sql "SELECT DISTINCT kind, state FROM migrate.interventions")" = "terminated|active" ] ||
        [ "$(pg_sql "SELECT DISTINCT kind, state FROM migrate.interventions")" = "terminated|autovacuum worker" ]
}

@test "a history of format 1 is brought up to date" {
    file 1_table 'CREATE TABLE a (id int);'
    up
    pg_sql "DROP TABLE migrate.interventions" "COMMENT ON TABLE migrate.migrations IS 'migrate history, format 1'"
    file 2_table 'CREATE TABLE b (id int);'
    migrate status --dir "$PROJECT"
    up
    [ "$(pg_sql "SELECT pg_catalog.obj_description('migrate.migrations'::regclass), to_regclass('migrate.interventions') IS NOT NULL")" = "migrate history, format 5|t" ]
}

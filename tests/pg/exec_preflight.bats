#!/usr/bin/env bats
# Before the first change: rights, who is in the way, room; and the hours for changes.

load lib

setup_file() {
    pg_start max_prepared_transactions=4 autovacuum_freeze_max_age=100000 autovacuum_naptime=1s autovacuum_vacuum_cost_delay=100ms autovacuum_vacuum_cost_limit=1 autovacuum=off
}
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "exec_preflight_$BATS_TEST_NUMBER"
    pg_sql "CREATE TABLE t (id int)"
}
teardown() { pg_session_end holder; }

file() { # NAME SQL
    printf -- '-- migrate:up\n%s\n' "$2" >"$PROJECT/$1.sql"
}

up() {
    timeout 20 "$MIGRATE_BIN" up --gate off --dir "$PROJECT" "$@"
}

nothing_changed() {
    [ -z "$(pg_sql "SELECT to_regnamespace('migrate')")" ]
}

@test "nothing in the way: that is said, and nothing is changed" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    run up --preflight-only
    [ "$status" -eq 0 ]
    [ "$output" = "nothing stops it" ]
    nothing_changed
    up
}

@test "rights are missing: each is named with the way out, before the first change" {
    pg_sql "CREATE ROLE lowly LOGIN" "GRANT CREATE ON DATABASE $PGDATABASE TO lowly" "CREATE TABLE own (id int)" "ALTER TABLE own OWNER TO lowly" \
        "CREATE SCHEMA closed"
    file 1_first 'CREATE TABLE mine (id int);'
    file 2_column 'ALTER TABLE t ADD COLUMN x int; ALTER TABLE own ADD COLUMN x int; CREATE INDEX CONCURRENTLY i ON t (id);'
    file 3_rows 'UPDATE t SET id = 1;'
    file 4_table 'CREATE TABLE closed.a (id int);'
    run up --url "postgresql://lowly@/$PGDATABASE?host=$PGHOST"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *"public.t is not ours: its owner is postgres, we are lowly"* ]]
    [[ "$output" == *"way out: connect as postgres"* ]]
    [[ "$output" == *"lowly lacks UPDATE on public.t"* ]]
    [[ "$output" == *"lowly lacks CREATE on schema closed"* ]]
    [[ "$output" != *"public.own"* ]]
    [ -z "$(pg_sql "SELECT to_regclass('mine')")" ]
    nothing_changed
    run up --url "postgresql://lowly@/$PGDATABASE?host=$PGHOST" --preflight-only --json
    [ "$status" -eq 1 ]
    echo "$output" | grep '"event":"preflight"' | jq -es 'map(select(.check == "rights" and .level == "stop")) | length >= 3'
    pg_sql "DROP OWNED BY lowly CASCADE" "DROP ROLE lowly"
}

@test "an old transaction with a lock that a step wants: refused, named, and tried all the same when asked" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_session holder "BEGIN; SELECT count(*) FROM t"
    run up --max-xact-age 1ms
    echo "$output"
    [ "$status" -eq 4 ]
    [[ "$output" == *"holder"*"idle in transaction"*"with a lock on public.t"* ]]
    [[ "$output" == *"way out: let it end, or end it"* ]]
    nothing_changed
    run up --max-xact-age 1ms --redact
    [[ "$output" != *"SELECT count"* ]]
    run up --max-xact-age 0 --lock-budget 300ms
    [ "$status" -eq 4 ]
    [[ "$output" == *"gave way"* ]]
    up --max-xact-age 1ms --terminate-blockers idle-in-transaction
}

@test "an old transaction elsewhere is only told of, and only where a step waits for it" {
    pg_sql "CREATE TABLE u (id int)"
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_session holder "BEGIN; INSERT INTO u VALUES (1)"
    run up --max-xact-age 1ms
    [ "$status" -eq 0 ]
    [[ "$output" != *"preflight"* ]]
    file 2_index 'CREATE INDEX CONCURRENTLY i ON t (id);'
    run up --max-xact-age 1ms --preflight-only
    [ "$status" -eq 0 ]
    [[ "$output" == *"preflight: warning: pid"*"what runs CONCURRENTLY waits until it ends"* ]]
}

@test "a prepared transaction in the way: refused with its name" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_sql "BEGIN" "LOCK TABLE t IN ACCESS SHARE MODE" "PREPARE TRANSACTION 'forgotten'"
    run up --max-xact-age 1ms
    pg_sql "ROLLBACK PREPARED 'forgotten'"
    echo "$output"
    [ "$status" -eq 4 ]
    [[ "$output" == *"'forgotten'"*"with a lock on public.t"* ]]
    nothing_changed
}

@test "an invalid index on a table of the steps: a warning" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_sql "INSERT INTO t VALUES (1), (1)"
    pg_sql "CREATE UNIQUE INDEX CONCURRENTLY broken ON t (id)" || true
    run up
    [ "$status" -eq 0 ]
    [[ "$output" == *"index public.broken on public.t is not valid"*"REINDEX INDEX CONCURRENTLY public.broken"* ]]
}

@test "another migration tool at work: exit 6" {
    local key
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    for key in "goose:4097083626" "flyway:77433833903597" "rails:2053462845 * $(python3 -c "import zlib; print(zlib.crc32(b'$PGDATABASE'))")" \
        "golang-migrate:$(python3 -c "import zlib; print(zlib.crc32(b'public\0schema_migrations\0$PGDATABASE') * 1486364155 % 2**32)")"; do
        pg_session holder "SELECT pg_advisory_lock((${key#*:})::int8)"
        run up
        echo "$key: $output"
        [ "$status" -eq 6 ]
        [[ "$output" == *"${key%%:*} holds its lock: pid "*"holder"* ]]
        pg_session_end holder
    done
    pg_sql "CREATE TABLE databasechangeloglock (id int, locked boolean, lockgranted timestamp, lockedby text)" \
        "INSERT INTO databasechangeloglock VALUES (1, true, now(), 'ci (10.0.0.7)')"
    run up
    [ "$status" -eq 6 ]
    [[ "$output" == *"liquibase holds its lock: ci (10.0.0.7)"* ]]
    nothing_changed
}

@test "an unused replication slot matters to what writes much" {
    file 1_index 'CREATE INDEX i ON t (id);'
    pg_sql "SELECT pg_create_physical_replication_slot('left_behind', true)" >/dev/null
    run up
    pg_sql "SELECT pg_drop_replication_slot('left_behind')"
    [ "$status" -eq 0 ]
    [[ "$output" == *"replication slot left_behind is used by nobody"* ]]
}

@test "a vacuum against wraparound on a table of the steps: refused" {
    pg_sql "INSERT INTO t SELECT generate_series(1, 300000)" "CREATE TABLE burn (id int)"
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_sql "DO \$\$ BEGIN FOR i IN 1..105000 LOOP BEGIN INSERT INTO burn VALUES (i); EXCEPTION WHEN division_by_zero THEN NULL; END; END LOOP; END \$\$"
    # What a worker of autovacuum would do, at its pace.
    pg_session_send holder "SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1; VACUUM (FREEZE) t"
    until_true eval '[ "$(pg_sql "SELECT count(*) FROM pg_stat_progress_vacuum")" = 1 ]'
    run up
    pg_session_end holder
    pg_sql "SELECT pg_cancel_backend(pid) FROM pg_stat_progress_vacuum" >/dev/null
    echo "$output"
    [ "$status" -eq 4 ]
    [[ "$output" == *"public.t is being vacuumed against wraparound"* ]]
}

@test "what cannot be told is said to be so, and stops nothing" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    pg_sql "REVOKE SELECT ON pg_catalog.pg_prepared_xacts FROM PUBLIC" "CREATE ROLE lowly LOGIN" "ALTER TABLE t OWNER TO lowly" \
        "GRANT CREATE ON DATABASE $PGDATABASE TO lowly" "GRANT ALL ON SCHEMA public TO lowly"
    run up --url "postgresql://lowly@/$PGDATABASE?host=$PGHOST"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"preflight: note: could not be told: permission denied for view pg_prepared_xacts"* ]]
    pg_sql "DROP OWNED BY lowly CASCADE" "DROP ROLE lowly"
}

# ---- the window ----

hours() { # FROM TO, as the server's clock in Kiritimati is, plus so many minutes
    pg_sql "SELECT to_char(now() AT TIME ZONE 'Pacific/Kiritimati' + '$1 min', 'HH24:MI') || '-' || to_char(now() AT TIME ZONE 'Pacific/Kiritimati' + '$2 min', 'HH24:MI') || '@Pacific/Kiritimati'"
}

@test "in the window; outside it: refused before the first change" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    run up --window "$(hours 60 120)"
    echo "$output"
    [ "$status" -eq 4 ]
    [[ "$output" == *"it opens in "* ]]
    nothing_changed
    up --window "$(hours -2 120)"
    file 2_column 'ALTER TABLE t ADD COLUMN y int;'
    up --window "$(hours -90 90)"
}

@test "a window that is not one, and a zone that the server does not know" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    local text
    for text in 2-4 02:00 02:60-04:00 25:00-26:00 '02:00-04:00@'; do
        run up --window "$text"
        [ "$status" -eq 2 ]
        [[ "$output" == *"02:00-04:30@Europe/Berlin"* ]]
    done
    for text in 02:00-04:00@+05:30 02:00-04:00@UTC+2 02:00-04:00@gmt-3; do
        run up --window "$text"
        [ "$status" -eq 2 ]
        [[ "$output" == *"to the west"*"Asia/Kolkata"* ]]
    done
    run up --window 02:00-04:00@Middle/Earth
    [ "$status" -eq 2 ]
    [[ "$output" == *'does not know the time zone "Middle/Earth"'* ]]
    nothing_changed
}

@test "outside it, told to wait: it waits, and says for what" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    up --window "$(hours 60 120)" --outside-window wait >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$!
    until_true grep -q "waiting for the window: it opens in" "$BATS_TEST_TMPDIR/out"
    kill "$pid"
    local status=0
    wait "$pid" || status=$?
    [ "$status" -eq 143 ]
    nothing_changed
}

soon() { # HOURS SECONDS-OF-TODAY: they, in a zone where it is that time now
    pg_sql "SELECT '$1@X' || CASE WHEN s < 0 THEN '-' ELSE '' END || to_char(abs(s) * interval '1 s', 'HH24:MI:SS')
            FROM (SELECT extract(epoch FROM (now() AT TIME ZONE 'UTC')::time)::int - $2 AS s) q"
}

@test "who waits for the window lets others run, and then does what is left" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    file 2_column 'ALTER TABLE t ADD COLUMN y int;'
    # It is 11:59:54 there: time for another run to come first.
    up --window "$(soon 12:00-13:00 $((12 * 3600 - 6)))" --outside-window wait >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$!
    until_true grep -q "meanwhile others may run" "$BATS_TEST_TMPDIR/out"
    up 1 --run-lock-wait 0
    [ "$(pg_sql "SELECT string_agg(version, ' ') FROM migrate.migrations")" = 1 ]
    wait "$pid" || { cat "$BATS_TEST_TMPDIR/out"; false; }
    grep -q "^applied 1 of 2 migrations\|^2 column" "$BATS_TEST_TMPDIR/out" || { cat "$BATS_TEST_TMPDIR/out"; false; }
    [ "$(pg_sql "SELECT version, state FROM migrate.migrations ORDER BY 1" | paste -sd' ')" = "1|applied 2|applied" ]
}

@test "two that wait for the window: one works, the other finds nothing to do" {
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    local window a b
    window=$(soon 12:00-13:00 $((12 * 3600 - 4)))
    up --window "$window" --outside-window wait >"$BATS_TEST_TMPDIR/a" 2>&1 3>&- &
    a=$!
    up --window "$window" --outside-window wait >"$BATS_TEST_TMPDIR/b" 2>&1 3>&- &
    b=$!
    wait "$a" || { cat "$BATS_TEST_TMPDIR/a"; false; }
    wait "$b" || { cat "$BATS_TEST_TMPDIR/b"; false; }
    [ "$(pg_sql "SELECT count(*) FROM migrate.steps WHERE state = 'done'")" = 1 ]
    [ "$(grep -h "^applied\|^nothing" "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b" | sed 's/ in .*//' | sort | paste -sd+)" = "applied 1 migration+nothing to do: another run did it" ]
}

@test "a window that closes during a backfill: another run may finish it" {
    pg_sql "INSERT INTO t SELECT g FROM generate_series(1, 3000) g" "ALTER TABLE t ADD PRIMARY KEY (id), ADD COLUMN filled int"
    printf -- '-- migrate:up\n-- migrate:backfill batch=100 rate=200/s\nUPDATE t SET filled = 1 WHERE filled IS NULL;\n-- migrate:down\n' >"$PROJECT/1_fill.sql"
    up --window "$(soon 11:00-12:00 $((12 * 3600 - 5)))" --outside-window wait >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$!
    UNTIL_S=40 until_true grep -q "meanwhile others may run" "$BATS_TEST_TMPDIR/out" || { cat "$BATS_TEST_TMPDIR/out"; false; }
    [ "$(pg_sql "SELECT count(*) > 0 AND count(*) < 3000 FROM t WHERE filled = 1")" = t ]
    [ "$(pg_sql "SELECT state FROM migrate.migrations")" != applied ]
    migrate backfill tune 1 --rate 100000
    up --run-lock-wait 0
    [ "$(pg_sql "SELECT count(*) FROM t WHERE filled = 1")" = "$(pg_sql "SELECT count(*) FROM t")" ]
    kill "$pid"
    wait "$pid" || true
    [ "$(pg_sql "SELECT state FROM migrate.migrations")" = applied ]
}

@test "a step that does not fit what is left is not begun" {
    pg_sql "UPDATE pg_class SET reltuples = 4e9, relpages = 40000000 WHERE relname = 't'"
    file 1_column 'ALTER TABLE t ADD COLUMN x int;'
    file 2_check 'ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0);'
    run up --window "$(hours -60 2)"
    echo "$output"
    [ "$status" -eq 4 ]
    [[ "$output" == *"the step takes about "* ]]
    [ "$(pg_sql "SELECT string_agg(version, ' ') FROM migrate.migrations")" = 1 ]
}

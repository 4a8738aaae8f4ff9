#!/usr/bin/env bats
# A backfill in the middle of an application that writes all over its table, with autovacuum at work: what has to hold holds at the end, and the
# application never fails because of it.

load lib

setup_file() { pg_start autovacuum_naptime=1s autovacuum_vacuum_threshold=50 autovacuum_vacuum_scale_factor=0 log_lock_waits=on; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "backfill_application_$BATS_TEST_NUMBER"
    if ! type -P pgbench >/dev/null; then skip "no pgbench"; fi
}

up() {
    migrate up --gate off --dir "$PROJECT" "$@"
}

backfill() { # OPTIONS STATEMENT
    printf -- '-- migrate:up\n-- migrate:backfill %s\n%s;\n' "$1" "$2" >"$PROJECT/1_a.sql"
}

application() { # SCRIPT: four clients that run it until they are ended; their failures are in app.log
    printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/app.sql"
    pgbench -n -c 4 -T 600 -f "$BATS_TEST_TMPDIR/app.sql" "$DATABASE_URL" >"$BATS_TEST_TMPDIR/app.log" 2>&1 3>&- &
    APP=$!
    until_true eval '[ "$(pg_sql "SELECT count(*) FROM seen")" -gt 0 ]'
}

application_ends() {
    kill "$APP" 2>/dev/null || true
    wait "$APP" || true
    ! grep -E 'ERROR|aborted|failed' "$BATS_TEST_TMPDIR/app.log" || { cat "$BATS_TEST_TMPDIR/app.log"; false; }
}

@test "rows are inserted, changed and deleted everywhere: old and new column agree on every row, and the sums too" {
    pg_sql "CREATE TABLE seen (id bigint GENERATED ALWAYS AS IDENTITY, plus bigint)" \
        "CREATE TABLE t (id bigint PRIMARY KEY, a int NOT NULL, b int, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT g * 2, g, NULL FROM generate_series(1, 20000) g" "ANALYZE t"
    # What the application knows of the new column it writes: between the keys, beyond them, and in the way of the batches.
    backfill "batch=200 rate=6000/s" "UPDATE t SET b = a * 2, n = n + 1 WHERE b IS DISTINCT FROM a * 2"
    application '\set id random(1, 20000)' '\set v random(1, 1000)' 'BEGIN;' \
        'INSERT INTO t VALUES (:id * 2 + 1, :v, :v * 2) ON CONFLICT (id) DO UPDATE SET a = excluded.a, b = excluded.b;' \
        'DELETE FROM t WHERE id = (:id + 7) * 2;' 'UPDATE t SET a = a + 1, b = (a + 1) * 2 WHERE id = (:id + 3000) * 2;' 'INSERT INTO seen (plus) VALUES (:v);' 'COMMIT;'
    up
    pg_sql "SELECT pg_stat_force_next_flush()" >/dev/null 2>&1 || true
    until_true eval '[ "$(pg_sql "SELECT autovacuum_count > 0 FROM pg_stat_user_tables WHERE relname = '"'t'"'")" = t ]'
    application_ends
    [ "$(pg_sql "SELECT count(*) FILTER (WHERE b IS DISTINCT FROM a * 2), sum(b) - 2 * sum(a), max(n) FROM t")" = "0|0|1" ]
    [ "$(pg_sql "SELECT count(*) > 100 FROM seen")" = t ]
    [ "$(pg_sql "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")" = 0 ]
    # The counters of history are the truth: what was changed by it has n = 1, unless the application took it away.
    [ "$(pg_sql "SELECT (SELECT sum(rows) FROM migrate.backfills) >= count(*) FROM t WHERE n = 1")" = t ]
}

@test "transactions that take rows against the order of the keys, and keep them: none of them is ever a deadlock's victim" {
    pg_sql "CREATE TABLE seen (id bigint GENERATED ALWAYS AS IDENTITY)" "CREATE TABLE t (id bigint PRIMARY KEY, a int NOT NULL DEFAULT 0, n int NOT NULL DEFAULT 0)" \
        "INSERT INTO t SELECT generate_series(1, 3000)" "ANALYZE t" "ALTER SYSTEM SET deadlock_timeout = '200ms'" "SELECT pg_reload_conf()"
    backfill "batch=300 rate=3000/s" "UPDATE t SET n = n + 1"
    # A few rows in the middle of each batch, the last first: as long as it holds one, the batch that holds the others waits.
    application '\set b random(0, 9)' 'BEGIN;' 'UPDATE t SET a = a + 1 WHERE id = :b * 300 + 250;' 'SELECT pg_sleep(0.1);' \
        'UPDATE t SET a = a + 1 WHERE id = :b * 300 + 150;' 'UPDATE t SET a = a + 1 WHERE id = :b * 300 + 50;' 'INSERT INTO seen DEFAULT VALUES;' 'COMMIT;'
    UNTIL_S=120 up --json >"$BATS_TEST_TMPDIR/out" || { tail -n 3 "$BATS_TEST_TMPDIR/out"; false; }
    application_ends
    pg_sql "ALTER SYSTEM RESET deadlock_timeout" "SELECT pg_reload_conf()"
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|3000" ]
    [ "$(pg_sql "SELECT sum(a) = 3 * (SELECT count(*) FROM seen) FROM t")" = t ]
}

@test "rows that take long: statement timeouts make the batches smaller until they pass" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT generate_series(1, 400)" "ANALYZE t" \
        "CREATE FUNCTION slow(int) RETURNS int LANGUAGE sql STABLE AS 'SELECT \$1 + 1 FROM pg_sleep(CASE WHEN \$1 = 0 THEN 0.004 END)'"
    printf -- '-- migrate:up\n-- migrate:backfill batch=400\n-- migrate:timeout statement=300ms\nUPDATE t SET n = slow(n);\n' >"$PROJECT/1_a.sql"
    up --json >"$BATS_TEST_TMPDIR/out"
    grep -q '57014' "$BATS_TEST_TMPDIR/out"
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|400" ]
    [ "$(pg_sql "SELECT batches > 4 FROM migrate.backfills")" = t ]
}

@test "somebody waits for a row of a batch: the next one is shorter, though it has kept to its time" {
    # A quarter of the rows takes a millisecond: the first batch, of 500 rows, stays below 250 ms on a machine that is not busy.
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT generate_series(1, 1400)" "ANALYZE t" \
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.id % 4 = 0 THEN PERFORM pg_sleep(0.001); END IF; RETURN NEW; END'" \
        "CREATE TRIGGER slow BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION slow()"
    backfill "" "UPDATE t SET n = n + 1"
    pg_session_send application 'SELECT FROM t WHERE id IN (1, 501, 760) FOR UPDATE \watch 0.01'
    up --json >"$BATS_TEST_TMPDIR/out"
    pg_session_end application
    cat "$BATS_TEST_TMPDIR/out"
    [ "$(pg_sql "SELECT min(n), max(n) FROM t")" = "1|1" ]
    [ "$(pg_sql "SELECT sum(batches) FROM migrate.backfills")" -ge 5 ]
}

#!/usr/bin/env bats
# A key becomes bigint and int again under an application that inserts, updates and deletes all over it and what references it, with kills in each phase.

load lib
load shadow_lib

setup_file() { pg_start autovacuum_naptime=1s; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db shadow_load 2>/dev/null
}

application() { # starts it; APPLICATION is its pid
    cat >"$BATS_TEST_TMPDIR/load.sql" <<'SQL'
\set a random(1, 5000)
\set b random(1, 5000)
\set d random(1, 5000)
\set v random(1, 1000000)
BEGIN;
UPDATE t SET c = :v, other = -:v WHERE id = :a;
INSERT INTO child (t_id) SELECT id FROM t WHERE id = :b FOR KEY SHARE;
INSERT INTO t (c, other) VALUES (:v, -:v);
DELETE FROM t WHERE id = :d;
COMMIT;
SQL
    "$PG_BIN/pgbench" -n -c 3 -R 150 -T 300 -f "$BATS_TEST_TMPDIR/load.sql" --max-tries=20 "$DATABASE_URL" >"$BATS_TEST_TMPDIR/load.out" 2>&1 3>&- &
    APPLICATION=$!
    until_true eval '[ "$(pg_sql "SELECT max(id) > 5020 FROM t")" = t ]'
}

# It wrote to the end, and nothing that it wrote failed.
application_end() {
    kill -0 "$APPLICATION"
    kill -TERM "$APPLICATION" # in the background it does not hear SIGINT
    wait "$APPLICATION" || true
    ! grep -i "aborted in command\|ERROR" "$BATS_TEST_TMPDIR/load.out"
}

wrote_on() { # more rows come
    local seen
    seen=$(pg_sql "SELECT max(c.x) FROM child c")
    until_true eval '[ "$(pg_sql "SELECT max(c.x) > '"$seen"' FROM child c")" = t ]'
}

@test "no write fails, both columns agree on every row, no child is an orphan: up with a kill in each phase, and down" {
    local point n
    pg_sql "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, c int NOT NULL, other int NOT NULL)" "INSERT INTO t (c, other) SELECT g, -g FROM generate_series(1, 5000) g" \
        "CREATE TABLE child (x bigserial PRIMARY KEY, t_id int NOT NULL REFERENCES t ON DELETE CASCADE)" "CREATE INDEX ON child (t_id)" "CREATE VIEW v AS SELECT id FROM t" "ANALYZE"
    application
    shadow "ALTER TABLE t ALTER COLUMN id TYPE bigint" "ALTER TABLE t ALTER COLUMN id TYPE integer"
    for point in shadow-begun shadow-tx shadow-tx-done batch-before batch-after backfill-done shadow-alone shadow-alone shadow-tx-done shadow-swap; do
        MIGRATE_FAULT=$point:1 run "$MIGRATE_FAULTS_BIN" up --dir "$PROJECT"
        [ "$status" -eq 137 ] || { echo "$point: $output"; false; }
        wrote_on
    done
    migrate up --dir "$PROJECT"
    wrote_on
    [ "$(pg_sql "SELECT bool_and(c = -other AND id_migrate_old = id), pg_typeof(max(id)) FROM t")" = "t|bigint" ]
    for point in shadow-begun shadow-tx-done shadow-alone shadow-swap; do
        MIGRATE_FAULT=$point:1 run "$MIGRATE_FAULTS_BIN" down --dir "$PROJECT"
        [ "$status" -eq 137 ] || { echo "$point: $output"; false; }
        wrote_on
    done
    migrate down --dir "$PROJECT"
    wrote_on
    application_end
    [ "$(pg_sql "SELECT bool_and(c = -other), pg_typeof(max(id)) FROM t")" = "t|integer" ]
    [ "$(pg_sql "SELECT count(*) FROM child WHERE NOT EXISTS (SELECT FROM t WHERE t.id = t_id)")" = 0 ]
    [ "$(pg_sql "SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname LIKE '%migrate%'")" = 0 ]
}

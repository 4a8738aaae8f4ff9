#!/usr/bin/env bats
# Shadow changes taken back: before the swap, behind it, and what is left when there is no way back any more.

load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "back_$BATS_TEST_NUMBER"
}

shadow() { # UP DOWN [DIRECTIVE]
    printf -- '-- migrate:up\n-- migrate:shadow%s\n%s;\n-- migrate:down\n-- migrate:shadow\n%s;\n' "${3:+ $3}" "$1" "$2" >"$PROJECT/1_a.sql"
}

schema() {
    "$PG_BIN/pg_dump" --schema-only -n public "$DATABASE_URL" | grep -v -e '^--' -e '^\\' -e '^$' -e '^SET' | sed -e 's/,$//' | sort
}

# A key with all that hangs on keys.
key_table() {
    pg_sql "CREATE TABLE t (id serial PRIMARY KEY, c int NOT NULL CHECK (c > 0), other int, UNIQUE (other, id))" \
        "INSERT INTO t (c, other) SELECT g, g FROM generate_series(1, ${1:-2000}) g" "CREATE TABLE child (x int REFERENCES t)" "INSERT INTO child SELECT g FROM generate_series(1, 100) g" \
        "CREATE VIEW v AS SELECT id, c FROM t" "COMMENT ON COLUMN t.id IS 'key'" "CREATE INDEX t_low ON t (id) WHERE other > 5" "ALTER TABLE t ADD CHECK (id > 0)"
}

@test "down swaps back what the triggers kept: the same schema, the rows of now, no rewrite" {
    local before node
    key_table
    before=$(schema)
    shadow "ALTER TABLE t ALTER COLUMN id TYPE bigint" "ALTER TABLE t ALTER COLUMN id TYPE integer"
    migrate up --dir "$PROJECT"
    node=$(pg_sql "SELECT pg_relation_filenode('t')")
    pg_sql "INSERT INTO t (c, other) VALUES (7, 7)" "DELETE FROM t WHERE id = 500" "UPDATE t SET id = 90000 WHERE id = 501"
    run migrate down --dry-run --dir "$PROJECT"
    [[ "$output" == *"see whether every id is in id_migrate_old"*"swap back: id_migrate_old becomes id"* && "$output" != *"fill it"* ]] || { echo "$output"; false; }
    migrate down --dir "$PROJECT"
    diff <(echo "$before") <(schema)
    [ "$(pg_sql "SELECT pg_relation_filenode('t')")" = "$node" ]
    [ "$(pg_sql "SELECT count(*), min(id), max(id) FROM t")" = "2000|1|90000" ]
    [ "$(pg_sql "INSERT INTO t (c) VALUES (8) RETURNING id, pg_typeof(id)")" = "2002|integer" ]
    [ "$(pg_sql "SELECT count(*) FROM migrate.migrations")$(pg_sql "SELECT count(*) FROM migrate.shadows")" = 00 ]
    migrate up --dir "$PROJECT"
    [ "$(pg_sql "SELECT pg_typeof(id) FROM v LIMIT 1")" = bigint ]
}

@test "down is refused when a value does not fit any more, and nothing is left of the try" {
    local after
    key_table
    shadow "ALTER TABLE t ALTER COLUMN id TYPE bigint" "ALTER TABLE t ALTER COLUMN id TYPE integer"
    migrate up --dir "$PROJECT"
    pg_sql "INSERT INTO t (id, c) VALUES (5000000000, 1), (5000000001, 2)"
    after=$(schema)
    run migrate down --dir "$PROJECT"
    [ "$status" -eq 2 ]
    [[ "$output" == *"2 rows have a id that is no integer any more"* && "$output" == *"--contract 1"* ]] || { echo "$output"; false; }
    diff <(echo "$after") <(schema)
    [ "$(pg_sql "SELECT state FROM migrate.migrations")" = applied ]
    pg_sql "DELETE FROM t WHERE id > 4000000000"
    # … or comes while down looks: the constraint goes again, and the application goes on.
    MIGRATE_FAULT=shadow-tx:1 MIGRATE_FAULT_DO="psql -qc 'INSERT INTO t (id, c) VALUES (6000000000, 1)'" run "$MIGRATE_FAULTS_BIN" down --dir "$PROJECT"
    [ "$status" -eq 2 ]
    [[ "$output" == *"does not fit any more"* ]] || { echo "$output"; false; }
    diff <(echo "$after") <(schema)
    [ "$(pg_sql "SELECT state FROM migrate.migrations")" = applied ]
    pg_sql "DELETE FROM t WHERE id > 4000000000"
    migrate down --dir "$PROJECT"
}

@test "down behind a change that nothing kept: the type is changed as on the way up, and nothing is left" {
    local before
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, c text NOT NULL)" "INSERT INTO t SELECT g, '2024-01-01'::date + g FROM generate_series(1, 500) g" "CREATE INDEX t_c ON t (c)"
    before=$(schema)
    shadow "ALTER TABLE t ALTER COLUMN c TYPE date USING c::date" "ALTER TABLE t ALTER COLUMN c TYPE text"
    migrate up --dir "$PROJECT"
    pg_sql "INSERT INTO t (id, c) VALUES (0, '2030-01-01')"
    migrate down --dir "$PROJECT"
    diff <(echo "$before") <(schema)
    [ "$(pg_sql "SELECT count(*), max(c) FROM t")" = "501|2030-01-01" ]
}

@test "a down part that does not know of the shadow change is refused: its column would stay" {
    key_table
    shadow "ALTER TABLE t ALTER COLUMN id TYPE bigint" "SELECT 1"
    sed -i '/^-- migrate:down/,$ { /shadow/d }' "$PROJECT/1_a.sql"
    migrate up --dir "$PROJECT"
    run migrate down --dir "$PROJECT"
    [ "$status" -eq 2 ]
    [[ "$output" == *"public.t.id_migrate_old would stay"* ]] || { echo "$output"; false; }
    migrate new --dir "$PROJECT" --contract 1
    migrate up --gate off --dir "$PROJECT"
    run migrate down --dir "$PROJECT"
    [ "$status" -eq 2 ]
    [[ "$output" == *"has no -- migrate:down part"* ]] || { echo "$output"; false; }
    [ "$(pg_sql "SELECT count(*) FROM pg_proc WHERE proname LIKE 'migrate_shadow%'")" = 0 ]
}

@test "keep-old: so long the contract waits, then validate tells of the column; keep-old=0 drops it" {
    key_table
    shadow "ALTER TABLE t ALTER COLUMN id TYPE bigint" "ALTER TABLE t ALTER COLUMN id TYPE integer" keep-old=2d
    migrate up --dir "$PROJECT"
    run migrate new --dir "$PROJECT" --contract 1
    [ "$status" -eq 2 ]
    [[ "$output" == *"public.t.id_migrate_old is kept until"* ]] || { echo "$output"; false; }
    migrate validate --dir "$PROJECT"
    pg_sql "COMMENT ON COLUMN t.id_migrate_old IS 'kept by migrate 1 until 2020-01-01T00:00:00Z'"
    run migrate validate --dir "$PROJECT"
    [ "$status" -eq 1 ]
    [[ "$output" == *"column t.id_migrate_old is left of a shadow change: migrate new --contract 1"* ]] || { echo "$output"; false; }
    migrate new --dir "$PROJECT" --contract 1
    rm "$PROJECT"/*contract*
    migrate down --dir "$PROJECT"
    shadow "ALTER TABLE t ALTER COLUMN id TYPE bigint" "ALTER TABLE t ALTER COLUMN id TYPE integer" keep-old=0
    run migrate plan --dir "$PROJECT"
    [[ "$output" == *"which is dropped; there is no way back from here"* ]] || { echo "$output"; false; }
    migrate up --dir "$PROJECT"
    [ "$(pg_sql "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped")" = "c other id" ]
    [ "$(pg_sql "INSERT INTO t (c) VALUES (8) RETURNING id")" = 2001 ]
    run migrate new --dir "$PROJECT" --contract 1
    [ "$status" -eq 2 ]
}

@test "killed at every point before the swap: down takes it back, and the schema is the one from before" {
    local before n point
    for point in shadow-begun shadow-tx shadow-tx-done shadow-alone batch-after shadow-swap; do
        for n in 1 3; do
            pg_fresh_db back_killed
            key_table 300
            before=$(schema)
            shadow "ALTER TABLE t ALTER COLUMN id TYPE bigint" "ALTER TABLE t ALTER COLUMN id TYPE integer"
            MIGRATE_FAULT=$point:$n run "$MIGRATE_FAULTS_BIN" up --dir "$PROJECT"
            [ "$status" -eq 0 ] && continue
            [ "$status" -eq 137 ]
            [ "$(pg_sql "SELECT pg_typeof(id) FROM t LIMIT 1")" = integer ]
            migrate down --dir "$PROJECT"
            diff <(echo "$before") <(schema)
            [ "$(pg_sql "SELECT (SELECT count(*) FROM migrate.migrations) + (SELECT count(*) FROM migrate.shadows) + (SELECT count(*) FROM migrate.backfills)")" = 0 ]
        done
    done
    migrate up --dir "$PROJECT"
}

@test "killed at every point of down: the next one ends it" {
    local before n point
    for point in shadow-begun shadow-tx shadow-tx-done shadow-alone shadow-swap; do
        for n in 1 2; do
            pg_fresh_db back_killed
            key_table 300
            before=$(schema)
            shadow "ALTER TABLE t ALTER COLUMN id TYPE bigint" "ALTER TABLE t ALTER COLUMN id TYPE integer"
            migrate up --quiet --dir "$PROJECT"
            MIGRATE_FAULT=$point:$n run "$MIGRATE_FAULTS_BIN" down --dir "$PROJECT"
            [ "$status" -eq 0 ] || [ "$status" -eq 137 ]
            [ "$status" -eq 0 ] || migrate down --dir "$PROJECT"
            diff <(echo "$before") <(schema)
        done
    done
}

is_at_work() { [ "$(pg_sql "SELECT count(*) FROM migrate.backfills WHERE batches > 0")" = 1 ]; }

@test "backfill abort takes a shadow change back while it runs; steps before it stay" {
    local running code
    key_table 20000
    printf -- '-- migrate:up transaction:false\nCREATE TABLE first (x int);\n-- migrate:shadow\nALTER TABLE t ALTER COLUMN id TYPE bigint;\n-- migrate:down\nDROP TABLE first;\n' >"$PROJECT/1_a.sql"
    run migrate backfill abort
    [ "$status" -eq 2 ]
    MIGRATE_FAULT=batch-after:1 MIGRATE_FAULT_DO="$MIGRATE_BIN backfill pause" "$MIGRATE_FAULTS_BIN" up --dir "$PROJECT" >"$BATS_TEST_TMPDIR/up" 2>&1 3>&- &
    running=$!
    until_true eval '[ "$(pg_sql "SELECT reason FROM migrate.backfills")" = paused ]'
    migrate backfill abort
    code=0
    wait "$running" || code=$?
    [ "$code" -eq 4 ] || { cat "$BATS_TEST_TMPDIR/up"; false; }
    grep -q "was aborted: the table is as it was" "$BATS_TEST_TMPDIR/up"
    [ "$(pg_sql "SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname LIKE '%migrate%'")" = 0 ]
    [ "$(pg_sql "SELECT count(*) FROM migrate.backfills")" = 0 ]
    # Killed behind its first step, down takes back the shadow change only, and says so.
    MIGRATE_FAULT=batch-after:1 run "$MIGRATE_FAULTS_BIN" up --dir "$PROJECT"
    [ "$status" -eq 137 ]
    run migrate down --dir "$PROJECT"
    [ "$status" -eq 5 ]
    [[ "$output" == *"is part-way up: step 1 of 2 is done"* ]] || { echo "$output"; false; }
    [ "$(pg_sql "SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname LIKE '%migrate%'")" = 0 ]
    migrate up --dir "$PROJECT"
    [ "$(pg_sql "SELECT pg_typeof(id) FROM t LIMIT 1")" = bigint ]
}

@test "what comes to hang on the column while it is filled goes over with it" {
    key_table
    shadow "ALTER TABLE t ALTER COLUMN id TYPE bigint" "ALTER TABLE t ALTER COLUMN id TYPE integer"
    MIGRATE_FAULT=shadow-swap:1 run "$MIGRATE_FAULTS_BIN" up --dir "$PROJECT"
    [ "$status" -eq 137 ]
    pg_sql "CREATE VIEW late AS SELECT id FROM t" "CREATE INDEX t_late ON t (id, c)" "ALTER TABLE t ADD CONSTRAINT t_late_ok CHECK (id > -5)" "DROP VIEW v" "CREATE TABLE late_child (x int REFERENCES t)"
    run migrate up --dir "$PROJECT"
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    [[ "$output" == *"the catalog is another one than when this began"* ]] || { echo "$output"; false; }
    [ "$(pg_sql "SELECT pg_typeof(id) FROM late LIMIT 1")" = bigint ]
    [ "$(pg_sql "SELECT string_agg(pg_get_indexdef(indexrelid), '' ORDER BY indexrelid) FROM pg_index WHERE indexrelid = 't_late'::regclass")" = "CREATE INDEX t_late ON public.t USING btree (id, c)" ]
    [ "$(pg_sql "SELECT pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE conname = 't_late_ok'")" = "CHECK ((id > '-5'::integer))|t" ]
    [ "$(pg_sql "SELECT pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE conname = 'late_child_x_fkey'")" = "FOREIGN KEY (x) REFERENCES t(id)|t" ]
    # What cannot go over stops the swap by name, and nothing of it is lost.
    pg_fresh_db back_late
    key_table
    MIGRATE_FAULT=shadow-swap:1 run "$MIGRATE_FAULTS_BIN" up --dir "$PROJECT"
    pg_sql "CREATE MATERIALIZED VIEW m AS SELECT id FROM t"
    run migrate up --dir "$PROJECT"
    [ "$status" -eq 7 ]
    [[ "$output" == *"view public.m is materialized"* ]] || { echo "$output"; false; }
    pg_sql "DROP MATERIALIZED VIEW m"
    migrate up --dir "$PROJECT"
}

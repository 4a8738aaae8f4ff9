#!/usr/bin/env bats
# A column of a partitioned table, two levels deep: in all partitions, with their own indexes, constraints, defaults and places of columns.

load lib
load shadow_lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
}

fill() {
    pg_sql "CREATE TABLE parent (pid bigint PRIMARY KEY)" "INSERT INTO parent SELECT generate_series(1, 1000)" \
        "CREATE TABLE t (id int NOT NULL, day date NOT NULL, h int NOT NULL, c int DEFAULT 5, p int, PRIMARY KEY (id, day, h), UNIQUE (day, c, h), CHECK (c >= 0)) PARTITION BY RANGE (day)" \
        "CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')" \
        "CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM ('2024-02-01') TO ('2024-03-01') PARTITION BY HASH (h)" \
        "CREATE TABLE t_2a PARTITION OF t_2 FOR VALUES WITH (MODULUS 2, REMAINDER 0)" \
        "CREATE TABLE odd (gone text, p int, c int, day date NOT NULL, h int NOT NULL, id int NOT NULL, CONSTRAINT t_c_check CHECK (c >= 0))" "ALTER TABLE odd DROP COLUMN gone" \
        "ALTER TABLE t_2 ATTACH PARTITION odd FOR VALUES WITH (MODULUS 2, REMAINDER 1)" \
        "ALTER TABLE t ADD FOREIGN KEY (p) REFERENCES parent ON DELETE CASCADE" \
        "CREATE INDEX t_c ON t (c) INCLUDE (id) WHERE c > 3" "CREATE INDEX t_exp ON t ((c + 1), id)" "CREATE INDEX t_1_own ON t_1 (c, p, id)" "ALTER TABLE t_1 ADD CONSTRAINT own CHECK (c < 100000 AND id > -1)" \
        "ALTER TABLE odd ALTER c SET DEFAULT 9" "COMMENT ON COLUMN t_1.c IS 'leaf'" "ALTER TABLE t_2a ALTER c SET STATISTICS 7" \
        "INSERT INTO t SELECT g, '2024-01-01'::date + g % 60, g, g, 1 + g % 1000 FROM generate_series(0, 1000) g"
}

@test "a plain column: partitioned indexes, unique constraint, checks, defaults of partitions" {
    as_alter "ALTER TABLE t ALTER COLUMN c TYPE bigint" "ALTER TABLE t ALTER COLUMN c TYPE integer"
}

@test "a column of the primary key" {
    as_alter "ALTER TABLE t ALTER COLUMN id TYPE bigint" "ALTER TABLE t ALTER COLUMN id TYPE integer"
}

@test "a column with a foreign key" {
    as_alter "ALTER TABLE t ALTER COLUMN p TYPE bigint" "ALTER TABLE t ALTER COLUMN p TYPE integer"
    run pg_sql "INSERT INTO t (id, day, h, c, p) VALUES (7777, '2024-01-02', 7777, 7777, 77777)"
    [[ "$output" == *"t_p_fkey"* ]]
}

@test "another type, which nothing keeps" {
    fill() { pg_sql "CREATE TABLE t (id int PRIMARY KEY, c int) PARTITION BY HASH (id)" "CREATE TABLE t_0 PARTITION OF t FOR VALUES WITH (MODULUS 1, REMAINDER 0)" "INSERT INTO t SELECT g, g FROM generate_series(1, 100) g" "CREATE INDEX ON t (c)"; }
    as_alter "ALTER TABLE t ALTER COLUMN c TYPE text" "ALTER TABLE t ALTER COLUMN c TYPE integer USING c::integer"
}

@test "partitions that come while the others are filled get all of it, and those that go are in nobody's way" {
    local point
    for point in batch-after shadow-swap; do
        pg_fresh_db "shadow_part" 2>/dev/null
        fill
        shadow "ALTER TABLE t ALTER COLUMN c TYPE bigint" "ALTER TABLE t ALTER COLUMN c TYPE integer"
        MIGRATE_FAULT=$point:1 run "$MIGRATE_FAULTS_BIN" up --dir "$PROJECT"
        [ "$status" -eq 137 ]
        pg_sql "CREATE TABLE t_3 PARTITION OF t FOR VALUES FROM ('2024-03-01') TO ('2024-04-01')" "INSERT INTO t SELECT g, '2024-03-01'::date + g % 30, g, g, 1 FROM generate_series(1, 100) g" "ALTER TABLE t DETACH PARTITION t_1"
        run migrate up --dir "$PROJECT"
        [ "$status" -eq 0 ] || { echo "$output"; false; }
        [ "$(pg_sql "SELECT bool_and(c = h AND c_migrate_old = h), pg_typeof(max(c)), count(*) FROM t")" = "t|bigint|574" ] || { pg_sql "SELECT bool_and(c = h AND c_migrate_old = h), pg_typeof(max(c)), count(*) FROM t"; false; }
        [ "$(pg_sql "SELECT count(*) FROM pg_index WHERE NOT indisvalid")" = 0 ]
        [ "$(pg_sql "SELECT count(*) FROM pg_index i JOIN pg_inherits h ON h.inhrelid = i.indexrelid WHERE i.indrelid = 't_3'::regclass AND h.inhparent::regclass::text !~ 'migrate'")" = 4 ]
        migrate down --dir "$PROJECT"
        [ "$(pg_sql "SELECT bool_and(c = h), pg_typeof(max(c)) FROM t")" = "t|integer" ]
    done
}

@test "killed at every point, up and down; taken back; the contract" {
    local n point before
    for point in shadow-tx shadow-tx-done shadow-alone batch-after shadow-undo; do
        for n in 1 5; do
            pg_fresh_db "shadow_part" 2>/dev/null
            fill
            before=$(all_of_it)
            shadow "ALTER TABLE t ALTER COLUMN id TYPE bigint" "ALTER TABLE t ALTER COLUMN id TYPE integer"
            MIGRATE_FAULT=$point:$n run "$MIGRATE_FAULTS_BIN" up --dir "$PROJECT"
            [ "$status" -eq 0 ] || migrate up --dir "$PROJECT"
            MIGRATE_FAULT=$point:$n run "$MIGRATE_FAULTS_BIN" down --dir "$PROJECT"
            [ "$status" -eq 0 ] || migrate down --dir "$PROJECT"
            diff <(echo "$before") <(all_of_it)
        done
    done
    MIGRATE_FAULT=shadow-swap:1 run "$MIGRATE_FAULTS_BIN" up --dir "$PROJECT"
    [ "$status" -eq 137 ]
    MIGRATE_FAULT=shadow-undo:1 run "$MIGRATE_FAULTS_BIN" down --dir "$PROJECT"
    [ "$status" -eq 137 ]
    migrate down --dir "$PROJECT"
    diff <(echo "$before") <(all_of_it)
    migrate up --dir "$PROJECT"
    migrate new --dir "$PROJECT" --contract 1
    migrate up --gate off --dir "$PROJECT"
    [ "$(pg_sql "SELECT count(*) FROM pg_attribute WHERE attname LIKE '%migrate_old' AND attnum > 0")$(pg_sql "SELECT count(*) FROM pg_class WHERE relname LIKE '%migrate_old' OR relname LIKE '%migrate_new'")" = 00 ]
    [ "$(pg_sql "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal")$(pg_sql "SELECT count(*) FROM pg_proc WHERE proname LIKE 'migrate_shadow%'")" = 00 ]
}

#!/usr/bin/env bats
# A column's type changed by a shadow column: the same schema and data as a plain ALTER TYPE leaves, while the application writes on.

load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "shadow_$BATS_TEST_NUMBER"
}

up() {
    migrate up --dir "$PROJECT" "$@"
}

shadow() { # STATEMENT
    printf -- '-- migrate:up\n-- migrate:shadow\n%s;\n' "$1" >"$PROJECT/1_a.sql"
}

# Schema of the public tables without what the change leaves on purpose, lines sorted. (The sequence of a serial column becomes a bigint one, too;
# a plain ALTER TYPE leaves that to trip over. Columns of statistics stand in the order of the table's.)
dumped() {
    "$PG_BIN/pg_dump" --schema-only -n public -n app "$DATABASE_URL" | grep -v -e '^--' -e '^\\' -e '^$' -e '^SET' |
        sed -e '/^CREATE FUNCTION public.migrate_shadow/,/;$/d' | grep -v -e '_migrate_old' -e 'migrate_shadow' -e '^ *AS integer$' | sed -e 's/,$//' -e 's/ ON other, c FROM/ ON c, other FROM/' | sort
}

same_as_alter() { # STATEMENT: on a database filled by fill()
    local plain by_shadow
    fill
    pg_sql "$1"
    plain=$(dumped; rows)
    pg_fresh_db "shadow_again_$BATS_TEST_NUMBER"
    fill
    shadow "$1"
    run up
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    by_shadow=$(dumped; rows)
    plain=${plain//clerk_shadow_$BATS_TEST_NUMBER/clerk} by_shadow=${by_shadow//clerk_shadow_again_$BATS_TEST_NUMBER/clerk}
    diff <(echo "$plain") <(echo "$by_shadow")
}

rows() {
    pg_sql "SELECT id, c::text, other FROM t ORDER BY id::text" | md5sum
}

@test "int to bigint: primary key by serial, default, checks, indexes, unique, comment, grants, statistics" {
    fill() {
        pg_sql "CREATE ROLE \"clerk_$PGDATABASE\"" "CREATE TABLE t (id serial PRIMARY KEY, c int NOT NULL DEFAULT 7, other int)" \
            "ALTER TABLE t ADD CONSTRAINT c_ok CHECK (c > 0 AND id > 0), ADD CONSTRAINT c_other UNIQUE (other, id)" "CREATE INDEX t_id_c ON t (c, id DESC) WHERE id > 5" \
            "CREATE UNIQUE INDEX t_expr ON t ((id + 1))" "COMMENT ON COLUMN t.id IS 'the ''key'''" "COMMENT ON INDEX t_expr IS 'expr'" "GRANT SELECT (id), UPDATE (id) ON t TO \"clerk_$PGDATABASE\" WITH GRANT OPTION" \
            "ALTER TABLE t ALTER id SET STATISTICS 77" "INSERT INTO t (c, other) SELECT g, g FROM generate_series(1, 3000) g" "ANALYZE t"
    }
    same_as_alter "ALTER TABLE t ALTER COLUMN id TYPE bigint"
    [ "$(pg_sql "INSERT INTO t (other) VALUES (5) RETURNING id, id_migrate_old, pg_typeof(id)")" = "3001|3001|bigint" ]
    pg_sql "INSERT INTO t (id, other) VALUES (5000000000, 6)"
    [ "$(pg_sql "SELECT count(*) FROM migrate.shadows WHERE NOT done")" = 0 ]
}

@test "identity keeps its sequence, its kind and its place" {
    fill() {
        pg_sql "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 5 CACHE 3) PRIMARY KEY, c int, other int)" "INSERT INTO t (c, other) SELECT g, g FROM generate_series(1, 100) g"
    }
    same_as_alter "ALTER TABLE t ALTER COLUMN id TYPE bigint"
    local next
    next=$(pg_sql "INSERT INTO t (c) VALUES (1) RETURNING id")
    [ "$next" -gt 595 ]
    [ "$(pg_sql "SELECT attidentity FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'id'")" = a ]
}

@test "USING over several columns, NULLs, a NOT NULL column with a default" {
    fill() {
        pg_sql "CREATE TABLE t (id int PRIMARY KEY, c text NOT NULL, other int)" "INSERT INTO t SELECT g, g, g * 2 FROM generate_series(1, 1000) g"
    }
    fill
    shadow "ALTER TABLE t ALTER COLUMN c TYPE numeric(12,2) USING (c::numeric + other / 4.0)"
    up
    [ "$(pg_sql "SELECT bool_and(c = round(id + other / 4.0, 2)), pg_typeof(max(c)) FROM t")" = "t|numeric" ]
    [ "$(pg_sql "SELECT format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'c'")" = "numeric(12,2)|t" ]
}

@test "views, policies, triggers on the column, a foreign key from it, extended statistics" {
    fill() {
        pg_sql "CREATE ROLE \"clerk_$PGDATABASE\"" "CREATE TABLE parent (pid bigint PRIMARY KEY)" "INSERT INTO parent SELECT generate_series(1, 100)" \
            "CREATE TABLE t (id int PRIMARY KEY, c int REFERENCES parent (pid), other int)" "INSERT INTO t SELECT g, 1 + g % 100, g FROM generate_series(1, 1000) g" \
            "CREATE VIEW v WITH (security_barrier = true) AS SELECT id, c FROM t WHERE c > 3" "CREATE VIEW w AS SELECT v.c, v.id + 1 AS n FROM v" "COMMENT ON VIEW w IS 'second'" "GRANT SELECT ON v TO \"clerk_$PGDATABASE\"" \
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY" "CREATE POLICY p ON t FOR UPDATE TO \"clerk_$PGDATABASE\" USING (c > 1) WITH CHECK (c < 1000)" \
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'" "CREATE TRIGGER g BEFORE UPDATE OF c ON t FOR EACH ROW WHEN (OLD.c > 0) EXECUTE FUNCTION f()" \
            "CREATE STATISTICS s ON c, other FROM t"
    }
    fill
    shadow "ALTER TABLE t ALTER COLUMN c TYPE bigint"
    local before after
    before=$(dumped | grep -v -e ' c integer' -e 'migrate')
    up
    after=$(dumped | grep -v ' c bigint')
    diff <(echo "$before") <(echo "$after")
    [ "$(pg_sql "SELECT pg_typeof(c) FROM w LIMIT 1")" = bigint ]
    run pg_sql "INSERT INTO t (id, c) VALUES (0, 5555)"
    [[ "$output" == *"foreign key constraint"* ]]
}

@test "the application writes all over the table meanwhile: both columns agree, no row is lost, no write failed" {
    pg_sql "CREATE TABLE t (id serial PRIMARY KEY, c int NOT NULL, other int NOT NULL)" "INSERT INTO t (c, other) SELECT g, g FROM generate_series(1, 30000) g" "CREATE INDEX t_c ON t (c)" "ANALYZE t"
    cat >"$BATS_TEST_TMPDIR/load.sql" <<'SQL'
\set a random(1, 30000)
\set b random(1, 30000)
\set v random(1, 1000000)
BEGIN;
UPDATE t SET c = :v, other = :v WHERE id = :a;
INSERT INTO t (c, other) VALUES (:v, :v);
DELETE FROM t WHERE id = :b;
COMMIT;
SQL
    "$PG_BIN/pgbench" -n -c 3 -T 60 -f "$BATS_TEST_TMPDIR/load.sql" --max-tries=1 "$DATABASE_URL" >"$BATS_TEST_TMPDIR/load.out" 2>&1 3>&- &
    local load=$!
    until_true eval '[ "$(pg_sql "SELECT max(id) > 30100 FROM t")" = t ]'
    shadow "ALTER TABLE t ALTER COLUMN c TYPE bigint"
    up
    kill -0 "$load"
    kill "$load" # in the background it hears no SIGINT
    wait "$load" || true
    ! grep -i "aborted\|ERROR" "$BATS_TEST_TMPDIR/load.out"
    [ "$(pg_sql "SELECT bool_and(c = other AND c_migrate_old = other), pg_typeof(max(c)) FROM t")" = "t|bigint" ]
}

@test "what it cannot do is refused by name, in the plan and before anything is begun" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, c int, d int GENERATED ALWAYS AS (c + 1) STORED)" "CREATE TABLE k (x int REFERENCES t (id))" "CREATE MATERIALIZED VIEW m AS SELECT c FROM t"
    shadow "ALTER TABLE t ALTER COLUMN c TYPE bigint"
    run up
    [ "$status" -eq 2 ]
    [[ "$output" == *"generated column d is computed from it"* && "$output" == *"view public.m is materialized"* ]] || { echo "$output"; false; }
    shadow "ALTER TABLE t ALTER COLUMN id TYPE numeric"
    run migrate plan --dir "$PROJECT"
    [[ "$output" == *"would be refused"*"foreign key k_x_fkey of public.k references it"* ]] || { echo "$output"; false; }
    pg_sql "CREATE TABLE e (id int PRIMARY KEY, c text DEFAULT '5')"
    shadow "ALTER TABLE e ALTER COLUMN c TYPE numeric USING c::numeric"
    run up
    [[ "$output" == *"its default, '5'::text, has no automatic cast to numeric"* ]] || { echo "$output"; false; }
    shadow "ALTER TABLE t ADD COLUMN z int"
    run up
    [ "$status" -eq 2 ]
    [[ "$output" == *"it changes no column's type"* ]]
    [ "$(pg_sql "SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0")" = 3 ]
}

@test "the plan tells the phases and where the way back ends" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, c text NOT NULL)" "CREATE INDEX ON t (c)"
    shadow "ALTER TABLE t ALTER COLUMN c TYPE date USING c::date"
    run migrate plan --dir "$PROJECT"
    [ "$status" -eq 0 ]
    [[ "$output" == *"1. add column c_migrate_new"*"2. fill it in batches"*"build index"*"CONCURRENTLY"*"compare both columns"*"no way back"* ]] || { echo "$output"; false; }
}

@test "killed at every point: the next run ends it, and the data are right" {
    local n point
    for point in shadow-begun shadow-tx shadow-tx-done shadow-alone batch-before batch-after; do
        for n in 1 2 3 4 5; do
            pg_fresh_db shadow_killed
            pg_sql "CREATE TABLE t (id serial PRIMARY KEY, c int NOT NULL DEFAULT 1, other int)" "INSERT INTO t (c, other) SELECT g, g FROM generate_series(1, 700) g" "CREATE INDEX t_c ON t (c)"
            shadow "ALTER TABLE t ALTER COLUMN c TYPE bigint"
            MIGRATE_FAULT=$point:$n run "$MIGRATE_FAULTS_BIN" up --dir "$PROJECT"
            [ "$status" -eq 0 ] && break
            [ "$status" -eq 137 ]
            pg_sql "UPDATE t SET c = c + 1, other = other + 1 WHERE id % 3 = 0" "INSERT INTO t (c, other) VALUES (9, 9)"
            up
            [ "$(pg_sql "SELECT count(*), bool_and(c = other), pg_typeof(max(c)) FROM t")" = "701|t|bigint" ]
            [ "$(pg_sql "SELECT state FROM migrate.migrations")" = applied ]
            [ "$(pg_sql "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname LIKE 't_c%' AND NOT indisvalid")" = 0 ]
        done
    done
}

@test "new --contract writes what takes the first column away; up runs it" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, c int NOT NULL)" "INSERT INTO t SELECT g, g FROM generate_series(1, 100) g" "CREATE INDEX t_c ON t (c)"
    shadow "ALTER TABLE t ALTER COLUMN c TYPE bigint"
    run migrate new --dir "$PROJECT" --contract 1
    [ "$status" -eq 2 ] || { echo "$status $output"; false; }
    up
    run migrate new --dir "$PROJECT" --contract 1
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    cat "$output"
    up --gate off
    [ "$(pg_sql "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped")" = "id c" ]
    [ "$(pg_sql "SELECT count(*) FROM pg_trigger WHERE tgrelid = 't'::regclass")$(pg_sql "SELECT count(*) FROM pg_proc WHERE proname LIKE 'migrate_shadow%'")" = 00 ]
    [ "$(pg_sql "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'i' AND relname LIKE 't\_%'")" = "t_c t_pkey" ]
    run migrate new --dir "$PROJECT" --contract 1
    [ "$status" -eq 2 ]
}

@test "the primary key that foreign keys hang on: theirs hold all the time, and the children may follow" {
    fill() {
        pg_sql "CREATE TABLE t (id serial PRIMARY KEY, c int, other int REFERENCES t (id))" "INSERT INTO t (c) SELECT g FROM generate_series(1, 500) g" "UPDATE t SET other = 1 + id % 500" \
            "CREATE TABLE child (x int PRIMARY KEY, t_id int NOT NULL REFERENCES t ON DELETE CASCADE DEFERRABLE)" "CREATE INDEX ON child (t_id)" "INSERT INTO child SELECT g, g FROM generate_series(1, 400) g"
    }
    same_as_alter "ALTER TABLE t ALTER COLUMN id TYPE bigint"
    [ "$(pg_sql "DELETE FROM t WHERE id = 7 AND false" "UPDATE t SET other = NULL" "DELETE FROM t WHERE id = 7" "SELECT count(*) FROM child WHERE t_id = 7")" = 0 ]
    run pg_sql "INSERT INTO child VALUES (1000, 1000000)"
    [[ "$output" == *"child_t_id_fkey"* ]]
    printf -- '-- migrate:up\n-- migrate:shadow\nALTER TABLE child ALTER COLUMN t_id TYPE bigint;\n' >"$PROJECT/2_b.sql"
    up
    [ "$(pg_sql "SELECT pg_typeof(t_id) FROM child LIMIT 1")" = bigint ]
    [ "$(pg_sql "SELECT pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE conname = 'child_t_id_fkey'")" = "FOREIGN KEY (t_id) REFERENCES t(id) ON DELETE CASCADE DEFERRABLE|t" ]
}

@test "a slice of make shadow-matrix" {
    run "$BATS_TEST_DIRNAME/shadow_matrix" '^(int\|(bigint|text)|varchar\(20\)\|varchar|text\|date|mood)'
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"5 pairs"*"0 differ" ]]
}

#!/usr/bin/env bats
# Shadow changes and generated columns; what USING may read; types without equality, and those whose equal values differ.

load lib
load shadow_lib

@test "virtual columns go over, with what hangs on them" {
    [ "$MAJOR" -ge 18 ] || skip "PostgreSQL $MAJOR has none"
    fill() {
        pg_sql "CREATE TABLE t (id int PRIMARY KEY, c int NOT NULL CHECK (c > 0), n int)" "INSERT INTO t SELECT g, g, g FROM generate_series(1, 300) g" "ALTER TABLE t ENABLE ROW LEVEL SECURITY"
    }
    hang() {
        pg_sql 'ALTER TABLE t ADD d numeric(12,2) GENERATED ALWAYS AS (c * 2 + n) VIRTUAL, ADD "E e" text COLLATE "C" GENERATED ALWAYS AS (upper((c)::text)) VIRTUAL' \
            "COMMENT ON COLUMN t.d IS 'twice'" 'GRANT SELECT ("E e", d) ON t TO clerk' "CREATE VIEW v AS SELECT id, d FROM t" "CREATE POLICY p ON t USING (d > 1)" \
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'" "CREATE TRIGGER g AFTER UPDATE ON t FOR EACH ROW WHEN (NEW.d > 5) EXECUTE FUNCTION f()"
    }
    as_alter "ALTER TABLE t ALTER COLUMN c TYPE bigint" "ALTER TABLE t ALTER COLUMN c TYPE integer"
}

@test "virtual columns of partitioned tables; what one cannot be of is found before anything is made" {
    [ "$MAJOR" -ge 18 ] || skip "PostgreSQL $MAJOR has none"
    fill() {
        pg_sql "CREATE TABLE t (id int PRIMARY KEY, c int) PARTITION BY RANGE (id)" "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (100)" "CREATE TABLE t2 PARTITION OF t DEFAULT" "INSERT INTO t SELECT g, g FROM generate_series(1, 300) g"
    }
    hang() { pg_sql "ALTER TABLE t ADD d int GENERATED ALWAYS AS (c + 1) VIRTUAL" "COMMENT ON COLUMN t1.d IS 'of one'"; }
    as_alter "ALTER TABLE t ALTER COLUMN c TYPE bigint" "ALTER TABLE t ALTER COLUMN c TYPE integer"
    pg_fresh_db shadow_cannot 2>/dev/null
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, c int, d int GENERATED ALWAYS AS (c + 1) VIRTUAL)" "INSERT INTO t VALUES (1, 1)"
    shadow "ALTER TABLE t ALTER COLUMN c TYPE text" ""
    before=$(schema)
    run migrate up --gate off --dir "$PROJECT"
    [ "$status" -eq 3 ] && [[ "$output" == *"operator does not exist: text + integer"* ]] || { echo "$status $output"; false; }
    diff <(echo "$before") <(schema)
}

refused() { # REASON WAY SQL…: refused in the plan and by up, with the way out
    local reason=$1 way=$2
    shift 2
    pg_fresh_db shadow_refused 2>/dev/null
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, c int, other int)" "$@"
    shadow "${STATEMENT:-ALTER TABLE t ALTER COLUMN c TYPE bigint}" ""
    run migrate plan --dir "$PROJECT"
    [[ "$output" == *"would be refused"*"$reason"* && "$output" == *"$way"* ]] || { echo "plan: $output"; return 1; }
    run migrate up --gate off --dir "$PROJECT"
    [ "$status" -eq 2 ] && [[ "$output" == *"$reason"*"$way"* ]] || { echo "up: $status $output"; return 1; }
    [ "$(pg_sql "SELECT count(*) FROM migrate.shadows")" = 0 ]
}

@test "refused by name, with the way out: generated columns" {
    refused "generated column d is computed from it" "ALTER TABLE public.t ALTER COLUMN d DROP EXPRESSION" "ALTER TABLE t ADD d int GENERATED ALWAYS AS (c + 1) STORED"
    refused "the column is generated" "ALTER TABLE public.t ALTER COLUMN c DROP EXPRESSION" "ALTER TABLE t DROP c" "ALTER TABLE t ADD c int GENERATED ALWAYS AS (id + 1) STORED"
    STATEMENT="ALTER TABLE t ALTER c TYPE bigint USING c + d" refused "USING reads generated column d" "what it is computed of" "ALTER TABLE t ADD d int GENERATED ALWAYS AS (other + 1) STORED"
    [ "$MAJOR" -ge 18 ] || return 0
    refused "the column is virtual" "nothing to rewrite" "ALTER TABLE t DROP c" "ALTER TABLE t ADD c int GENERATED ALWAYS AS (id + 1) VIRTUAL"
    refused "virtual column d is computed from it, and is NOT NULL" "DROP NOT NULL" "ALTER TABLE t ADD d int GENERATED ALWAYS AS (c + 1) VIRTUAL NOT NULL"
    refused "constraint k reads virtual column d" "NOT VALID, then VALIDATE" "ALTER TABLE t ADD d int GENERATED ALWAYS AS (c + 1) VIRTUAL, ADD CONSTRAINT k CHECK (d > 0 OR id > 0)"
}

@test "the way out of a stored column: plain, kept by a trigger, exact while rows change" {
    pg_fresh_db shadow_stored 2>/dev/null
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, c int, d int GENERATED ALWAYS AS (c + 1) STORED)" "INSERT INTO t SELECT g, g FROM generate_series(1, 500) g"
    file=$(pg_sql "SELECT pg_relation_filenode('t')")
    cat >"$PROJECT/1_plain.sql" <<'SQL'
-- migrate:up
ALTER TABLE t ALTER COLUMN d DROP EXPRESSION;
CREATE FUNCTION t_d() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.d := NEW.c + 1; RETURN NEW; END';
CREATE TRIGGER t_d BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION t_d();
SQL
    migrate up --quiet --gate off --dir "$PROJECT"
    # A session that ran the trigger before: its PL/pgSQL must not go by the type that was.
    pg_session app "UPDATE t SET c = c + 1 WHERE id = 7"
    printf -- '-- migrate:up\n-- migrate:shadow\nALTER TABLE t ALTER COLUMN c TYPE bigint;\n' >"$PROJECT/2_wide.sql"
    run migrate up --gate off --dir "$PROJECT"
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    pg_session app "UPDATE t SET c = c + 1 WHERE id IN (7, 8)"
    pg_session app "INSERT INTO t (id, c) VALUES (501, 5)"
    [ "$(pg_sql "SELECT count(*), count(*) FILTER (WHERE d = c + 1), max(pg_typeof(c)::text), pg_relation_filenode('t') = $file FROM t")" = "501|501|bigint|t" ]
}

@test "USING reads other columns, by whatever name the table has there, beside columns that no row can be compared with" {
    fill() {
        pg_sql "CREATE TABLE t (id int PRIMARY KEY, c int, n int, g int GENERATED ALWAYS AS (n * 2) STORED, j json, p point)" "INSERT INTO t (id, c, n, j, p) SELECT g, g, 1, '{}', '(1,2)' FROM generate_series(1, 300) g"
    }
    hang() { :; }
    as_alter "ALTER TABLE t ALTER COLUMN c TYPE numeric USING t.c + n" "ALTER TABLE t ALTER COLUMN c TYPE integer USING c - n"
}

@test "USING that a trigger could not run is refused in the plan" {
    STATEMENT="ALTER TABLE t ALTER c TYPE bigint USING f(t)" refused "USING reads the row as a whole" "of plain columns" "CREATE FUNCTION f(t) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 1::bigint'"
    STATEMENT="ALTER TABLE t ALTER c TYPE bigint USING hashtext((t.*)::text)" refused "USING reads the row as a whole" "of plain columns"
    STATEMENT="ALTER TABLE t ALTER c TYPE bigint USING public.t.c" refused "invalid reference to FROM-clause entry" "of plain columns"
    STATEMENT="ALTER TABLE t ALTER c TYPE bigint USING nothing(c)" refused "function nothing(integer) does not exist" "of plain columns"
    refused "public.t has no key to walk by" "a primary key, or a valid unique btree index" "ALTER TABLE t DROP CONSTRAINT t_pkey" "CREATE UNIQUE INDEX ON t (c)"
}

@test "types without equality" {
    local from to value
    while IFS='|' read -r from to value; do
        fill() { pg_sql "CREATE TABLE t (id int PRIMARY KEY, c $from NOT NULL)" "INSERT INTO t SELECT g, $value FROM generate_series(1, 100) g"; }
        hang() { :; }
        as_alter "ALTER TABLE t ALTER COLUMN c TYPE $to USING c::$to" "ALTER TABLE t ALTER COLUMN c TYPE $from USING c::$from" || { echo "$from -> $to"; false; }
    done <<'PAIRS'
json|jsonb|json_build_object('a', g)
jsonb|json|jsonb_build_object('a', g)
point|text|point(g, g)
text|json|to_json(g)::text
json[]|jsonb[]|ARRAY[to_json(g)]
PAIRS
}

@test "a change to an equal value is a change: nothing of it is lost in the swap" {
    pg_fresh_db shadow_equal 2>/dev/null
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, c numeric, n int)" "INSERT INTO t SELECT g, 1.0, g FROM generate_series(1, 10) g"
    shadow "ALTER TABLE t ALTER COLUMN c TYPE text" ""
    MIGRATE_FAULT=shadow-swap:1 run "$MIGRATE_FAULTS_BIN" up --gate off --dir "$PROJECT"
    [ "$status" -eq 137 ]
    pg_sql "UPDATE t SET c = 1.00 WHERE id = 3"
    [ "$(pg_sql "SELECT c_migrate_new FROM t WHERE id = 3")" = 1.00 ]
    migrate up --quiet --gate off --dir "$PROJECT"
    [ "$(pg_sql "SELECT c FROM t WHERE id = 3")" = 1.00 ]
}

@test "without the database: the catalog's file tells the same" {
    local column reason
    pg_fresh_db shadow_catalog 2>/dev/null
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, c int, ok int, d int GENERATED ALWAYS AS (c + 1) STORED, x int, v int, CONSTRAINT ex EXCLUDE USING btree (x WITH =))" \
        "CREATE VIEW w AS SELECT v FROM t" "CREATE MATERIALIZED VIEW m AS SELECT v FROM w" "CREATE TABLE p (k int, c int) PARTITION BY RANGE (k)" "CREATE TABLE p1 PARTITION OF p DEFAULT"
    migrate catalog pull -o "$BATS_TEST_TMPDIR/a.catalog"
    while IFS='|' read -r column reason; do
        shadow "ALTER TABLE ${column%.*} ALTER COLUMN ${column#*.} TYPE bigint" ""
        for from in "" "--catalog $BATS_TEST_TMPDIR/a.catalog"; do
            # shellcheck disable=SC2086
            run migrate plan $from --dir "$PROJECT"
            [[ "$output" == *"would be refused: cannot change $column by a shadow column: $reason"* ]] || { echo "$column $from: $output"; false; }
        done
    done <<'PAIRS'
t.c|generated column d is computed from it
t.d|the column is generated
t.x|exclusion constraint ex cannot be built beside the one that is there
t.v|view public.m is materialized
p.k|it is in the partition key of public.p
p1.c|it is a partition
PAIRS
    shadow "ALTER TABLE t ALTER COLUMN ok TYPE bigint" ""
    run migrate plan --catalog "$BATS_TEST_TMPDIR/a.catalog" --dir "$PROJECT"
    [[ "$output" == *"by a shadow column"* && "$output" != *"would be refused"* ]] || { echo "$output"; false; }
}

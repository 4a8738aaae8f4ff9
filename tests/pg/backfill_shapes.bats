#!/usr/bin/env bats
# Plain DML in batches means what it meant as one statement, or is refused with the reason; large tables need no directive.

load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "backfill_shapes_$BATS_TEST_NUMBER"
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, a int, n int NOT NULL DEFAULT 0)" "INSERT INTO t SELECT g, g % 10 FROM generate_series(1, 2000) g"
}

up() {
    migrate up --gate off --dir "$PROJECT" "$@"
}

backfill() { # OPTIONS STATEMENT
    printf -- '-- migrate:up\n-- migrate:backfill %s\n%s;\n' "$1" "$2" >"$PROJECT/1_a.sql"
}

plain() { # STATEMENT: no directive
    printf -- '-- migrate:up\n%s;\n' "$1" >"$PROJECT/1_a.sql"
}

refused() { # TEXT…: all of them in what it says; nothing was begun
    run up
    [ "$status" -eq 2 ] || { echo "status $status: $output"; return 1; }
    local text
    for text in "$@"; do
        [[ "$output" == *"$text"* ]] || { echo "no \"$text\" in: $output"; return 1; }
    done
    [ "$(pg_sql "SELECT count(*) FROM migrate.backfills" 2>/dev/null || echo 0)" = 0 ]
    [ "$(pg_sql "SELECT count(*) FROM t WHERE n <> 0")" = 0 ]
}

# The same as the statement run whole on a copy.
same_as_whole() { # STATEMENT TABLE ORDER
    local whole
    pg_sql "BEGIN" "$1" "CREATE TABLE expected AS TABLE $2" "ROLLBACK" >/dev/null
    whole=$(pg_sql "BEGIN" "$1" "SELECT md5(string_agg(x::text, ',' ORDER BY $3)) FROM $2 x" "ROLLBACK" | grep -v '^$')
    backfill "batch=100" "$1"
    up
    [ "$(pg_sql "SELECT md5(string_agg(x::text, ',' ORDER BY $3)) FROM $2 x")" = "$whole" ]
    [ "$(pg_sql "SELECT sum(batches) >= 20 FROM migrate.backfills")" = t ]
}

@test "UPDATE … FROM, with the alias and OR in the condition" {
    pg_sql "CREATE TABLE u (a int PRIMARY KEY, v int)" "INSERT INTO u SELECT g, g * 7 FROM generate_series(0, 9) g"
    same_as_whole "UPDATE t AS x SET n = u.v FROM u WHERE u.a = x.a AND (x.id < 50 OR x.id > 900)" t id
}

@test "DELETE … USING" {
    pg_sql "CREATE TABLE u (a int PRIMARY KEY)" "INSERT INTO u VALUES (3), (4)"
    same_as_whole "DELETE FROM t USING u WHERE u.a = t.a" t id
}

@test "WITH that reads" {
    pg_sql "CREATE TABLE u (a int PRIMARY KEY, v int)" "INSERT INTO u SELECT g, g * 7 FROM generate_series(0, 9) g"
    same_as_whole "WITH w AS (SELECT a, v FROM u WHERE v > 10) UPDATE t SET n = w.v FROM w WHERE w.a = t.a" t id
}

@test "INSERT … SELECT with a join and ON CONFLICT" {
    pg_sql "CREATE TABLE x (id int PRIMARY KEY, v int)" "CREATE TABLE u (a int PRIMARY KEY, v int)" "INSERT INTO u VALUES (1, 5)" "INSERT INTO x VALUES (7, 0)"
    same_as_whole "INSERT INTO x (id, v) SELECT t.id, u.v FROM t LEFT JOIN u ON u.a = t.a WHERE t.id % 2 = 1 ON CONFLICT (id) DO NOTHING" x id
}

@test "a comment at the end of each part" {
    same_as_whole "UPDATE t -- the table
      SET n = id -- as it is
      WHERE a = 1 -- some" t id
}

@test "a table with a schema and a name that needs quotes" {
    pg_sql 'CREATE SCHEMA "The ""App"""' 'ALTER TABLE t SET SCHEMA "The ""App"""' 'ALTER TABLE "The ""App""".t RENAME TO "it'\''s \ t"' 'CREATE TABLE t (n int)'
    backfill "batch=100" 'UPDATE "The ""App"""."it'\''s \ t" SET n = 1'
    up
    [ "$(pg_sql "SELECT sum(n) FROM \"The \"\"App\"\"\".\"it's \\ t\"")" = 2000 ]
}

@test "without a directive: a large table in batches, a small one and one marked whole in one statement" {
    pg_sql "ANALYZE t"
    printf 'backfill:\n  rows: 1000\n' >"$BATS_TEST_TMPDIR/migrate.yaml"
    plain "UPDATE t SET n = n + 1"
    run up --config "$BATS_TEST_TMPDIR/migrate.yaml" --dry-run
    [[ "$output" == *"in batches"* ]]
    up --config "$BATS_TEST_TMPDIR/migrate.yaml"
    [ "$(pg_sql "SELECT rows, batches > 1 FROM migrate.backfills")" = "2000|t" ]
    printf -- '-- migrate:up\n-- migrate:whole because it is a test\nUPDATE t SET n = n + 1;\n' >"$PROJECT/2_b.sql"
    up --config "$BATS_TEST_TMPDIR/migrate.yaml"
    printf -- '-- migrate:up\nUPDATE t SET n = n + 1;\n' >"$PROJECT/3_c.sql"
    up
    [ "$(pg_sql "SELECT count(*) FROM migrate.backfills")" = 1 ]
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "3|2000" ]
}

@test "without a directive: few rows by the server's estimate are one batch" {
    pg_sql "ANALYZE t"
    printf 'backfill:\n  rows: 1000\n' >"$BATS_TEST_TMPDIR/migrate.yaml"
    plain "UPDATE t SET n = n + 1 WHERE id = 5"
    up --config "$BATS_TEST_TMPDIR/migrate.yaml"
    [ "$(pg_sql "SELECT rows, batches FROM migrate.backfills")" = "1|1" ]
}

@test "without a directive: a large table and a shape that cannot be batched are refused, whole is offered" {
    pg_sql "ANALYZE t"
    printf 'backfill:\n  rows: 1000\n' >"$BATS_TEST_TMPDIR/migrate.yaml"
    plain "UPDATE t SET n = b.n FROM t b WHERE b.id = t.id - 1"
    run up --config "$BATS_TEST_TMPDIR/migrate.yaml"
    [ "$status" -eq 2 ]
    [[ "$output" == *"reads the table itself"* && "$output" == *"is large"* && "$output" == *"migrate:whole"* ]]
}

@test "refused: the key of the table is changed" {
    pg_sql "ALTER TABLE t DROP CONSTRAINT t_pkey" "ALTER TABLE t ADD COLUMN k int" "UPDATE t SET k = id" "ALTER TABLE t ALTER k SET NOT NULL" "CREATE UNIQUE INDEX ON t (k)"
    backfill "" "UPDATE t SET k = k + 1, n = n + 1"
    refused "it changes k, a column of the key" "key=COLUMN"
}

@test "refused: reading itself, a volatile condition, WHERE CURRENT OF, LIMIT, RETURNING, WITH that changes data" {
    backfill "" "UPDATE t SET n = (SELECT max(n) FROM t)"
    refused "reads the table itself"
    backfill "" "UPDATE t SET n = 1 WHERE random() < 0.5"
    refused "another answer every time" "allow=volatile"
    backfill "" "UPDATE t SET n = 1 WHERE CURRENT OF c"
    refused "CURRENT OF"
    backfill "" "UPDATE t SET n = 1 RETURNING n"
    refused "RETURNING"
    backfill "" "WITH w AS (DELETE FROM t RETURNING id) UPDATE t SET n = 1 FROM w WHERE w.id = t.id"
    refused "changes data"
}

@test "refused: a volatile function of one's own, unless it is vouched for" {
    pg_sql "CREATE FUNCTION f(int) RETURNS bool LANGUAGE plpgsql AS 'BEGIN RETURN true; END'"
    backfill "" "UPDATE t SET n = 1 WHERE f(a)"
    refused "f(), which is volatile" "allow=volatile"
    backfill "allow=volatile" "UPDATE t SET n = 1 WHERE f(a)"
    up
    [ "$(pg_sql "SELECT sum(n) FROM t")" = 2000 ]
}

@test "refused: a rule, a view, a foreign table" {
    pg_sql "CREATE TABLE log (x int)" "CREATE RULE r AS ON UPDATE TO t DO ALSO INSERT INTO log VALUES (1)"
    backfill "" "UPDATE t SET n = 1"
    refused "has a rule" "migrate:whole"
    pg_sql "DROP RULE r ON t" "CREATE VIEW v AS TABLE t"
    backfill "" "UPDATE v SET n = 1"
    refused "not a table"
    pg_sql "CREATE EXTENSION postgres_fdw" "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw" "CREATE FOREIGN TABLE ft (id int, n int) SERVER s"
    backfill "" "UPDATE ft SET n = 1"
    refused "foreign table"
}

@test "refused: an aggregate over the rows, which every batch would begin anew" {
    pg_sql "CREATE TABLE x (c bigint)"
    backfill "" "INSERT INTO x SELECT count(*) FROM t"
    refused "an aggregate over the rows of t"
}

@test "refused: a join that reads another large table for every batch" {
    pg_sql "INSERT INTO t SELECT g, 1 FROM generate_series(2001, 300000) g" "CREATE TABLE big AS SELECT g AS x, g AS y FROM generate_series(1, 300000) g" "ANALYZE"
    backfill "" "UPDATE t SET n = b.y FROM big b WHERE b.x = t.id"
    refused "another table whole" "index"
    pg_sql "CREATE INDEX ON big (x)" "ANALYZE big"
    up
    [ "$(pg_sql "SELECT count(*) FROM t WHERE n = id")" = 300000 ]
}

@test "what is run is prepared on the server first: a mistake in it begins nothing" {
    backfill "" "UPDATE t SET n = nothing"
    run up
    [ "$status" -eq 3 ]
    [[ "$output" == *'column "nothing" does not exist'* ]]
    [ "$(pg_sql "SELECT count(*) FROM migrate.backfills")$(pg_sql "SELECT count(*) FROM migrate.migrations")" = 00 ]
}

@test "a deletion under way and rows that do not match do not end it early" {
    backfill "batch=100 rate=4000/s" "UPDATE t SET n = 1 WHERE id > 1500"
    up >/dev/null 2>&1 3>&- &
    local pid=$!
    until_true eval '[ "$(pg_sql "SELECT batches FROM migrate.backfills")" -ge 2 ]'
    pg_sql "DELETE FROM t WHERE id BETWEEN 300 AND 1600"
    wait "$pid"
    [ "$(pg_sql "SELECT count(*), sum(n) FROM t WHERE id > 1500")" = "400|400" ]
}

@test "rows that come while it runs are found by the passes behind it" {
    pg_sql "ALTER TABLE t ADD COLUMN b int"
    backfill "batch=100 rate=400/s" "UPDATE t SET b = a WHERE b IS NULL"
    up >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$!
    until_true eval '[ "$(pg_sql "SELECT batches FROM migrate.backfills")" -ge 5 ]'
    # Behind the cursor and beyond the end.
    pg_sql "INSERT INTO t SELECT -g, 4 FROM generate_series(1, 50) g" "INSERT INTO t SELECT 5000 + g, 4 FROM generate_series(1, 50) g"
    [ "$(pg_sql "SELECT pass FROM migrate.backfills")" = 1 ]
    migrate backfill tune --rate 0
    wait "$pid"
    [ "$(pg_sql "SELECT count(*) FROM t WHERE b IS NULL")" = 0 ]
    [ "$(pg_sql "SELECT pass, pass_rows, rows FROM migrate.backfills")" = "3|0|2100" ]
}

@test "somebody writes such rows for ever: it ends all the same, and says so" {
    pg_sql "ALTER TABLE t ADD COLUMN b int" \
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.id = 7 THEN NEW.b := NULL; END IF; RETURN NEW; END'" \
        "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()"
    backfill "batch=500" "UPDATE t SET b = a WHERE b IS NULL"
    run up
    [ "$status" -eq 0 ]
    [[ "$output" == *"still found 1 rows"* ]]
}

@test "no key: a DELETE and an UPDATE that may meet a row twice go by the rows' places" {
    # A scan of a range of places is there since 14.
    [ "$(pg_sql "SELECT current_setting('server_version_num')::int >= 140000")" = t ] || skip "PostgreSQL 13"
    pg_sql "ALTER TABLE t DROP CONSTRAINT t_pkey" "ALTER TABLE t ADD COLUMN b int" "ANALYZE t"
    backfill "batch=300" "UPDATE t SET b = a, n = n + 1 WHERE b IS NULL"
    up
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "1|2000" ]
    [ "$(pg_sql "SELECT key_columns, batches > 3, pass FROM migrate.backfills")" = "{ctid}|t|2" ]
    printf -- '-- migrate:up\n-- migrate:backfill batch=300\nDELETE FROM t WHERE a < 5;\n' >"$PROJECT/2_b.sql"
    up
    [ "$(pg_sql "SELECT count(*) FROM t")" = 1000 ]
}

@test "the plan tells key, batches, WAL, triggers, indexes and what would be refused; with --verbose the server's plan" {
    pg_sql "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'" "CREATE TRIGGER audit BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()" \
        "CREATE INDEX t_n ON t ((n + 1))" "CREATE INDEX t_a ON t (a)" "ANALYZE t"
    backfill "batch=100" "UPDATE t SET n = n + 1"
    run migrate plan --gate off --dir "$PROJECT" --verbose
    [ "$status" -eq 0 ]
    [[ "$output" == *"by id (index t_pkey); about 2000 rows of 2000 rows, in about 21 batches, the first of 100; up to "*" of WAL"* ]] || { echo "$output"; false; }
    [[ "$output" == *"fires for each row: audit"* && "$output" == *"not HOT because of: t_n"$'\n'* && "$output" == *"Index Cond:"* ]] || { echo "$output"; false; }
    [[ "$output" == *"disk: "*" free"* && "$output" != *"replicas:"* && "$output" != *"slots:"* ]] || { echo "$output"; false; }
    run migrate plan --gate off --dir "$PROJECT" --json
    [ "$(jq -r '.migrations[0].steps[0] | [.key, .rows, .batches, .triggers, .not_hot] | @csv' <<<"$output")" = '"id (index t_pkey)",2000,21,"audit","t_n"' ]
    pg_sql "ALTER TABLE t DROP CONSTRAINT t_pkey"
    run migrate plan --gate off --dir "$PROJECT"
    [[ "$output" == *"would be refused: cannot run in batches: public.t has no key"* ]] || { echo "$output"; false; }
    [ "$(pg_sql "SELECT to_regclass('migrate.backfills') IS NULL")" = t ]
}

#!/usr/bin/env bats
# VALIDATE CONSTRAINT that fails: which rows are in the way.

load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "violation_$BATS_TEST_NUMBER"
}

up() { migrate up --dir "$PROJECT" "$@"; }

@test "a foreign key: how many orphans, and of what" {
    pg_sql 'CREATE SCHEMA "S"' 'CREATE TABLE "S".parent (a int, "B" text, PRIMARY KEY (a, "B"))' "INSERT INTO \"S\".parent VALUES (1, 'x'), (2, 'y')" \
        'CREATE TABLE child (id int PRIMARY KEY, pa int, "pB" text)' \
        "INSERT INTO child VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 1, 'y'), (4, NULL, 'y'), (5, 7, 'it''s'), (6, 1, 'y')"
    printf -- '-- migrate:up\nALTER TABLE child ADD CONSTRAINT fk FOREIGN KEY (pa, "pB") REFERENCES "S".parent NOT VALID;\nALTER TABLE child VALIDATE CONSTRAINT fk;\n' >"$PROJECT/1_a.sql"
    run up
    [ "$status" -eq 7 ] || [ "$status" -eq 3 ] || { echo "$status"; false; }
    [[ "$output" == *"4 rows of public.child without a match in \"S\".parent: pa = 1, pB = y (3 rows); pa = 7, pB = it's"* ]] || { echo "$output"; false; }
    run up --redact
    [[ "$output" == *"4 rows of public.child without a match in \"S\".parent"* && "$output" != *"pa = 7, pB"* ]] || { echo "$output"; false; }
    pg_sql "DELETE FROM child WHERE id IN (2, 3, 5, 6)"
    run up
    [ "$status" -eq 0 ]
}

@test "a check: how many rows, and their keys" {
    pg_sql "CREATE TABLE t (\"Id\" int PRIMARY KEY, a int)" "INSERT INTO t SELECT g, g - 8 FROM generate_series(1, 50) g" "CREATE TABLE nokey (a int)" "INSERT INTO nokey VALUES (-1)"
    printf -- '-- migrate:up\nALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0) NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT positive;\n' >"$PROJECT/1_a.sql"
    run up
    [[ "$output" == *"8 rows of public.t violate it: Id = 1; Id = 2; Id = 3; Id = 4; Id = 5; …"* ]] || { echo "$output"; false; }
    pg_sql "DELETE FROM t WHERE a < 0"
    run up
    [[ "$output" == *"1 row of public.t violates it: Id = 8"* ]] || { echo "$output"; false; }
    pg_sql "UPDATE t SET a = 1"
    printf -- '-- migrate:up transaction:true\nALTER TABLE nokey ADD CONSTRAINT positive CHECK (a > 0) NOT VALID;\nALTER TABLE nokey VALIDATE CONSTRAINT positive;\n' >"$PROJECT/2_a.sql"
    run up
    [[ "$output" != *"violates it: "* ]] # rolled back with the constraint: there is nothing to ask
    printf -- '-- migrate:up\nALTER TABLE nokey ADD CONSTRAINT positive CHECK (a > 0) NOT VALID;\nALTER TABLE nokey VALIDATE CONSTRAINT positive;\n' >"$PROJECT/2_a.sql"
    run up
    [[ "$output" == *"1 row of public.nokey violates it: ctid (0,1)"* ]] || { echo "$output"; false; }
}

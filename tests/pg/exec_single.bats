#!/usr/bin/env bats
# Statements outside a transaction: what is left behind is found, judged and repaired; success is what the catalog says.

load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "exec_single_$BATS_TEST_NUMBER"
    pg_sql "CREATE TABLE t (id int, name text)" "INSERT INTO t SELECT g, 'n' || g FROM generate_series(1, 500) g"
}
teardown() { pg_session_end holder; }

file() { # NAME: standard input
    cat >"$PROJECT/$1.sql"
}

up() {
    migrate up --gate off --dir "$PROJECT" "$@"
}

make_invalid() { # SQL of a CREATE UNIQUE INDEX CONCURRENTLY that fails
    pg_sql "INSERT INTO t VALUES (-1, 'twice'), (-1, 'twice')"
    run psql -XAtq -c "$1"
    [ "$status" -ne 0 ]
    [ "$(pg_sql "SELECT count(*) FROM pg_index WHERE NOT indisvalid")" = 1 ]
    pg_sql "DELETE FROM t WHERE id = -1"
}

@test "a unique index whose build fails leaves nothing behind" {
    pg_sql "INSERT INTO t VALUES (1, 'n1')"
    printf -- '-- migrate:up\nCREATE UNIQUE INDEX CONCURRENTLY t_name ON t (name);\n' | file 1_a
    run up
    [ "$status" -eq 3 ]
    [[ "$output" == *"t_name"* ]]
    [ "$(pg_sql "SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass")" = 0 ]
    [ "$(pg_sql "SELECT count(*) FROM migrate.migrations")" = 0 ]
    [ "$(pg_sql "SELECT state, sqlstate FROM migrate.steps")" = "failed|23505" ]
    pg_sql "DELETE FROM t WHERE ctid IN (SELECT max(ctid) FROM t WHERE id = 1)"
    up
    [ "$(pg_sql "SELECT indisvalid, indisunique FROM pg_index WHERE indexrelid = 't_name'::regclass")" = "t|t" ]
}

@test "an invalid leftover of the same definition is dropped and built again, IF NOT EXISTS or not" {
    local words n=0
    for words in "" "IF NOT EXISTS"; do
        n=$((n + 1))
        make_invalid "CREATE UNIQUE INDEX CONCURRENTLY t_name_$n ON t (name)"
        printf -- '-- migrate:up\nCREATE UNIQUE INDEX CONCURRENTLY %s t_name_%s ON t (name);\n' "$words" "$n" | file "${n}_a"
        run up
        [ "$status" -eq 0 ]
        [[ "$output" == *"invalid index"* ]]
        [ "$(pg_sql "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_name_$n'::regclass")" = t ]
        pg_sql "DROP INDEX t_name_$n"
    done
}

@test "an invalid leftover of another definition is not ours to drop" {
    make_invalid "CREATE UNIQUE INDEX CONCURRENTLY t_name ON t (name)"
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY IF NOT EXISTS t_name ON t (id);\n' | file 1_a
    run up
    [ "$status" -eq 3 ]
    [[ "$output" == *"another definition"* ]]
    [ "$(pg_sql "SELECT count(*) FROM pg_index WHERE NOT indisvalid")" = 1 ]
}

@test "IF NOT EXISTS over a valid index: the same is passed over, another one is refused" {
    pg_sql "CREATE INDEX t_name ON t (name DESC) WHERE id > 1" "ALTER TABLE t ADD COLUMN gone int" "ALTER TABLE t DROP COLUMN gone"
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY IF NOT EXISTS t_name ON t (name DESC) WHERE (id > 1);\n' | file 1_a
    up
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY IF NOT EXISTS t_name ON t (name) WHERE id > 1;\n' | file 2_b
    run up
    [ "$status" -eq 3 ]
    [[ "$output" == *"another definition"* ]]
}

@test "a build that was cut short is built again; one that was finished is recorded" {
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY t_name ON t (name);\nALTER TABLE t ADD COLUMN a int;\n' | file 1_a
    up
    pg_sql "UPDATE migrate.steps SET state = 'started', finished_at = NULL WHERE ordinal = 1" "DELETE FROM migrate.steps WHERE ordinal = 2" \
        "UPDATE migrate.migrations SET state = 'applying', applied_at = NULL" "ALTER TABLE t DROP COLUMN a"
    oid=$(pg_sql "SELECT 't_name'::regclass::oid")
    run up
    [ "$status" -eq 0 ]
    [[ "$output" == *"recorded as done"* ]]
    [ "$(pg_sql "SELECT 't_name'::regclass::oid")" = "$oid" ]
    pg_sql "UPDATE migrate.steps SET state = 'started', finished_at = NULL WHERE ordinal = 1" "DELETE FROM migrate.steps WHERE ordinal = 2" \
        "UPDATE migrate.migrations SET state = 'applying', applied_at = NULL" "ALTER TABLE t DROP COLUMN a" \
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_name'::regclass"
    run up
    [ "$status" -eq 0 ]
    [ "$(pg_sql "SELECT 't_name'::regclass::oid")" != "$oid" ]
    [ "$(pg_sql "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_name'::regclass")" = t ]
}

@test "SIGTERM during a build: it is cancelled and recorded, the next run drops the rest and builds" {
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY t_name ON t (name);\n' | file 1_a
    pg_session holder "BEGIN; INSERT INTO t VALUES (0)"
    "$MIGRATE_BIN" up --gate off --dir "$PROJECT" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$! status=0
    until_true grep -q holder "$BATS_TEST_TMPDIR/out"
    kill -TERM "$pid"
    wait "$pid" || status=$?
    [ "$status" -eq 143 ]
    [ "$(pg_sql "SELECT result FROM migrate.runs")" = interrupted ]
    [ "$(pg_sql "SELECT state FROM migrate.steps")" = started ]
    [ "$(pg_sql "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'migrate%'")" = 0 ]
    pg_session holder "COMMIT"
    run up
    [ "$status" -eq 0 ]
    [[ "$output" == *"invalid index"* ]]
    [ "$(pg_sql "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_name'::regclass")" = t ]
}

@test "SIGINT during a transaction: rolled back, exit 130" {
    printf -- '-- migrate:up\nCREATE TABLE u (id int);\nSELECT pg_sleep(60);\n' | file 1_a
    "$MIGRATE_BIN" up --gate off --dir "$PROJECT" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$! status=0
    until_true eval '[ "$(pg_sql "SELECT count(*) FROM pg_stat_activity WHERE wait_event = '\''PgSleep'\''")" = 1 ]'
    kill -INT "$pid"
    wait "$pid" || status=$?
    # A shell starts background jobs with SIGINT ignored; what counts is the same either way.
    [ "$status" -eq 130 ]
    [ -z "$(pg_sql "SELECT to_regclass('u')")" ]
    [ "$(pg_sql "SELECT count(*) FROM migrate.migrations")" = 0 ]
}

@test "an index without a name is found by its definition" {
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY ON t (lower(name), id);\n' | file 1_a
    up
    pg_sql "UPDATE migrate.steps SET state = 'started', finished_at = NULL" "UPDATE migrate.migrations SET state = 'applying'"
    run up
    [ "$status" -eq 0 ]
    [ "$(pg_sql "SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass")" = 1 ]
}

@test "DETACH CONCURRENTLY that was cut short is finished" {
    [ "$(pg_sql "SHOW server_version_num")" -ge 140000 ] || skip "since PostgreSQL 14"
    pg_sql "CREATE TABLE p (id int) PARTITION BY RANGE (id)" "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)"
    printf -- '-- migrate:up\nALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;\n' | file 1_a
    pg_session holder "BEGIN; SELECT * FROM p"
    "$MIGRATE_BIN" up --gate off --dir "$PROJECT" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$! status=0
    until_true eval '[ "$(pg_sql "SELECT inhdetachpending FROM pg_inherits")" = t ]'
    kill -KILL "$pid"
    wait "$pid" || true
    pg_session holder "COMMIT"
    until_true eval '[ "$(pg_sql "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '\''migrate/%'\''")" = 0 ]'
    up
    [ "$(pg_sql "SELECT count(*) FROM pg_inherits")" = 0 ]
}

@test "DETACH CONCURRENTLY does not queue without end for a partition in use, and is finished when it is free" {
    [ "$(pg_sql "SHOW server_version_num")" -ge 140000 ] || skip "since PostgreSQL 14"
    pg_sql "CREATE TABLE p (id int) PARTITION BY RANGE (id)" "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)"
    printf -- '-- migrate:up\nALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;\n' | file 1_a
    pg_session holder "BEGIN; SELECT * FROM p1"
    run timeout 30 "$MIGRATE_BIN" up --gate off --lock-budget 2s --dir "$PROJECT"
    [ "$status" -eq 7 ]
    [[ "$output" == *holder*"half detached"*"gave way"* ]]
    [ "$(pg_sql "SELECT inhdetachpending FROM pg_inherits")" = t ]
    pg_session holder "COMMIT"
    up
    [ "$(pg_sql "SELECT count(*) FROM pg_inherits")" = 0 ]
}

@test "a procedure that commits: refused in a transaction, run alone, looked at when it fails" {
    pg_sql "CREATE PROCEDURE halves(fails bool) LANGUAGE plpgsql AS 'BEGIN UPDATE t SET id = -id WHERE id % 2 = 0; COMMIT; PERFORM 1 / (NOT fails)::int; UPDATE t SET id = -id WHERE id % 2 = 1; END'"
    printf -- '-- migrate:up transaction:true\nCALL halves(false);\n' | file 1_a
    run up
    [ "$status" -eq 2 ]
    [[ "$output" == *"PostgreSQL refuses this statement inside a transaction"* ]]
    printf -- '-- migrate:up\nCALL halves(false);\n' | file 1_a
    up
    [ "$(pg_sql "SELECT count(*) FROM t WHERE id < 0")" = 500 ]
    printf -- '-- migrate:up transaction:false\nCALL halves(true);\n' | file 2_b
    run up
    [ "$status" -eq 7 ]
    [[ "$output" == *"migrate mark 2 --applied | --pending"* ]]
    run up
    [ "$status" -eq 7 ]
    migrate mark 2 --pending --dir "$PROJECT"
    # a block without a COMMIT is its own transaction
    printf -- '-- migrate:up transaction:false\nDO $$ BEGIN PERFORM 1 / 0; END $$;\n' | file 2_b
    run up
    [ "$status" -eq 3 ]
}

@test "a leftover of REINDEX CONCURRENTLY is dropped before it runs again" {
    pg_sql "CREATE INDEX t_name ON t (name)"
    printf -- '-- migrate:up\nREINDEX INDEX CONCURRENTLY t_name;\n' | file 1_a
    pg_session holder "BEGIN; INSERT INTO t VALUES (0)"
    "$MIGRATE_BIN" up --gate off --dir "$PROJECT" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$!
    until_true eval '[ "$(pg_sql "SELECT count(*) FROM pg_index WHERE NOT indisvalid")" = 1 ]'
    kill -KILL "$pid"
    wait "$pid" || true
    pg_session holder "COMMIT"
    until_true eval '[ "$(pg_sql "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '\''migrate/%'\''")" = 0 ]'
    up
    [ "$(pg_sql "SELECT count(*), bool_and(indisvalid) FROM pg_index WHERE indrelid = 't'::regclass")" = "1|t" ]
}

@test "VACUUM and the like run alone; a failure in one is told with its line" {
    printf -- '-- migrate:up\nVACUUM t;\n\nVACUUM nowhere;\n' | file 1_a
    run up
    [ "$status" -eq 3 ]
    [[ "$output" == *"1_a.sql:4:"* ]]
    [ "$(pg_sql "SELECT ordinal, state FROM migrate.steps ORDER BY 1")" = "1|done
2|failed" ]
    printf -- '-- migrate:up\nVACUUM t;\n\nVACUUM pg_class;\n' | file 1_a
    up
}

@test "a SELECT that a snapshot would hold does not stop CONCURRENTLY: nothing of ours is open beside it" {
    printf -- '-- migrate:up\nSELECT count(*) FROM t;\nCREATE INDEX CONCURRENTLY t_a ON t (id);\nSELECT 1;\nCREATE INDEX CONCURRENTLY t_b ON t (name);\n' | file 1_a
    up --lock-budget 5s
    [ "$(pg_sql "SELECT count(*) FROM pg_index WHERE indisvalid AND indrelid = 't'::regclass")" = 2 ]
}

@test "a gentle pace builds an index without parallel workers" {
    pg_sql "CREATE FUNCTION told(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
            'BEGIN RAISE NOTICE ''workers %'', current_setting(''max_parallel_maintenance_workers''); RETURN \$1; END'" "DELETE FROM t WHERE id > 1"
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY t_told ON t (told(name));\n' | file 1_index
    run up --verbose --pace gentle
    [ "$status" -eq 0 ]
    [[ "$output" == *"workers 0"* ]] || { echo "$output"; false; }
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY t_told_2 ON t (told(name), id);\n' | file 2_index
    run up --verbose
    [[ "$output" == *"workers 2"* ]] || { echo "$output"; false; }
}

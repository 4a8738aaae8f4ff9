#!/usr/bin/env bats
# History: what is recorded, what is refused, what a resumed run may find changed.

load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "exec_history_$BATS_TEST_NUMBER"
}

file() { # NAME: standard input
    cat >"$PROJECT/$1.sql"
}

up() {
    migrate up --gate off --dir "$PROJECT" "$@"
}

@test "status on a database without history makes nothing" {
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n' | file 1_a
    migrate status --dir "$PROJECT"
    [ -z "$(pg_sql "SELECT to_regnamespace('migrate')")" ]
}

@test "what is recorded of a migration, its steps and the run" {
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n-- migrate:down\nDROP TABLE a;\n' | file 001_first
    up
    [ "$(pg_sql "SELECT version, name, layout, state, n_steps, applied_by FROM migrate.migrations")" = "001|first|native|applied|1|postgres" ]
    [ "$(pg_sql "SELECT sha256 FROM migrate.migrations")" = "$(sha256sum <"$PROJECT/001_first.sql" | cut -d' ' -f1)" ]
    [ "$(pg_sql "SELECT file_text FROM migrate.migrations")" = "$(cat "$PROJECT/001_first.sql")" ]
    [ "$(pg_sql "SELECT s.run = r.id AND m.run = r.id AND r.result = 'done' AND r.finished_at >= r.started_at AND s.backend_pid = r.backend_pid FROM migrate.migrations m, migrate.steps s, migrate.runs r")" = t ]
    [ "$(pg_sql "SELECT pg_catalog.obj_description('migrate.migrations'::regclass)")" = "migrate history, format 5" ]
}

@test "a history schema with an odd name" {
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n-- migrate:down\nDROP TABLE a;\n' | file 1_a
    up --schema "my \"odd\" 'name' \$h\$"
    [ "$(pg_sql "SELECT count(*) FROM \"my \"\"odd\"\" 'name' \$h\$\".migrations")" = 1 ]
    migrate down --yes --dir "$PROJECT" --schema "my \"odd\" 'name' \$h\$"
}

@test "a history of a newer format is refused with a way out" {
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n' | file 1_a
    up
    pg_sql "COMMENT ON TABLE migrate.migrations IS 'migrate history, format 999'" "ALTER TABLE migrate.migrations RENAME COLUMN state TO other"
    run up
    [ "$status" -eq 5 ]
    [[ "$output" == *"format 999"* && "$output" == *"newer version"* ]]
}

@test "a table of somebody else under our name is not touched" {
    pg_sql "CREATE SCHEMA migrate" "CREATE TABLE migrate.migrations (id int)"
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n' | file 1_a
    run up
    [ "$status" -eq 5 ]
    [[ "$output" == *"not the history"* ]]
    [ -z "$(pg_sql "SELECT to_regclass('a')")" ]
}

@test "no right to make the schema: said with the way out" {
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n' | file 1_a
    pg_sql "DROP ROLE IF EXISTS meek" "CREATE ROLE meek LOGIN" "GRANT CREATE ON SCHEMA public TO meek"
    PGUSER=meek run up --url "postgresql://meek@/$PGDATABASE?host=$PG_DIR"
    [ "$status" -eq 3 ]
    [[ "$output" == *"CREATE SCHEMA"* ]]
    # the way out
    pg_sql "CREATE SCHEMA migrate"
    PGUSER=meek run up --url "postgresql://meek@/$PGDATABASE?host=$PG_DIR"
    [ "$status" -eq 3 ]
    [[ "$output" == *"GRANT USAGE, CREATE ON SCHEMA \"migrate\""* ]]
    pg_sql "GRANT USAGE, CREATE ON SCHEMA migrate TO meek"
    PGUSER=meek up --url "postgresql://meek@/$PGDATABASE?host=$PG_DIR"
}

@test "a read-only session and a read-only role are refused before anything" {
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n' | file 1_a
    pg_sql "ALTER DATABASE \"$PGDATABASE\" SET default_transaction_read_only = on"
    run up
    [ "$status" -eq 3 ]
    [[ "$output" == *"read-only"* && "$output" == *"default_transaction_read_only"* ]]
}

@test "a failing statement is told with file, line and column, and nothing of its step stays" {
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\nALTER TABLE a\n  ADD COLUMN b nosuchtype;\n' | file 1_a
    run up
    [ "$status" -eq 3 ]
    [[ "$output" == *"1_a.sql:4:16:"* ]]
    [ -z "$(pg_sql "SELECT to_regclass('a')")" ]
    [ "$(pg_sql "SELECT state, sqlstate FROM migrate.steps")" = "failed|42704" ]
    [ "$(pg_sql "SELECT count(*) FROM migrate.migrations")" = 0 ]
}

@test "a failing COMMIT (deferred constraint) is a failure of the step" {
    printf -- '-- migrate:up\nCREATE TABLE a (id int PRIMARY KEY, r int REFERENCES a DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO a VALUES (1, 2);\n' | file 1_a
    printf -- '-- migrate:up\nCREATE TABLE b (id int);\n' | file 2_b
    run up
    [ "$status" -eq 3 ]
    [ -z "$(pg_sql "SELECT to_regclass('a')")$(pg_sql "SELECT to_regclass('b')")" ]
    [ "$(pg_sql "SELECT sqlstate FROM migrate.steps")" = 23503 ]
}

part_done() {
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\nCREATE INDEX CONCURRENTLY a_id ON a (id);\nALTER TABLE nowhere ADD COLUMN x int;\n' | file 1_a
    run up
    [ "$status" -eq 3 ]
    [ "$(pg_sql "SELECT state FROM migrate.migrations")" = applying ]
}

@test "a step that failed may be mended in the file; what is done is not done again" {
    part_done
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\nCREATE INDEX CONCURRENTLY a_id ON a (id);\nALTER TABLE a ADD COLUMN x int;\n' | file 1_a
    up
    [ "$(pg_sql "SELECT state, n_steps, sha256 FROM migrate.migrations")" = "applied|3|$(sha256sum <"$PROJECT/1_a.sql" | cut -d' ' -f1)" ]
}

@test "a step that failed may be taken out of the file" {
    part_done
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\nCREATE INDEX CONCURRENTLY a_id ON a (id);\n' | file 1_a
    up
    [ "$(pg_sql "SELECT state, n_steps FROM migrate.migrations")" = "applied|2" ]
}

@test "a step that is done may not be edited: the step and the place are named" {
    part_done
    printf -- '-- migrate:up\nCREATE TABLE a (id bigint);\nCREATE INDEX CONCURRENTLY a_id ON a (id);\n' | file 1_a
    run up
    [ "$status" -eq 5 ]
    [[ "$output" == *"step 1 of migration 1 a was done"* && "$output" == *"1_a.sql:2"* ]]
    [[ "$output" == *"- CREATE TABLE a (id int);"*"+ CREATE TABLE a (id bigint);"* ]]
}

@test "line endings and comments before statements are no edit" {
    part_done
    printf -- '-- migrate:up\r\n-- a word\r\nCREATE TABLE a (id int);\r\nCREATE INDEX CONCURRENTLY a_id ON a (id);\r\n' | file 1_a
    up
}

@test "the plan is cut otherwise once the first steps are done: it goes on all the same" {
    pg_sql "CREATE TABLE t (id int, c int)" "INSERT INTO t VALUES (1, 2)"
    printf -- '-- migrate:up\nALTER TABLE t ADD COLUMN x int;\nALTER TABLE t ALTER COLUMN c TYPE bigint;\nALTER TABLE t ADD COLUMN y int;\nCREATE INDEX CONCURRENTLY t_c ON t (nosuch);\nALTER TABLE t ADD COLUMN z int;\n' | file 1_a
    before=$(migrate plan --gate off --dir "$PROJECT" | grep -c '^  step')
    run up
    [ "$status" -eq 3 ]
    done=$(pg_sql "SELECT count(*) FROM migrate.steps WHERE state = 'done'")
    [ "$done" -ge 3 ]
    sed -i 's/nosuch/c/' "$PROJECT/1_a.sql"
    [ "$(migrate plan --gate off --dir "$PROJECT" | grep -c '^  step')" -lt "$before" ]
    up
    [ "$(pg_sql "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0")" = id,c,x,y,z ]
    [ "$(pg_sql "SELECT state FROM migrate.migrations")" = applied ]
    [ "$(pg_sql "SELECT max(attempts) FROM migrate.steps")" = 1 ]
}

@test "SET search_path holds for the rest of its file, also when resumed, and not for the next file" {
    pg_sql "CREATE SCHEMA app"
    printf -- "-- migrate:up\nSET search_path = app;\nCREATE TABLE one (id int);\nCREATE INDEX CONCURRENTLY one_id ON one (id);\nALTER TABLE missing ADD COLUMN x int;\nCREATE TABLE two (id int);\n" | file 1_a
    printf -- "-- migrate:up\nCREATE TABLE three (id int);\n" | file 2_b
    run up
    [ "$status" -eq 3 ]
    sed -i '/missing/d' "$PROJECT/1_a.sql"
    up
    [ "$(pg_sql "SELECT string_agg(relnamespace::regnamespace || '.' || relname, ' ' ORDER BY relname) FROM pg_class WHERE relname IN ('one', 'two', 'three')")" = "app.one public.three app.two" ]
}

@test "pg_dump's empty search_path neither hides the history nor leaks" {
    printf -- "-- migrate:up\nSELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.one (id int);\n" | file 1_a
    printf -- "-- migrate:up\nCREATE TABLE two (id int);\n" | file 2_b
    up
    [ "$(pg_sql "SELECT count(*) FROM migrate.migrations")" = 2 ]
}

@test "SET ROLE in a file: its objects are the role's, its history is ours, the next file is as before" {
    pg_sql "DROP ROLE IF EXISTS app_owner" "CREATE ROLE app_owner" "GRANT CREATE ON SCHEMA public TO app_owner"
    printf -- "-- migrate:up\nSET ROLE app_owner;\nCREATE TABLE one (id int);\nCREATE INDEX CONCURRENTLY one_id ON one (id);\n" | file 1_a
    printf -- "-- migrate:up\nSET LOCAL ROLE app_owner;\nCREATE TABLE two (id int);\n" | file 2_b
    printf -- "-- migrate:up\nCREATE TABLE three (id int);\n" | file 3_c
    up
    [ "$(pg_sql "SELECT string_agg(relowner::regrole::text, ' ' ORDER BY relname) FROM pg_class WHERE relname IN ('one', 'two', 'three')")" = "app_owner postgres app_owner" ]
    pg_sql "DROP OWNED BY app_owner"
}

@test "a file that lets go of all advisory locks does not let go of the run" {
    printf -- "-- migrate:up\nSELECT pg_advisory_unlock_all();\n" | file 1_a
    printf -- "-- migrate:up\nDO \$\$ BEGIN IF (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) <> 1 THEN RAISE 'not locked'; END IF; END \$\$;\n" | file 2_b
    up
}

@test "settings put back behind many files: the lock is ours once, and gone at the end of the run" {
    printf -- "-- migrate:up\nSET work_mem = '5MB';\nCREATE TABLE a (id int);\n-- migrate:down\nSET work_mem = '5MB';\nDROP TABLE a;\n" | file 1_a
    printf -- "-- migrate:up\nSET work_mem = '6MB';\nCREATE TABLE b (id int);\n-- migrate:down\nDROP TABLE b;\n" | file 2_b
    printf -- "-- migrate:up\nDO \$\$ BEGIN IF current_setting('work_mem') <> '4MB' THEN RAISE 'leaked'; END IF; END \$\$;\n-- migrate:down\n" | file 3_c
    up
    migrate redo --yes --gate off --dir "$PROJECT"
    [ "$(pg_sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")" = 0 ]
}

@test "an empty migration, and one of comments" {
    printf -- '-- migrate:up\n-- migrate:down\n' | file 1_a
    printf -- '-- migrate:up\n-- nothing yet\n-- migrate:down\n-- nothing\n' | file 2_b
    up
    [ "$(pg_sql "SELECT state, n_steps FROM migrate.migrations")" = "applied|0
applied|0" ]
    migrate down --all --yes --dir "$PROJECT"
    [ "$(pg_sql "SELECT count(*) FROM migrate.migrations")" = 0 ]
}

@test "notices are passed on when asked for" {
    printf -- "-- migrate:up\nDO \$\$ BEGIN RAISE NOTICE 'hello from the server'; END \$\$;\n" | file 1_a
    run up --verbose
    [ "$status" -eq 0 ]
    [[ "$output" == *"hello from the server"* ]]
}

@test "COPY data of 10,000 rows in the middle of a transaction, and its failure" {
    { printf -- '-- migrate:up\nCREATE TABLE a (id int, t text);\nCOPY a FROM stdin;\n'; seq 10000 | sed 's/$/\tx/'; printf '\\.\nCREATE TABLE b (id int);\n'; } | file 1_a
    up
    [ "$(pg_sql "SELECT count(*) FROM a")" = 10000 ]
    { printf -- '-- migrate:up\nCREATE TABLE c (id int);\nCOPY c FROM stdin;\n1\nx\n\\.\n'; } | file 2_b
    run up
    [ "$status" -eq 3 ]
    [ -z "$(pg_sql "SELECT to_regclass('c')")" ]
}

@test "a step of 3,000 statements is one transaction" {
    { printf -- '-- migrate:up\nCREATE TABLE a (id int PRIMARY KEY);\n'; seq 3000 | sed 's/.*/INSERT INTO a VALUES (&);/'; echo "INSERT INTO a VALUES (7);"; } | file 1_a
    run up
    [ "$status" -eq 3 ]
    [[ "$output" == *"1_a.sql:3003:"* ]]
    [ -z "$(pg_sql "SELECT to_regclass('a')")" ]
    sed -i '$d' "$PROJECT/1_a.sql"
    up
    [ "$(pg_sql "SELECT count(*) FROM a")" = 3000 ]
}

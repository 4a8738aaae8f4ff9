#!/usr/bin/env bats
# What a file leaves in the session must neither change what the next file means, nor how we wait and write history.

load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "exec_session_$BATS_TEST_NUMBER"
}
teardown() { pg_session_end holder; }

file() { # NAME SQL
    printf -- '-- migrate:up\n%s\n-- migrate:down\n' "$2" >"$PROJECT/$1.sql"
}

more_files() { # so many that history is written by a prepared statement
    local n
    for n in 3 4 5 6 7; do
        file "${n}_more" "CREATE TABLE more_$n (id int);"
    done
}

up() { migrate up --gate off --dir "$PROJECT" "$@"; }

applied() { pg_sql "SELECT string_agg(version, ' ' ORDER BY apply_order) FROM migrate.migrations WHERE state = 'applied'"; }

@test "a temporary table does not hide a table from the next file" {
    file 1_table 'CREATE TABLE item (id int);'
    file 2_temporary 'CREATE TEMPORARY TABLE item (id int); INSERT INTO item VALUES (1);'
    file 3_column 'ALTER TABLE item ADD COLUMN note text;'
    up
    [ "$(pg_sql "SELECT count(*) FROM pg_attribute WHERE attrelid = 'public.item'::regclass AND attname = 'note'")" = 1 ]
}

@test "what a DO block sets is not there for the next file" {
    file 1_path "CREATE SCHEMA other; DO \$\$ BEGIN EXECUTE 'SET search_path = other'; END \$\$;"
    file 2_table 'CREATE TABLE item (id int);'
    up
    [ "$(pg_sql "SELECT relnamespace::regnamespace FROM pg_class WHERE relname = 'item'")" = public ]
}

@test "a role that a DO block takes on does not write history" {
    pg_sql "CREATE ROLE exec_session_lowly"
    file 1_role 'DO $$ BEGIN SET ROLE exec_session_lowly; END $$;'
    file 2_table 'CREATE TABLE item (id int);'
    up
    [ "$(pg_sql "SELECT relowner::regrole FROM pg_class WHERE relname = 'item'")" = postgres ]
    pg_sql "DROP ROLE exec_session_lowly"
}

@test "DEALLOCATE ALL and DISCARD ALL take nothing from us" {
    file 1_deallocate 'DEALLOCATE ALL; CREATE TABLE a (id int);'
    file 2_discard 'CREATE TABLE b (id int); DISCARD ALL; CREATE TABLE c (id int);'
    more_files
    up
    [ "$(applied)" = "1 2 3 4 5 6 7" ]
}

@test "the run lock is held again behind DISCARD ALL, while the rest of its file runs" {
    file 1_discard 'DISCARD ALL; CREATE TABLE a AS SELECT count(*) AS n FROM pg_locks WHERE locktype = '"'advisory'"';'
    up
    [ "$(pg_sql "SELECT n FROM a")" = 1 ]
}

@test "SET lock_timeout = 0 does not make us wait without end, another limit is kept" {
    local set
    pg_sql "CREATE TABLE item (id int)"
    pg_session holder "BEGIN; LOCK TABLE item IN ACCESS SHARE MODE"
    for set in 'SET lock_timeout = 0' 'SET LOCAL lock_timeout = 0' 'RESET lock_timeout' 'RESET ALL' \
        "SELECT pg_catalog.set_config('lock_timeout', '0', false)"; do
        file 1_column "$set; ALTER TABLE item ADD COLUMN note text;"
        run timeout 20 "$MIGRATE_BIN" up --gate off --dir "$PROJECT" --lock-budget 500ms
        echo "$set: $status $output"
        [ "$status" -eq 4 ]
    done
    pg_session_end holder
    pg_fresh_db exec_session_kept
    file 1_column "SET lock_timeout = '7s'; CREATE TABLE kept AS SELECT current_setting('lock_timeout') AS t;"
    up
    [ "$(pg_sql "SELECT t FROM kept")" = 7s ]
}

@test "history is in our characters, whatever the file's encoding is" {
    file 1_größe "SET client_encoding = 'LATIN1'; CREATE TABLE item (id int);"
    up
    [ "$(pg_sql "SELECT name FROM migrate.migrations")" = größe ]
}

#!/usr/bin/env bats
# rehearse: pending migrations on a throw-away copy of the schema.

load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir migrations
    pg_fresh_db "rehearse_$BATS_TEST_NUMBER"
    printf -- '-- migrate:up\nCREATE TABLE t (id int PRIMARY KEY, note text);\n-- migrate:down\nDROP TABLE t;\n' >migrations/1_a.sql
    migrate up --quiet --gate off
    pg_sql "INSERT INTO t VALUES (1, 'a')"
}

@test "pending migrations are seen with their locks, and the database is only read" {
    cat >migrations/2_b.sql <<'SQL'
-- migrate:up
ALTER TABLE t ALTER COLUMN note TYPE varchar(10);
CREATE INDEX CONCURRENTLY t_note ON t (note);
-- migrate:backfill
UPDATE t SET note = 'x' WHERE note IS NULL;
-- migrate:down
DROP INDEX CONCURRENTLY t_note;
ALTER TABLE t ALTER COLUMN note TYPE text;
SQL
    migrate dump -o before.sql
    migrate rehearse --json >seen.json
    migrate dump -o after.sql
    cmp before.sql after.sql
    [ "$(pg_sql "SELECT count(*) FROM migrate.runs")" = 1 ]
    [ "$(migrate runs --json | jq '.runs | length')" = 1 ]
    [ "$(jq -c '[.server_version > 12, (.migrations | length), (.migrations[0].steps | length), (.differences | length)]' seen.json)" = '[true,1,3,0]' ]
    [ "$(jq -c '.migrations[0].statements[0] | [.traced, .locks[0], .rewrite, .in_transaction]' seen.json)" = \
        '[true,{"relation":"public.t","mode":"ACCESS EXCLUSIVE"},["public.t"],"allowed"]' ]
    [ "$(jq -c '.migrations[0].statements[1] | [.traced, .in_transaction, .index_build]' seen.json)" = '[true,"refused",["public.t_note"]]' ]
    [ "$(jq -c '.round_trip | [.versions, .left_out, .after_down, .after_up]' seen.json)" = '[["2"],[],"same","same"]' ]
}

@test "a down part that leaves something behind: exit 1, and what" {
    printf -- '-- migrate:up\nCREATE TABLE b (id int);\nCREATE SEQUENCE left_over;\n-- migrate:down\nDROP TABLE b;\n' >migrations/2_b.sql
    run migrate rehearse
    [ "$status" -eq 1 ]
    [[ "$output" == *"up and down leaves another schema than before"* ]]
    [[ "$output" == *"+ CREATE SEQUENCE public.left_over"* ]]
    [[ "$output" == *"up, down and up makes another schema than up"*'it fails: relation "left_over" already exists'* ]]
}

@test "what has no down part is left out, what comes behind it is not" {
    printf -- '-- migrate:up\nCREATE TABLE b (id int);\n' >migrations/2_b.sql
    printf -- '-- migrate:up\nCREATE TABLE c (id int);\n-- migrate:down\nDROP TABLE c;\n' >migrations/3_c.sql
    [ "$(migrate rehearse --json | jq -c '.round_trip | [.versions, .left_out, .after_down]')" = '[["3"],["2"],"same"]' ]
    run migrate rehearse --to 2
    [ "$status" -eq 0 ]
    [[ "$output" == *"not taken down again: 2 (it has no down part)"* ]]
    [[ "$output" == *"1 migration on the schema of"* ]]
}

@test "a migration that fails fails here first, with its place" {
    printf -- '-- migrate:up\nALTER TABLE t ADD x int;\nALTER TABLE nowhere ADD y int;\n' >migrations/2_b.sql
    run migrate rehearse
    [ "$status" -eq 3 ]
    [[ "$output" == *"2_b.sql:3:"*"nowhere"* ]]
    [ "$(pg_sql "SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'x'")" = 0 ]
}

@test "roles, policies and the search path are as on the database" {
    pg_sql "DROP ROLE IF EXISTS rehearse_app" "CREATE ROLE rehearse_app LOGIN SUPERUSER" "CREATE SCHEMA app" "CREATE TABLE app.own (id int)" \
        "ALTER TABLE app.own ENABLE ROW LEVEL SECURITY" "CREATE POLICY p ON app.own TO rehearse_app USING (true)" \
        "ALTER ROLE rehearse_app SET search_path = app, public"
    printf -- '-- migrate:up\nALTER TABLE own ALTER id TYPE bigint;\n-- migrate:down\nALTER TABLE own ALTER id TYPE int;\n' >migrations/2_b.sql
    run migrate rehearse --url "${DATABASE_URL/postgres@/rehearse_app@}"
    [ "$status" -eq 0 ]
    [[ "$output" == *"ACCESS EXCLUSIVE on app.own, rewritten"* ]]
    [[ "$output" == *"up, down, up of 2: the schema is the same each time"* ]]
    [[ "$output" == *"1 of 1 statement traced, 0 differences from the rulebook"* ]]
}

@test "statements that need each other's transaction, rows with COPY, and nothing to do" {
    printf -- '-- migrate:up\nSET LOCAL search_path = public;\nLOCK TABLE t;\nCOPY t FROM stdin;\n7\tseven\n\\.\nDO $$ BEGIN PERFORM 1; END $$;\n-- migrate:down\nDELETE FROM t WHERE id = 7;\n' >migrations/2_b.sql
    run migrate rehearse
    [ "$status" -eq 0 ]
    [[ "$output" == *"not traced: it brings rows with it"* ]]
    [[ "$output" == *"3 of 4 statements traced"* ]]
    migrate up --quiet --gate off
    run migrate rehearse
    [ "$status" -eq 0 ]
    [ "$output" = "nothing to do" ]
}

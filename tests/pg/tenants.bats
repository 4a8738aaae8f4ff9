#!/usr/bin/env bats
# The same migrations for many schemas: --tenant and --schema-each.
load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    pg_fresh_db "tenants_$BATS_TEST_NUMBER" 2>/dev/null
    cd "$BATS_TEST_TMPDIR" || return 1
    mkdir migrations
    printf -- '-- migrate:up\nCREATE TABLE a (id int PRIMARY KEY);\n-- migrate:down\nDROP TABLE a;\n' >migrations/1_a.sql
    printf -- '-- migrate:up\nCREATE TABLE b (id int REFERENCES a);\nCREATE INDEX CONCURRENTLY b_id ON b (id);\n-- migrate:down\nDROP TABLE b;\n' >migrations/2_b.sql
}

schemas() {
    local one
    for one in "$@"; do pg_sql "CREATE SCHEMA \"${one//\"/\"\"}\""; done
}

tables() { # SCHEMA
    pg_sql "SELECT coalesce(string_agg(relname, ' ' ORDER BY relname), '') FROM pg_class WHERE relkind = 'r' AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = '$1')"
}

@test "each tenant gets its own tables and its own history; again there is nothing to do" {
    schemas t_1 t_2 't "3" \x, y' other
    run migrate up --schema-each 't*'
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(tables t_1)" = "a b" ] && [ "$(tables t_2)" = "a b" ] && [ "$(tables 't "3" \x, y')" = "a b" ]
    [ -z "$(tables other)" ] && [ -z "$(tables public)" ]
    [[ "$output" == *"t_1 | applied 2 migrations"* ]]
    [ "$(pg_sql "SELECT string_agg(version, ' ' ORDER BY version) FROM migrate_t_2.migrations")" = "1 2" ]
    run migrate up --schema-each 't*' --json
    [ "$status" -eq 0 ]
    [ "$(jq -c '[.targets[] | [.target, .state, .exit_code]]' <<<"$output")" = '[["t \"3\" \\x, y","done",0],["t_1","done",0],["t_2","done",0]]' ]
    run migrate down 1 --tenant t_2
    [ "$status" -eq 0 ]
    [ "$(tables t_2)" = "a" ] && [ "$(tables t_1)" = "a b" ]
    run migrate status --schema-each 't_*' --json
    [ "$(jq -c '[.targets[].answer.migrations | map(.state)]' <<<"$output")" = '[["applied","applied"],["applied","pending"]]' ]
    run migrate status --schema-each 't_*' --exit-code
    [ "$status" -eq 1 ]
    migrate validate --schema-each t_1
}

@test "RESET in a migration comes back to the tenant's schema, and to no other" {
    schemas t_1
    printf -- '-- migrate:up\nSET search_path = pg_catalog;\nRESET search_path;\nCREATE TABLE c ();\nRESET ALL;\nCREATE TABLE d ();\n' >migrations/3_c.sql
    migrate up --schema-each t_1 --quiet
    [ "$(tables t_1)" = "a b c d" ]
    [ -z "$(tables public)" ]
    PGOPTIONS='-c work_mem=7MB' migrate status --tenant t_1
}

@test "a tenant that fails is the only one that is missing, and the same command takes up the rest" {
    schemas t_1 t_2 t_3 t_4
    pg_sql "CREATE TABLE t_2.b ()"
    run migrate up --schema-each 't_*' --schema-jobs 1
    echo "$output"
    [ "$status" -eq 3 ]
    [[ "$output" == *"t_1  done"*"canary"*"t_2  failed       exit code 3"*"t_3  not started"*"1 of 4 tenants failed"* ]]
    [ "$(tables t_1)" = "a b" ] && [ -z "$(tables t_3)" ]
    run migrate up --schema-each 't_*' --schema-failures 2
    [ "$status" -eq 3 ]
    [ "$(tables t_3)" = "a b" ] && [ "$(tables t_4)" = "a b" ]
    pg_sql "DROP TABLE t_2.b"
    migrate up --schema-each 't_*' --quiet
    [ "$(tables t_2)" = "a b" ]
}

@test "the canary goes alone, and when it fails nobody follows" {
    schemas t_1 t_2
    pg_sql "CREATE TABLE t_1.a ()"
    run migrate up --schema-each 't_*' --schema-failures 5
    [ "$status" -eq 3 ]
    [[ "$output" == *"t_2  not started"* ]]
    [ -z "$(tables t_2)" ]
}

@test "who is a tenant: names in their order, patterns, left out, asked of the database" {
    schemas t_1 t_2 t_10 tx
    pg_sql "CREATE TABLE tenants (name text, active bool, place int); INSERT INTO tenants VALUES ('t_10', true, 1), ('t_2', false, 2), ('t_1', true, 3)"
    names() { jq -r '[.targets[].target] | join(" ")' <<<"$output"; }
    run migrate status --json --schema-each tx --schema-each 't*' --schema-each '!t_1'
    [ "$(names)" = "tx t_10 t_2" ]
    run migrate status --json --schema-each-query 'SELECT name FROM tenants WHERE active ORDER BY place'
    [ "$(names)" = "t_10 t_1" ]
    migrate up --schema-each 't_*' --quiet
    run migrate status --json --schema-each '*'
    [ "$(names)" = "public t_1 t_10 t_2 tx" ]
    run migrate status --schema-each t_3
    [ "$status" -eq 2 ]
    [[ "$output" == *"there is no schema t_3 for a tenant"* ]]
    run migrate status --schema-each 'x_*'
    [ "$status" -eq 2 ]
    run migrate status --schema-each-query 'DELETE FROM tenants RETURNING name'
    [ "$status" -eq 3 ]
    [ "$(pg_sql "SELECT count(*) FROM tenants")" = 3 ]
    printf 'tenants: {schemas: ["t_*", "!t_2"]}\n' >migrate.yaml
    run migrate status --json
    [ "$(names)" = "t_1 t_10" ]
    run migrate status --tenant t_2
    [ "$status" -eq 0 ]
    [[ "$output" == *"2 applied"* ]]
}

@test "a schema that is not there, or not ours to use, is no reason to write into public" {
    run migrate up --tenant nobody
    [ "$status" -eq 2 ]
    [[ "$output" == *"there is no schema nobody for the tenant"* ]]
    schemas locked
    pg_sql "DROP ROLE IF EXISTS poor" "CREATE ROLE poor LOGIN" "GRANT CREATE ON DATABASE \"$PGDATABASE\" TO poor" "GRANT ALL ON SCHEMA public TO poor"
    PGUSER=poor run migrate up --tenant locked --url "dbname=$PGDATABASE user=poor"
    [ "$status" -eq 2 ]
    [[ "$output" == *"names are not looked up in it"* ]]
    [ -z "$(tables public)" ]
}

@test "the history's name: behind --schema, or where {} stands; too long is refused" {
    schemas t_1 "$(printf 'x%.0s' {1..60})"
    migrate up --tenant t_1 --schema 'h_{}' --quiet
    [ "$(pg_sql "SELECT count(*) FROM h_t_1.migrations")" = 2 ]
    migrate up --tenant t_1 --schema '{}' --to 1 --dry-run
    run migrate up --tenant "$(printf 'x%.0s' {1..60})"
    [ "$status" -eq 2 ]
    [[ "$output" == *"whose name is too long"*"--schema 'h_{}'"* ]]
}

@test "the placeholder tenant is the schema's name" {
    schemas t_1 t_2
    printf -- '-- migrate:up\nCREATE TABLE ${tenant}.q (id int);\n' >migrations/3_q.sql
    migrate up --schema-each 't_*' --quiet
    [ "$(tables t_2)" = "a b q" ]
}

@test "a tenant's run looks at its own catalog and the shared one, not at the other tenants'" {
    schemas t_1 t_2
    migrate up --schema-each 't_*' --quiet
    pg_sql "CREATE TABLE public.shared (id int PRIMARY KEY)" "ALTER TABLE t_2.a ADD FOREIGN KEY (id) REFERENCES public.shared" \
        "CREATE VIEW t_2.v AS SELECT a.id FROM t_1.a JOIN t_2.b USING (id)" "ALTER TABLE t_2.b ADD FOREIGN KEY (id) REFERENCES t_1.a" \
        "CREATE TYPE t_1.e AS ENUM ('x')" "ALTER TABLE t_2.b ADD COLUMN e t_1.e" "CREATE TABLE t_2.child () INHERITS (t_1.a)"
    printf -- '-- migrate:up\nALTER TABLE b ADD COLUMN z int;\nALTER TABLE a ADD COLUMN z int;\n' >migrations/3_z.sql
    migrate up --schema-each t_2 --schema-each t_1 --quiet
    [ "$(pg_sql "SELECT count(*) FROM pg_attribute WHERE attname = 'z' AND attrelid IN ('t_1.a'::regclass, 't_2.a'::regclass)")" = 2 ]
}

@test "one snapshot for all of them: the first that has something to do takes it" {
    schemas t_1 t_2 t_3
    migrate up --tenant t_1 --quiet
    migrate up --schema-each 't_*' --schema-jobs 1 --snapshot-command 'sh -c "echo {id} >>taken"' --quiet
    [ "$(wc -l <taken)" -eq 1 ]
}

@test "adopt takes the tenant's own table, never that of all" {
    schemas t_1 t_2
    for i in public t_1; do
        pg_sql "CREATE TABLE $i.schema_migrations (version varchar PRIMARY KEY); INSERT INTO $i.schema_migrations VALUES ('1')"
    done
    run migrate adopt --from dbmate --tenant t_2
    [ "$status" -eq 2 ]
    migrate adopt --from dbmate --tenant t_1 --quiet
    [ "$(pg_sql "SELECT string_agg(version, ' ') FROM migrate_t_1.migrations")" = 1 ]
}

@test "interrupted, every tenant stops, and the same command takes up the rest" {
    schemas t_1 t_2
    pg_sql "CREATE TABLE t_2.gate (id int)"
    printf -- '-- migrate:up\nCREATE TABLE w AS SELECT 1 AS x FROM pg_sleep(CASE WHEN to_regclass('"'gate'"') IS NULL THEN 0 ELSE 600 END);\n' >migrations/3_w.sql
    "$MIGRATE_BIN" up --schema-each 't_*' --gate off >out 2>&1 3>&- &
    pid=$!
    until_true sleeping
    kill -TERM $pid
    wait $pid && false || [ $? -eq 143 ]
    [ "$(tables t_2)" = "a b gate" ]
    pg_sql "DROP TABLE t_2.gate"
    migrate up --schema-each 't_*' --gate off --quiet
    [ "$(tables t_2)" = "a b w" ]
}
sleeping() { [ "$(pg_sql "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")" = 1 ]; }

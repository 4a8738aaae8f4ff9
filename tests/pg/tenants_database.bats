#!/usr/bin/env bats
# The same migrations for many databases of a server: --dbname, --database-each, and each of a fleet's servers with its tenants.
load lib
load ../cli/aws

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    local n
    aws_no_settings
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/.state
    cd "$BATS_TEST_TMPDIR" || return 1
    mkdir migrations
    printf -- '-- migrate:up\nCREATE TABLE a (id int PRIMARY KEY);\n-- migrate:down\nDROP TABLE a;\n' >migrations/1_a.sql
    for n in shop_1 shop_2 "shop '3\" \\ &" other; do fresh "$n"; done
    PGDATABASE=postgres
    DATABASE_URL=$(pg_url postgres)
}
teardown() {
    local n
    for n in shop_1 shop_2 "shop '3\" \\ &" other; do drop "$n"; done
    aws_stop
}

drop() { PGDATABASE=postgres pg_sql "DROP DATABASE IF EXISTS \"${1//\"/\"\"}\" WITH (FORCE)" 2>/dev/null; }
fresh() {
    drop "$1"
    PGDATABASE=postgres pg_sql "CREATE DATABASE \"${1//\"/\"\"}\""
}
in_db() { # DATABASE SQL
    "$PG_BIN/psql" -X -q -At -v ON_ERROR_STOP=1 -h "$PG_DIR" -p 5432 -U postgres -d "$1" -c "$2"
}
has_a() { [ "$(in_db "$1" "SELECT to_regclass('a') IS NOT NULL")" = t ]; }

@test "each database gets its tables and its history; again there is nothing to do" {
    run migrate up --database-each 'shop*'
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    has_a shop_1 && has_a shop_2 && has_a "shop '3\" \\ &"
    ! has_a other
    ! has_a postgres
    [[ "$output" == *"shop_1 | applied 1 migration"*"canary"* ]]
    [ "$(in_db shop_2 "SELECT count(*) FROM migrate.migrations")" = 1 ]
    run migrate up --database-each 'shop*' --json
    [ "$(jq -c '[.targets[] | [.target, .state, .exit_code]]' <<<"$output")" = '[["shop '"'"'3\" \\ &","done",0],["shop_1","done",0],["shop_2","done",0]]' ] || { echo "$output"; false; }
    run migrate down --dbname shop_2
    [ "$status" -eq 0 ]
    ! has_a shop_2
    has_a shop_1
    # Keywords and the bare name of a database say it, too.
    migrate up --dbname shop_2 --url "host=$PG_DIR user=postgres dbname=other" --quiet
    has_a shop_2
    ! has_a other
    PGHOST=$PG_DIR PGUSER=postgres run migrate status --dbname shop_2 --url postgres --exit-code
    [ "$status" -eq 0 ]
}

@test "which: a query, patterns, one that is not there" {
    pg_sql "CREATE TABLE IF NOT EXISTS customers AS SELECT * FROM (VALUES ('shop_2', 1), ('shop_1', 2)) AS v (db, place)"
    run migrate status --json --database-each-query 'SELECT db FROM customers ORDER BY place'
    [ "$(jq -r '[.targets[].target] | join(" ")' <<<"$output")" = "shop_2 shop_1" ] || { echo "$output"; false; }
    run migrate status --database-each shop_9
    [ "$status" -eq 2 ]
    [[ "$output" == *"there is no database shop_9 for a tenant"*"did you mean shop_"* ]]
    run migrate status --database-each 'x*'
    [ "$status" -eq 2 ]
    [[ "$output" == *"no database is a tenant's by --database-each"*"psql lists them with \\l"* ]]
    printf 'tenants: {databases: ["shop_*", "!shop_1"]}\n' >migrate.yaml
    run migrate status --json
    [ "$(jq -r '[.targets[].target] | join(" ")' <<<"$output")" = "shop_2" ]
}

@test "one that fails stops the rest, and the same command takes it up" {
    in_db shop_2 "CREATE TABLE a (x int)"
    run migrate up --database-each shop_1 --database-each shop_2 --database-each other --schema-jobs 1
    [ "$status" -eq 3 ]
    [[ "$output" == *"shop_2  failed       exit code 3"*"other   not started"* ]] || { echo "$output"; false; }
    in_db shop_2 "DROP TABLE a"
    run migrate up --database-each shop_1 --database-each shop_2 --database-each other
    [ "$status" -eq 0 ]
    has_a shop_2 && has_a other
}

@test "of each database the schemas" {
    local n
    for n in shop_1 shop_2; do in_db "$n" "CREATE SCHEMA t_1; CREATE SCHEMA t_2"; done
    run migrate up --database-each 'shop_*' --schema-each 't_*'
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    for n in shop_1 shop_2; do
        [ "$(in_db "$n" "SELECT count(*) FROM pg_class WHERE relname = 'a' AND relkind = 'r'")" = 2 ]
    done
}

@test "a snapshot in RDS is of all databases and taken once; what a command makes, for each" {
    aws_start '{"clusters": [{"DBClusterIdentifier": "app-prod"}]}'
    export MIGRATE_AWS_POLL=20ms
    run migrate up --database-each 'shop_*' --rds-cluster app-prod --snapshot require
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    [ "$(aws_state '.cluster_snapshots | length')" -eq 1 ]
    printf -- '-- migrate:up\nCREATE TABLE b (id int);\n' >migrations/2_b.sql
    run migrate up --database-each 'shop_*' --snapshot-command 'sh -c "echo {id} >>taken"'
    [ "$status" -eq 0 ]
    [ "$(wc -l <taken)" -eq 2 ]
}

@test "a fleet of servers, each with its tenants" {
    cat >migrate.yaml <<YAML
fleet: {environments: [eu, us]}
environments:
  eu: {url: "$(pg_url postgres)", tenants: {databases: [shop_1]}}
  us: {url: "$(pg_url other)", tenants: {databases: [shop_2, other]}}
YAML
    unset DATABASE_URL
    run migrate up --fleet
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    has_a shop_1 && has_a shop_2 && has_a other
    [[ "$output" == *"eu | shop_1"*"us | other"*"eu  done"*"canary"*"us  done"* ]] || { echo "$output"; false; }
    in_db shop_2 "DROP TABLE a; DROP SCHEMA migrate CASCADE; CREATE TABLE a (x int)"
    run migrate up --fleet
    [ "$status" -eq 3 ]
    [[ "$output" == *"us  failed       exit code 3"* ]]
}

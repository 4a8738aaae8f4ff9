#!/usr/bin/env bats
# up --fleet: several databases, the canary first.

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
    printf -- '-- migrate:up\nCREATE TABLE a (id int PRIMARY KEY);\n' >migrations/1_a.sql
    printf 'fleet: {environments: [one, two, three]}\nenvironments:\n' >migrate.yaml
    for n in one two three; do
        pg_fresh_db "$n"
        printf '  %s: {url: "%s"}\n' "$n" "$(pg_url "$n")" >>migrate.yaml
    done
    unset DATABASE_URL
}
teardown() { aws_stop; }

has_a() { [ "$(PGDATABASE=$1 pg_sql "SELECT to_regclass('a') IS NOT NULL")" = t ]; }

@test "all of them, and again nothing to do" {
    run migrate up --fleet
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    has_a one && has_a two && has_a three
    [[ "$output" == *"one | applied 1 migration"* && "$output" == *"one    done"*"canary"* && "$output" == *"three  done"* ]]
    run migrate up --fleet --json
    [ "$status" -eq 0 ]
    [ "$(jq -c '[.targets[] | [.target, .state, .exit_code]]' <<<"${lines[-1]}")" = '[["one","done",0],["two","done",0],["three","done",0]]' ]
}

@test "a canary that fails is the only one; otherwise as many as may fail; what is left is taken up" {
    PGDATABASE=one pg_sql "CREATE TABLE a (x int)"
    run migrate up --fleet
    [ "$status" -eq 3 ]
    [[ "$output" == *"one    failed       exit code 3"*"two    not started"*"1 of 3 targets failed"* ]]
    ! has_a two
    PGDATABASE=one pg_sql "DROP TABLE a"
    PGDATABASE=two pg_sql "CREATE TABLE a (x int)"
    run migrate up --fleet --fleet-jobs 1
    [ "$status" -eq 3 ]
    ! has_a three
    run migrate up --fleet --fleet-jobs=1 --fleet-failures=2
    [ "$status" -eq 3 ]
    has_a three
    PGDATABASE=two pg_sql "DROP TABLE a"
    run migrate up --fleet
    [ "$status" -eq 0 ]
    has_a two
}

@test "a fleet without targets, and with a target given besides" {
    run migrate up --fleet --env one
    [ "$status" -eq 2 ]
    printf 'dir: migrations\n' >migrate.yaml
    run migrate up --fleet
    [ "$status" -eq 2 ]
    [[ "$output" == *"the fleet has no targets"* ]]
}

@test "the clusters that carry a tag" {
    aws_start "{\"clusters\": [
        {\"DBClusterIdentifier\": \"c1\", \"Endpoint\": \"$PG_DIR\", \"TagList\": [{\"Key\": \"Migrate\", \"Value\": \"Y\"}]},
        {\"DBClusterIdentifier\": \"c2\", \"Endpoint\": \"$PG_DIR\", \"TagList\": [{\"Key\": \"Migrate\", \"Value\": \"N\"}]}]}"
    printf 'url: "dbname=two user=postgres"\n' >migrate.yaml
    unset PGHOST PGPORT PGDATABASE
    MIGRATE_AWS_POLL=20ms run migrate up --fleet --fleet-tag Migrate=Y
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    [[ "$output" == *"c1  done"* && "$output" != *"c2 "* ]]
    [ "$(aws_state '.cluster_snapshots | length')" -eq 1 ]
    export PGHOST=$PG_DIR PGPORT=5432
    has_a two
}

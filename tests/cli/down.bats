# down, redo, goto.
load ../pg/lib.bash
load lib.bash

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    common_setup
    pg_fresh_db "t$BATS_TEST_NUMBER"
    three_migrations
}

@test "down undoes the last, N, to a version; a gone file's recorded text is used" {
    migrate up
    run migrate down
    [ "$status" -eq 0 ]
    [[ "$output" == *"undid 1 migration in "* ]]
    [ "$(tables)" = "users" ]
    migrate up
    rm migrations/10_orders.sql
    migrate down 2
    [ "$(tables)" = "users" ]
    [ "$(pg_sql "SELECT count(*) FROM pg_class WHERE relname = 'users_name_idx'")" = 0 ]
    migrate up
    migrate down --to 1
    [ "$(migrate status --json | jq -c '[.migrations[] | .state]')" = '["applied","pending"]' ]
}

@test "down --all asks" {
    migrate up
    run migrate down --all </dev/null
    [ "$status" -eq 2 ]
    [[ "$output" == *"--yes"* ]]
    [ "$(tables)" = "orders users" ]
    run migrate down --all --yes
    [ "$status" -eq 0 ]
    [ -z "$(tables)" ]
}

@test "a database that looks like production is asked about" {
    pg_sql "CREATE DATABASE \"production_$BATS_TEST_NUMBER\""
    DATABASE_URL=$(pg_url "production_$BATS_TEST_NUMBER")
    migrate up
    for undo in "down 2" redo "goto 1"; do
        run migrate $undo </dev/null
        [ "$status" -eq 2 ]
        [[ "$output" == *"error: undo "*" migration"*" on "*"production_$BATS_TEST_NUMBER"*"--yes"* ]] || { echo "$output"; false; }
    done
    migrate down 2 --yes
    migrate down --dry-run </dev/null
}

@test "down without a down part is refused" {
    printf -- '-- migrate:up\nSELECT 1;\n' >migrations/11_only_up.sql
    migrate up
    run migrate down
    [ "$status" -eq 2 ]
    [[ "$output" == *"11 only_up has no -- migrate:down part"* ]]
}

@test "redo and goto" {
    migrate up 1
    pg_sql "INSERT INTO users VALUES (-1)"
    migrate redo
    [ "$(pg_sql "SELECT count(*) FROM users")" = 100 ]
    migrate goto 10
    [ "$(tables)" = "orders users" ]
    migrate goto 1
    [ "$(migrate status --json | jq -c '[.migrations[] | .state]')" = '["applied","pending","pending"]' ]
    run migrate goto 7
    [ "$status" -eq 2 ]
}

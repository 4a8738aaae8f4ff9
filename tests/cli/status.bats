# status, validate, mark, baseline, and conflicts with the history.
load ../pg/lib.bash
load lib.bash

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    common_setup
    pg_fresh_db "t$BATS_TEST_NUMBER"
    three_migrations
}

@test "status: text, counts, exit code" {
    migrate up 2
    run migrate status
    [ "$status" -eq 0 ]
    [[ "${lines[0]}" == "applied "*" 1 "*"users"*Z ]]
    [[ "${lines[-1]}" == "2 applied, 1 pending" ]]
    run migrate status --exit-code
    [ "$status" -eq 1 ]
    run migrate status --quiet
    [ "$output" = "2 applied, 1 pending" ]
    migrate up
    run migrate status --exit-code
    [ "$status" -eq 0 ]
}

@test "an edited file is a conflict, unless only its line ends changed; mark accepts it" {
    migrate up 2
    sed -i 's/$/\r/' migrations/1_users.sql
    run migrate up 1
    [ "$status" -eq 0 ]
    echo '-- more' >>migrations/1_users.sql
    run migrate up
    [ "$status" -eq 5 ]
    [[ "$output" == *"1 users"* ]]
    run migrate status --json
    [ "$(jq -r '.migrations[0] | .state, .checksum' <<<"$output" | paste -sd' ')" = "changed changed" ]
    run migrate validate
    [ "$status" -eq 1 ]
    [[ "$output" == *"1 users was edited"* ]]
    migrate mark 1 --applied
    run migrate validate
    [ "$status" -eq 0 ]
}

@test "out of order: refused, listed, allowed when asked" {
    migrate up
    write migrations/5_late.sql <<'SQL'
-- migrate:up
CREATE TABLE late (a int);
SQL
    run migrate up
    [ "$status" -eq 5 ]
    [[ "$output" == *"5 late"* ]]
    [ "$(migrate status --json | jq -r '.migrations[2].state')" = out-of-order ]
    run migrate up --allow-out-of-order
    [ "$status" -eq 0 ]
    [ "$(tables)" = "late orders users" ]
}

@test "a missing file: refused below the newest, not above it" {
    migrate up
    mv migrations/10_orders.sql .
    run migrate up
    [ "$status" -eq 0 ]
    mv 10_orders.sql migrations/
    rm migrations/2_index.sql
    run migrate up
    [ "$status" -eq 5 ]
    [[ "$output" == *"2 index"* ]]
    [ "$(migrate status --json | jq -r '.migrations[1] | .state, .checksum' | paste -sd' ')" = "missing missing" ]
}

@test "baseline and mark" {
    run migrate baseline 2
    [ "$status" -eq 0 ]
    [ "$(migrate status --json | jq -c '[.migrations[] | .state]')" = '["applied","applied","pending"]' ]
    [ -z "$(tables)" ]
    migrate mark 2 --pending
    [ "$(migrate status --json | jq -c '[.migrations[] | .state]')" = '["applied","pending","pending"]' ]
    run migrate mark 2
    [ "$status" -eq 2 ]
}

@test "validate finds invalid indexes and constraints never validated" {
    migrate up
    run migrate validate
    [ "$status" -eq 0 ]
    pg_sql "INSERT INTO users VALUES (1001, 'u1'); ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0) NOT VALID"
    pg_sql "CREATE UNIQUE INDEX CONCURRENTLY bad_idx ON users (name)" || true
    run migrate validate
    [ "$status" -eq 1 ]
    [[ "$output" == *"index public.bad_idx is not valid"* ]]
    [[ "$output" == *"constraint c on users is not validated"* ]]
}

@test "the history has its schema, which can be named" {
    migrate up --schema "odd name"
    [ "$(pg_sql "SELECT count(*) FROM \"odd name\".migrations")" = 3 ]
    [ "$(migrate status --schema "odd name" --quiet)" = "3 applied" ]
}

@test "a history of a newer version is exit 5 and left alone" {
    migrate up 1
    pg_sql "COMMENT ON TABLE migrate.migrations IS 'migrate history, format 99'"
    for c in up status down plan validate; do
        run migrate $c
        [ "$status" -eq 5 ]
        [[ "$output" == *"format 99"*"newer version"* ]]
    done
}

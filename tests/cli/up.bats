# up: apply pending migrations.
load ../pg/lib.bash
load lib.bash

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    common_setup
    pg_fresh_db "t$BATS_TEST_NUMBER"
    three_migrations
}

@test "up applies all; again there is nothing to do" {
    run migrate up
    [ "$status" -eq 0 ]
    [[ "$output" == *"applied 3 migrations in "* ]]
    [ "$(tables)" = "orders users" ]
    run migrate up
    [ "$status" -eq 0 ]
    [ "$output" = "nothing to do" ]
}

@test "up tells progress on standard error and the result on standard output" {
    migrate up >out 2>err
    [[ "$(cat out)" == "applied 3 migrations in "* ]]
    grep -q 'step 1 of 2' err
    run migrate -q up
    [ -z "$output" ]
}

@test "up N and --to" {
    migrate up 1
    [ "$(tables)" = "users" ]
    migrate up --to 2
    run migrate status --json
    [ "$(jq -c '[.migrations[] | .state]' <<<"$output")" = '["applied","applied","pending"]' ]
    run migrate up --to 5
    [ "$status" -eq 2 ]
    run migrate up nonsense
    [ "$status" -eq 2 ]
}

@test "up --json is one event per line" {
    migrate up --json >out 2>err
    [ ! -s err ]
    jq -es 'length > 6' out
    [ "$(head -1 out | jq -r .event)" = run-begin ]
    [ "$(tail -1 out | jq -r .event)" = run-end ]
    [ "$(jq -r 'select(.event == "step-end") | .version' out | paste -sd' ')" = "1 2 2 10" ]
}

@test "the gate stops before the first step" {
    migrate up 1
    write migrations/3_bad.sql <<'SQL'
-- migrate:up
CREATE INDEX users_age ON users (age);
SQL
    pg_sql "INSERT INTO users SELECT g FROM generate_series(1000, 60000) g; ANALYZE users"
    run migrate up
    [ "$status" -eq 1 ]
    [[ "$output" == *"migrations/3_bad.sql:2:1: error:"* ]]
    [[ "$output" == *"nothing was run"* ]]
    run migrate status --json
    [ "$(jq -c '[.migrations[] | .state]' <<<"$output")" = '["applied","pending","pending","pending"]' ]
    run migrate up --gate off
    [ "$status" -eq 0 ]
}

@test "a failing statement: exit 3, place, nothing left behind" {
    write migrations/3_fails.sql <<'SQL'
-- migrate:up
CREATE TABLE half (a int);
SELECT * FROM nowhere;
SQL
    run migrate up
    [ "$status" -eq 3 ]
    [[ "$output" == *"migrations/3_fails.sql:3"* ]]
    [[ "$output" == *"42P01"* ]]
    [[ "$output" == *"applied 2 of 4 migrations"* ]]
    [ "$(tables)" = "users" ]
}

@test "what cannot run is refused with its place before anything runs" {
    for bad in '\connect other' 'BEGIN' 'SELECT ${x}' "SELECT 'open"; do
        printf -- '-- migrate:up\nSELECT 1;\n%s\n' "$bad" >migrations/3_bad.sql
        run migrate up
        [ "$status" -eq 2 ]
        [[ "$output" == *"migrations/3_bad.sql:3:"* ]]
        [ -z "$(tables)" ]
    done
    printf -- '-- migrate:up transaction:true\nCREATE INDEX CONCURRENTLY i ON users (id);\n' >migrations/3_bad.sql
    run migrate up --gate off
    [ "$status" -eq 2 ]
    [[ "$output" == *"transaction:true"* ]]
}

@test "a backfill in batches" {
    migrate up
    write migrations/11_fill.sql <<'SQL'
-- migrate:up
-- migrate:backfill batch=30
UPDATE users SET age = id WHERE age IS NULL;
-- migrate:down
SQL
    run migrate plan
    [[ "$output" == *"in batches, a transaction each"* ]]
    run migrate up
    [ "$status" -eq 0 ]
    [ "$(pg_sql "SELECT count(*) FROM users WHERE age = id")" = 100 ]
}

@test "COPY data" {
    printf -- '-- migrate:up\nCOPY users (id, name) FROM stdin;\n2000\ta\n2001\tb\\\\.c\n\\.\nUPDATE users SET age = 1 WHERE id = 2000;\n' >migrations/3_copy.sql
    run migrate up
    [ "$status" -eq 0 ]
    [ "$(pg_sql "SELECT string_agg(name, ' ' ORDER BY id) FROM users WHERE id >= 2000")" = 'a b\.c' ]
}

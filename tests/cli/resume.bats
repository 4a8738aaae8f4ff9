# Runs that were cut short, gave way, or met another run.
load ../pg/lib.bash
load lib.bash

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    common_setup
    pg_fresh_db "t$BATS_TEST_NUMBER"
    three_migrations
}

@test "a migration that failed half-way is resumed at the step that failed" {
    migrate up
    write migrations/11_steps.sql <<'SQL'
-- migrate:up
CREATE TABLE n (id int PRIMARY KEY, user_id int);
CREATE INDEX n_user_idx ON n (user_id);
CREATE UNIQUE INDEX CONCURRENTLY users_name_key ON users (name);
ALTER TABLE n ADD COLUMN more int;
ALTER TABLE n ADD CONSTRAINT n_user_fk FOREIGN KEY (user_id) REFERENCES users NOT VALID;
ALTER TABLE n VALIDATE CONSTRAINT n_user_fk;
-- migrate:down
DROP TABLE n;
DROP INDEX CONCURRENTLY users_name_key;
SQL
    pg_sql "INSERT INTO users VALUES (1001, 'u1')"
    run migrate up
    [ "$status" -eq 3 ] || [ "$status" -eq 7 ]
    [[ "$output" == *"migrations/11_steps.sql:4"* ]]
    [ "$(migrate status --json | jq -r '.migrations[3] | .state, .steps_done' | paste -sd' ')" = "partial 1" ]
    run migrate down
    [ "$status" -eq 5 ]
    [[ "$output" == *"part-way up"* ]]
    run migrate validate
    [ "$status" -eq 1 ]
    run migrate plan
    [[ "$output" == *"done in an earlier run"* ]]
    [ "$(migrate plan --json | jq '[.migrations[0].steps[] | .done // 0] | add')" = 2 ]
    pg_sql "DELETE FROM users WHERE id = 1001"
    run migrate up
    [ "$status" -eq 0 ]
    [ "$(pg_sql "SELECT count(*) FROM pg_index WHERE NOT indisvalid")" = 0 ]
    [ "$(migrate status --json | jq -r '.migrations[3].state')" = applied ]
    migrate down
    [ "$(tables)" = "orders users" ]
}

@test "a half-done migration: what is done stays as it was, the rest may be mended, and is judged" {
    migrate up
    printf -- '-- migrate:up\nCREATE TABLE n (id int);\nCREATE UNIQUE INDEX CONCURRENTLY k ON users (name);\n' >migrations/11_steps.sql
    pg_sql "INSERT INTO users VALUES (1001, 'u1')"
    run migrate up
    [ "$status" -ne 0 ]
    sed -i 's/id int/id bigint/' migrations/11_steps.sql
    run migrate up
    [ "$status" -eq 5 ]
    [[ "$output" == *"step 1 of migration 11 steps was done, but its statements are other ones now"* ]]
    printf -- '-- migrate:up\nCREATE TABLE n (id int);\nDROP TABLE orders;\n' >migrations/11_steps.sql
    run migrate up --gate warning
    [ "$status" -eq 1 ]
    [[ "$output" == *"migrations/11_steps.sql:3:"* ]]
    printf -- '-- migrate:up\nCREATE TABLE n (id int);\nCREATE INDEX CONCURRENTLY k ON users (name);\n' >migrations/11_steps.sql
    run migrate up
    [ "$status" -eq 0 ]
    [ "$(migrate status --json | jq -r '.migrations[3] | .state, .checksum' | paste -sd' ')" = "applied ok" ]
}

@test "a lock that is not had: who is in the way is told, exit 4, nothing left behind" {
    migrate up 1
    pg_session reader "BEGIN; SELECT * FROM users LIMIT 1"
    write migrations/2_index.sql <<<$'-- migrate:up\nALTER TABLE users ADD COLUMN b int;'
    run migrate up 1 --lock-budget 400ms
    pg_session_end reader
    [ "$status" -eq 4 ]
    [[ "$output" == *"waiting for pid "*"users"* ]]
    [[ "$output" == *"55P03"* ]]
    [ "$(migrate status --json | jq -c '[.migrations[] | .state]')" = '["applied","pending","pending"]' ]
    run migrate up 1
    [ "$status" -eq 0 ]
}

@test "two runners: the second says who runs and gives up with exit 6; a signal ends the first with 130" {
    migrate up 1
    pg_session reader "BEGIN; SELECT * FROM users LIMIT 1"
    write migrations/2_index.sql <<<$'-- migrate:up\nALTER TABLE users ADD COLUMN b int;'
    "$MIGRATE_BIN" up 1 >out 2>err 3>&- &
    first=$!
    until_true grep -q "waiting for pid" err
    run migrate up --run-lock-wait 100ms
    [ "$status" -eq 6 ]
    [[ "$output" == *"$(hostname)"* || "$output" == *"pid"* ]]
    kill -INT "$first"
    wait "$first" && status=0 || status=$?
    [ "$status" -eq 130 ]
    pg_session_end reader
    [ "$(migrate status --json | jq -c '[.migrations[] | .state]')" = '["applied","pending","pending"]' ]
    run migrate up
    [ "$status" -eq 0 ]
}

# up, plan, status, down, redo, goto, mark, validate on a server.
load ../pg/lib.bash
load lib.bash

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    common_setup
    pg_fresh_db "t$BATS_TEST_NUMBER"
    write migrations/1_users.sql <<'SQL'
-- migrate:up
CREATE TABLE users (id int PRIMARY KEY, name text);
INSERT INTO users SELECT g, 'u' || g FROM generate_series(1, 100) g;
-- migrate:down
DROP TABLE users;
SQL
    write migrations/2_index.sql <<'SQL'
-- migrate:up
CREATE INDEX CONCURRENTLY users_name_idx ON users (name);
ALTER TABLE users ADD COLUMN age int;
-- migrate:down
ALTER TABLE users DROP COLUMN age;
DROP INDEX CONCURRENTLY users_name_idx;
SQL
    write migrations/10_orders.sql <<'SQL'
-- migrate:up
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users);
-- migrate:down
DROP TABLE orders;
SQL
}

tables() { pg_sql "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"; }

@test "plan shows steps, locks and what waits, and changes nothing" {
    run migrate plan
    [ "$status" -eq 0 ]
    [[ "$output" == *"1 users"*"2 index"*"10 orders"* ]]
    [[ "$output" == *"outside a transaction"* ]]
    [ "${lines[-1]}" = "3 migrations, 4 steps" ] || { echo "$output"; false; }
    [ "$(migrate up --dry-run)" = "$output" ]
    [ -z "$(tables)" ]
    [ "$(pg_sql "SELECT count(*) FROM pg_namespace WHERE nspname = 'migrate'")" = 0 ]
}

@test "plan as JSON" {
    run migrate plan --json
    [ "$(jq -c '[.migrations[] | [.version, (.steps[] | .kind)]]' <<<"$output")" = \
        '[["1","transaction"],["2","single","transaction"],["10","transaction"]]' ]
    [ "$(jq -r '.migrations[1].steps[1] | .locks[0].relation, .locks[0].mode, .lock_timeout_ms' <<<"$output" | paste -sd,)" = \
        "public.users,ACCESS EXCLUSIVE,200" ]
    [ "$(jq -r '.migrations[1].steps[0].lock_timeout_ms' <<<"$output")" = 0 ]
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

@test "ways to name the database" {
    local url=$DATABASE_URL
    unset DATABASE_URL PGHOST PGPORT PGUSER PGDATABASE
    run migrate status --url "$url"
    [ "$status" -eq 0 ]
    OTHER=$url run migrate status --env OTHER
    [ "$status" -eq 0 ]
    run migrate status --env NOT_THERE
    [ "$status" -eq 2 ]
    echo "DATABASE_URL='$url'" >.env
    run migrate status
    [ "$status" -eq 0 ]
    rm .env
    PGHOST=$PG_DIR PGUSER=postgres PGDATABASE=t$BATS_TEST_NUMBER run migrate status
    [ "$status" -eq 0 ]
    PGHOST=$PG_DIR PGUSER=postgres PGDATABASE=nowhere run migrate status
    [ "$status" -eq 3 ]
    run migrate status --url "postgresql://postgres@/t$BATS_TEST_NUMBER?host=$PG_DIR"
    [ "$status" -eq 0 ]
}

@test "URLs of other runners" {
    run migrate status -q -database "pgx5://postgres@/t$BATS_TEST_NUMBER?host=$PG_DIR&x-migrations-table=m" -path migrations
    [ "$status" -eq 0 ]
    [[ "$output" == "3 pending" ]]
    run migrate status --url "postgres://postgres@/t$BATS_TEST_NUMBER?host=$PG_DIR&x-migrations-table=m"
    [[ "$output" == *"x-migrations-table means nothing here"* ]]
    pg_sql "CREATE SCHEMA app"
    migrate up 1 --url "postgres://postgres@/t$BATS_TEST_NUMBER?host=$PG_DIR&search_path=app"
    [ "$(pg_sql "SELECT relnamespace::regnamespace FROM pg_class WHERE relname = 'users'")" = app ]
}

@test "wait" {
    run migrate wait --timeout 5s
    [ "$status" -eq 0 ]
    run migrate wait --timeout 300ms --url "host=/nowhere/at/all user=x"
    [ "$status" -eq 4 ]
    run migrate wait --url "host=$PG_DIR user=nobody_at_all dbname=postgres"
    [ "$status" -eq 3 ]
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
    [[ "$output" == *"step 1 of 11 steps was done, but its statements are other ones now"* ]]
    printf -- '-- migrate:up\nCREATE TABLE n (id int);\nDROP TABLE orders;\n' >migrations/11_steps.sql
    run migrate up --gate warning
    [ "$status" -eq 1 ]
    [[ "$output" == *"migrations/11_steps.sql:3:"* ]]
    printf -- '-- migrate:up\nCREATE TABLE n (id int);\nCREATE INDEX CONCURRENTLY k ON users (name);\n' >migrations/11_steps.sql
    run migrate up
    [ "$status" -eq 0 ]
    [ "$(migrate status --json | jq -r '.migrations[3] | .state, .checksum' | paste -sd' ')" = "applied ok" ]
}

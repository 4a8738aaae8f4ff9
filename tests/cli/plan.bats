# plan: what up would do, and what it cannot do.
load ../pg/lib.bash
load lib.bash

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    common_setup
    pg_fresh_db "t$BATS_TEST_NUMBER"
    three_migrations
}

@test "plan shows steps, locks and what waits, and changes nothing" {
    run migrate plan
    [ "$status" -eq 0 ]
    [[ "$output" == *"1 users"*"2 index"*"10 orders"* ]]
    [[ "$output" == *"outside a transaction"* ]]
    [[ "$output" == *$'\n3 migrations, 4 steps\nrollback: by migrate down, all of it' ]] || { echo "$output"; false; }
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

@test "the way back: the steps of down, what is lost either way, and why there is none" {
    write migrations/11_lossy.sql <<'SQL'
-- migrate:up
ALTER TABLE orders ADD COLUMN total int;
-- migrate:allow ban-update-without-where because it is small
UPDATE orders SET total = 0;
-- migrate:down
ALTER TABLE orders DROP COLUMN total;
SQL
    write migrations/12_gone.sql <<'SQL'
-- migrate:up
ALTER TABLE users DROP COLUMN name;
DO $$ BEGIN END $$;
SQL
    write migrations/13_odd.sql <<'SQL'
-- migrate:up
CREATE TABLE odd (id int PRIMARY KEY);
-- migrate:down
\d odd
SQL
    # What the run itself makes cannot lose anything yet.
    migrate up 3 --quiet
    run migrate plan --gate off
    [ "$status" -eq 0 ]
    [[ "$output" == *"way back, by migrate down:"*"step 1 of 1, in one transaction:"*"ALTER TABLE orders DROP COLUMN total"*"down takes away what was written since, step 1: ALTER TABLE orders DROP COLUMN total"* ]]
    [[ "$output" != *"for good"*"SET total"* ]]
    [[ "$output" == *"no way back: it has no part that undoes it"*"takes data away for good, step 1: ALTER TABLE users DROP COLUMN name"*"may take data away for good, step 2: DO"* ]]
    [[ "$output" == *"migrate down would be refused: cannot run: "*"command of psql"* ]]
    [[ "$output" == *"rollback: migrate down undoes 0 of 3, and 1 takes data away"*"no snapshot is taken; see that there is a backup"* ]] || { echo "$output"; false; }
    run migrate plan --gate off --json
    [ "$(jq -c '[.migrations[].rollback.by]' <<<"$output")" = '["down","none","refused"]' ]
    [ "$(jq -c '.migrations[0].rollback | [.steps[0].kind, .steps[0].statements, .lost_by_up, .lost_by_down[0].what]' <<<"$output")" = \
        '["transaction",["ALTER TABLE orders DROP COLUMN total"],[],"ALTER TABLE … DROP COLUMN"]' ]
    [ "$(jq -c '[.migrations[1].rollback.lost_by_up[] | [.step, .what, .certain]]' <<<"$output")" = \
        '[[1,"ALTER TABLE … DROP COLUMN",true],[2,"DO may do anything",false]]' ]
    # Newest first: each down part is judged on what those behind it leave.
    run migrate plan 1 --gate off
    [ "${lines[-1]}" = "rollback: by migrate down, all of it" ]
}

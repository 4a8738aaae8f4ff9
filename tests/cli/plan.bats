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

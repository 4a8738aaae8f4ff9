load lib.bash

setup() { common_setup; }

@test "text: form, lock, what it blocks" {
    run migrate explain 'ALTER TABLE app.orders ADD COLUMN note text'
    [ "$status" -eq 0 ]
    [[ "$output" == *"ADD COLUMN"* ]]
    [[ "$output" == *"ACCESS EXCLUSIVE on app.orders: reads and writes wait"* ]]
    [[ "$output" == *"inside a transaction: allowed"* ]]
}

@test "JSON has the documented keys" {
    run migrate explain --json 'CREATE INDEX CONCURRENTLY i ON t (a)'
    [ "$status" -eq 0 ]
    [ "$(jq -c '.schema, .server_version' <<<"$output" | paste -sd' ')" = "1 15" ]
    [ "$(jq -c '.statements[0] | keys' <<<"$output")" = '["findings","form","in_transaction","index_build","known","locks","rewrite","scan","supported","text"]' ]
    [ "$(jq -r '.statements[0].in_transaction' <<<"$output")" = refused ]
    [ "$(jq -r '.statements[0].index_build[0]' <<<"$output")" = public.i ]
}

@test "several statements, from standard input" {
    run bash -c 'printf "SELECT 1;\nDROP TABLE t;\n" | "$MIGRATE_BIN" explain --json -'
    [ "$(jq '.statements | length' <<<"$output")" = 2 ]
}

@test "--after makes tables known, and loaded" {
    write after.sql <<<'CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 2);'
    run migrate explain --json --after after.sql 'ALTER TABLE t ALTER a TYPE bigint'
    [ "$(jq -c '.statements[0].rewrite' <<<"$output")" = '["public.t"]' ]
    [ "$(jq -r '.statements[0].known' <<<"$output")" = yes ]
    run migrate explain --after missing.sql 'SELECT 1'
    [ "$status" -eq 2 ]
}

@test "what no form covers is said to be unknown" {
    run migrate explain --json 'FROBNICATE TABLE t'
    [ "$status" -eq 0 ]
    [ "$(jq -r '.statements[0] | .form, .known' <<<"$output" | paste -sd' ')" = "unknown no" ]
}

@test "the server version decides" {
    run migrate explain --json --server-version 14 'ALTER TABLE t SET ACCESS METHOD heap'
    [ "$(jq -r '.server_version, .statements[0].supported' <<<"$output" | paste -sd' ')" = "14 no" ]
    run migrate explain --json --server-version 15 'ALTER TABLE t SET ACCESS METHOD heap'
    [ "$(jq -r '.statements[0].supported' <<<"$output")" = yes ]
    run migrate explain --server-version 12 'SELECT 1'
    [ "$status" -eq 2 ]
}

@test "nothing to explain is exit 2" {
    run migrate explain '-- only a comment'
    [ "$status" -eq 2 ]
    run migrate explain
    [ "$status" -eq 2 ]
}

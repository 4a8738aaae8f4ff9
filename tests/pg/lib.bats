#!/usr/bin/env bats
# The helpers themselves: a test that rests on them is worth no more than they are.

load lib

setup_file() { pg_start work_mem=7MB; }
teardown_file() { pg_stop; }

locked() {
    [ "$(pg_sql "SELECT count(*) FROM pg_locks WHERE NOT granted")" -ge 1 ]
}

@test "the server has the settings asked for and no TCP port" {
    [ "$(pg_sql "SHOW work_mem")" = 7MB ]
    [ -z "$(pg_sql "SHOW listen_addresses")" ]
    [ "$(psql -XAtq "$DATABASE_URL" -c "SELECT 1")" = 1 ]
}

@test "pg_sql fails when the server refuses" {
    run pg_sql "SELECT 1/0" "SELECT 'not reached'"
    [ "$status" -ne 0 ]
    [[ "$output" != *"not reached"* ]]
}

@test "a database of one's own" {
    pg_fresh_db one
    pg_sql "CREATE TABLE t (a int)"
    pg_fresh_db one
    [ "$(pg_sql "SELECT count(*) FROM pg_class WHERE relname = 't'")" = 0 ]
    [[ "$DATABASE_URL" == *"/one?"* ]]
}

@test "a session holds its lock until it ends" {
    pg_sql "CREATE TABLE held (a int)"
    pg_session holder "BEGIN; LOCK TABLE held"
    run pg_sql "SET lock_timeout = 50" "SELECT * FROM held"
    [ "$status" -ne 0 ]
    pg_session_send waiter "SELECT * FROM held"
    until_true locked
    [ "$(pg_sql "SELECT application_name FROM pg_stat_activity WHERE pid = (SELECT pid FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'held'::regclass)")" = holder ]
    pg_session_end holder
    pg_sql "SELECT * FROM held"
    pg_session waiter "SELECT 1"
    run pg_session waiter "SELECT nonsense"
    [ "$status" -ne 0 ]
    pg_session_end waiter
}

@test "committed data outlives a crash" {
    pg_sql "CREATE TABLE kept (a int)" "CHECKPOINT" "INSERT INTO kept VALUES (1)"
    pg_restart -m immediate
    [ "$(pg_sql "SELECT count(*) FROM kept")" = 1 ]
    pg_kill
    run pg_sql "SELECT 1"
    [ "$status" -ne 0 ]
    pg_up
    [ "$(pg_sql "SELECT count(*) FROM kept")" = 1 ]
}

@test "until_true gives up" {
    UNTIL_S=1 run until_true false
    [ "$status" -ne 0 ]
    [[ "$output" == *"never true: false"* ]]
}

@test "pg_stop leaves nothing" {
    (
        pg_start
        pg_session other "BEGIN"
        dir=$PG_DIR
        pg_stop
        [ -z "$(compgen -G "$dir*")" ]
    )
}

#!/usr/bin/env bats
# migrate seed: files of data, each in one transaction, nothing recorded.

load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    mkdir -p "$BATS_TEST_TMPDIR/work" && cd "$BATS_TEST_TMPDIR/work"
    pg_fresh_db "seed_$BATS_TEST_NUMBER"
    pg_sql "CREATE TABLE t (a int PRIMARY KEY, b text)"
}

@test "a folder's files in order, with COPY data and placeholders, as often as one likes" {
    mkdir seeds
    printf "BEGIN;\nINSERT INTO t VALUES (1, 'one') ON CONFLICT DO NOTHING;\nCOMMIT;\n" >seeds/1_a.sql
    printf 'DELETE FROM t WHERE a > 1;\nCOPY t FROM STDIN;\n2\ttwo\n3\t${name}\n\\.\nINSERT INTO t VALUES (4, '"'"'${country}'"'"'), (5, ${number}::text);\n' >seeds/2_b.sql
    printf 'no sql' >seeds/notes.txt
    run migrate seed --set country=de --set number=7
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    [[ "$output" == *"seeds/1_a.sql  1 row, "*"seeds/2_b.sql  4 rows, "* ]] || { echo "$output"; false; }
    migrate seed --set number=7 --quiet
    [ "$(pg_sql "SELECT a, b FROM t ORDER BY a" | tr '\n' ' ')" = '1|one 2|two 3|${name} 4|${country} 5|7 ' ]
    [ "$(pg_sql "SELECT to_regclass('migrate.migrations') IS NULL")" = t ]
}

@test "all of a file or nothing, with the line; what cannot run is refused before anything does" {
    printf "INSERT INTO t VALUES (1, 'x');\n" >1.sql
    printf "INSERT INTO t VALUES (2, 'x');\n\nINSERT INTO t VALUES (2, 'y');\n" >2.sql
    run migrate seed 1.sql 2.sql
    [ "$status" -eq 3 ]
    [[ "$output" == *"2.sql:3:1: error: duplicate key"*"nothing of this file was kept"* ]] || { echo "$output"; false; }
    [ "$(pg_sql "SELECT count(*) FROM t")" = 1 ]
    local text
    for text in '\\i other.sql' "SELECT 'open" 'SELECT ${x}' 'ROLLBACK' "PREPARE TRANSACTION 'x'" 'ABORT WORK'; do
        printf 'INSERT INTO t VALUES (9);\n%b;\n' "$text" >3.sql
        run migrate seed 3.sql
        [ "$status" -eq 2 ] && [[ "$output" == *"3.sql:2:1: error: cannot run: "* ]] || { echo "$text: $status $output"; return 1; }
    done
    [ "$(pg_sql "SELECT count(*) FROM t")" = 1 ]
    run migrate seed
    [ "$status" -eq 2 ] && [[ "$output" == *"no seeds: neither ./seeds"* ]]
    printf "COMMIT PREPARED 'x';\n" >3.sql
    run migrate seed 3.sql
    [ "$status" -eq 3 ] && [[ "$output" == *"3.sql:1:1: error: COMMIT PREPARED cannot run inside a transaction block"* ]] || { echo "$output"; false; }
    printf 'BEGIN;\nSAVEPOINT s;\nINSERT INTO t VALUES (9);\nROLLBACK TO s;\nEND;\n' >3.sql
    migrate seed 3.sql
    [ "$(pg_sql "SELECT count(*) FROM t")" = 1 ]
    printf 'PREPARE p AS SELECT 1;\nEXECUTE p;\nSET search_path = nowhere;\n' >3.sql
    migrate seed 3.sql
}

@test "a database that looks like production is asked about; a lock is not waited for for ever" {
    pg_sql "CREATE DATABASE shop_production_$BATS_TEST_NUMBER"
    printf "SELECT 1;\n" >1.sql
    DATABASE_URL=$(pg_url "shop_production_$BATS_TEST_NUMBER") run migrate seed 1.sql </dev/null
    [ "$status" -eq 2 ] && [[ "$output" == *"error: fill tables with seeds on "*"shop_production"*"--yes"* ]] || { echo "$output"; false; }
    pg_sql "CREATE DATABASE \"SHOP_PROD_$BATS_TEST_NUMBER\""
    DATABASE_URL=$(pg_url "SHOP_PROD_$BATS_TEST_NUMBER") run migrate seed 1.sql </dev/null
    [ "$status" -eq 2 ] && [[ "$output" == *"error: fill tables with seeds on "*"SHOP_PROD"*"--yes"* ]] || { echo "$output"; false; }
    DATABASE_URL=$(pg_url "shop_production_$BATS_TEST_NUMBER") migrate seed 1.sql --yes
    pg_session holder "BEGIN; LOCK TABLE t"
    printf "SET LOCAL lock_timeout = '100ms';\nINSERT INTO t VALUES (1);\n" >1.sql
    run migrate seed 1.sql
    pg_session_end holder
    [ "$status" -ne 0 ]
    [[ "$output" == *"1.sql:2:1: error: canceling statement due to lock timeout"* ]] || { echo "$output"; false; }
}

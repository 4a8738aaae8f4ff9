# migrate catalog, and --catalog: judging on top of a file.
load ../pg/lib.bash
load lib.bash

setup_file() { pg_start autovacuum=off; }
teardown_file() { pg_stop; }
setup() {
    common_setup
    pg_fresh_db "t$BATS_TEST_NUMBER"
}

shop() {
    pg_sql "CREATE TABLE orders (id int PRIMARY KEY, c int); CREATE TABLE tiny (id int PRIMARY KEY, c int);
         INSERT INTO orders SELECT i, i FROM generate_series(1, 50000) i; INSERT INTO tiny VALUES (1, 1);"
    pg_sql "VACUUM ANALYZE"
}

@test "pull writes a file that the sqlite3 shell reads; nothing else is left beside it" {
    shop
    run migrate catalog pull -o prod.catalog
    [ "$status" -eq 0 ]
    [[ "$output" == *"wrote prod.catalog: 4 relations"* ]]
    [ "$(ls)" = prod.catalog ]
    [ "$(sqlite3 prod.catalog "SELECT name, kind, rows FROM relations WHERE name = 'orders'")" = "orders|table|50000" ]
    [ "$(sqlite3 prod.catalog "PRAGMA user_version; PRAGMA integrity_check" | paste -sd' ')" = "2 ok" ]
    [ "$(sqlite3 prod.catalog "SELECT value FROM settings WHERE name = 'TimeZone'")" = "$(pg_sql 'SHOW TimeZone')" ]
}

@test "pull replaces an older file, and leaves it when it fails" {
    echo old >prod.catalog
    run migrate catalog pull -o prod.catalog --url "$(pg_url nowhere)"
    [ "$status" -eq 3 ]
    [ "$(cat prod.catalog)" = old ]
    migrate catalog pull -q -o prod.catalog
    migrate catalog show prod.catalog
    run migrate catalog pull -o missing/prod.catalog
    [ "$status" -eq 71 ]
    run migrate catalog pull
    [ "$status" -eq 2 ]
    [[ "$output" == *"-o prod.catalog"* ]]
}

@test "show: all relations, one, as JSON, of the database itself" {
    shop
    migrate catalog pull -q -o prod.catalog
    run migrate catalog show prod.catalog
    [ "$status" -eq 0 ]
    [[ "$output" =~ table\ +50\ k\ rows\ +[0-9.]+\ MB\ +public.orders ]]
    [[ "$output" =~ table\ +1\ row\ +[0-9.]+\ kB\ +public.tiny ]]
    run migrate catalog show prod.catalog orders
    [[ "$output" == *"column c integer"*"constraint orders_pkey primary key (id)"*"50 k rows"* ]]
    run migrate catalog show --json prod.catalog public.orders
    [ "$(jq -c '.schema, .relations[0].name, .relations[0].rows, .relations[0].columns[1].type' <<<"$output" | paste -sd' ')" = '1 "public.orders" 50000 "integer"' ]
    [ "$(migrate catalog show --json prod.catalog | jq -c '[.relations[].name]')" = '["public.orders","public.tiny"]' ]
    [ "$(migrate catalog show --json | jq -c 'del(.made)')" = "$(migrate catalog show --json prod.catalog | jq -c 'del(.made)')" ]
    run migrate catalog show prod.catalog nobody
    [ "$status" -eq 2 ]
    run migrate catalog shaw prod.catalog
    [ "$status" -eq 2 ]
    [[ "$output" == *"did you mean show"* ]]
}

@test "lint: sizes decide, and are told with the time" {
    shop
    migrate catalog pull -q -o prod.catalog
    unset DATABASE_URL PGHOST
    write m/1_index.sql <<<'CREATE INDEX ON orders (c); CREATE INDEX ON tiny (c);'
    run migrate lint --catalog prod.catalog m
    [ "$status" -eq 1 ]
    [[ "$output" =~ "SHARE lock on public.orders ("[0-9.]+" MB, 50 k rows)"[a-z\ ]+", about "[0-9]+" ms: reads go on, every write waits" ]]
    [[ "$output" != *"public.tiny"* ]]
    run migrate lint --format json --catalog prod.catalog m
    [ "$(jq -c '.findings[0] | .locks[0].rows, .locks[0].bytes > 1000000, .estimate_ms > 50' <<<"$output" | paste -sd' ')" = "50000 true true" ]
    printf 'catalog: prod.catalog\nrules: {small_rows: 50000}\n' >migrate.yaml
    run migrate lint m
    [ "$status" -eq 0 ]
    printf 'catalog: prod.catalog\nrules: {small_rows: 50000, small_bytes: 10000}\n' >migrate.yaml
    run migrate lint m
    [ "$status" -eq 1 ]
    rm migrate.yaml
    sqlite3 prod.catalog "UPDATE relations SET bytes = 100000000 WHERE name = 'tiny'"
    run migrate lint --catalog prod.catalog m
    [[ "$output" == *"public.tiny (95 MB, 1 row)"* ]]
    run migrate lint m
    [[ "$output" == *"public.tiny"* ]]
    [[ "$output" != *"about"* ]]
}

@test "lint: what the server never counted is unknown, and said to be" {
    shop
    pg_sql "CREATE TABLE fresh (a int)"
    migrate catalog pull -q -o prod.catalog
    run migrate lint --catalog prod.catalog - <<<'CREATE INDEX ON fresh (a);'
    [ "$status" -eq 1 ]
    [[ "$output" == *"not known: how large public.fresh is; ANALYZE on the server would tell"* ]]
    [[ "$output" != *"about"* ]]
    run migrate lint - <<<'CREATE INDEX ON fresh (a);'
    [[ "$output" == *"a catalog file would tell"* ]]
}

@test "lint: the catalog is complete, its server's version counts" {
    shop
    migrate catalog pull -q -o prod.catalog
    [ "$(migrate explain --json --catalog prod.catalog 'SELECT 1' | jq .server_version)" = "$(($(pg_sql 'SHOW server_version_num') / 10000))" ]
    [ "$(migrate explain --json --catalog prod.catalog --server-version 13 'SELECT 1' | jq .server_version)" = 13 ]
    [ "$(migrate explain --json --catalog prod.catalog 'ALTER TABLE orders ALTER c TYPE bigint' | jq -c '.statements[0] | .known, .rewrite')" = $'"yes"\n["public.orders"]' ]
}

@test "applied migrations are neither replayed nor judged again" {
    write migrations/1_a.sql <<<$'-- migrate:up\nCREATE TABLE a (id int PRIMARY KEY, b int);\nINSERT INTO a VALUES (1, 1);'
    migrate up --gate off
    pg_sql "VACUUM ANALYZE"
    migrate catalog pull -q -o prod.catalog
    unset DATABASE_URL PGHOST
    write migrations/2_b.sql <<<$'-- migrate:up\nALTER TABLE a ADD COLUMN c int;'
    run migrate lint --catalog prod.catalog
    [ "$status" -eq 0 ]
    [[ "$output" == *"1 file not judged: applied already, says prod.catalog"* ]]
    [[ "$output" == *"1 statement in 1 file"* ]]
    run migrate plan --json --catalog prod.catalog
    [ "$status" -eq 0 ]
    [ "$(jq -c '[.migrations[].version]' <<<"$output")" = '["2"]' ]
    sqlite3 prod.catalog "UPDATE migrations SET sha256 = 'x', sha256_text = 'x'"
    run migrate plan --catalog prod.catalog
    [ "$status" -eq 5 ]
}

@test "what is no catalog file is refused with the way out" {
    write m/1_a.sql <<<$'-- migrate:up\nSELECT 1;'
    migrate catalog pull -q -o good
    : >empty
    head -c 5000 good >cut
    cp good later && sqlite3 later 'PRAGMA user_version = 3'
    cp good other && sqlite3 other 'PRAGMA application_id = 0'
    cp good hostile && sqlite3 hostile "DROP TABLE settings; CREATE VIEW settings AS SELECT load_extension('x') AS name, 1 AS value"
    mkdir folder
    for file in empty cut later other hostile folder missing m/1_a.sql; do
        for command in "lint m" "explain x" "plan --dir m" "catalog show"; do
            case $command in
            catalog*) run migrate $command $file ;;
            *) run migrate $command --catalog $file ;;
            esac
            echo "$command $file: $status $output"
            [ "$status" -eq 2 ]
            [[ "$output" == *"migrate catalog pull"* ]]
        done
    done
    run migrate lint --catalog later m
    [[ "$output" == *"another version of migrate"*"format is 3, this migrate reads 2"* ]]
}

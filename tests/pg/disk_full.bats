#!/usr/bin/env bats
# A disk that is full. Wants the right to mount a small one.

load lib

setup_file() {
    pg_start autovacuum=off
    DISK=$PG_DIR.disk
    export DISK
    as_pg mkdir "$DISK"
    mount -t tmpfs -o size=16m tmpfs "$DISK" 2>/dev/null || return 0
    chown "$PG_OS_USER" "$DISK"
}

teardown_file() {
    pg_stop
    umount "$DISK" 2>/dev/null || true
    rmdir "$DISK"
}

setup() {
    mountpoint -q "$DISK" || skip "no right to mount a small disk"
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    resize 16
    pg_fresh_db "disk_full_$BATS_TEST_NUMBER"
    as_pg mkdir "$DISK/$BATS_TEST_NUMBER"
    pg_sql "CREATE TABLESPACE small_$BATS_TEST_NUMBER LOCATION '$DISK/$BATS_TEST_NUMBER'" \
        "CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL, pad text) TABLESPACE small_$BATS_TEST_NUMBER" \
        "INSERT INTO item SELECT g, 0, repeat('x', 100) FROM generate_series(1, 60000) g"
}
teardown() {
    [ -z "${PROJECT:-}" ] || pg_sql "DROP TABLE item" "DROP TABLESPACE small_$BATS_TEST_NUMBER"
}

resize() { mount -o "remount,size=${1}m" "$DISK"; } # MEGABYTES

file() { cat >"$PROJECT/$1.sql"; }

up() { migrate up --gate off --dir "$PROJECT"; }

@test "preflight sees that it does not fit: nothing is begun, and the tablespace is named" {
    printf -- '-- migrate:up\nALTER TABLE item ALTER COLUMN n TYPE bigint;\n' | file 1_rewrite
    pg_sql "ANALYZE item" # sizes are those that the server keeps of it
    resize 14
    run up
    [ "$status" -eq 1 ] || { echo "$status: $output"; false; }
    [[ "$output" == *"the steps need about "*" MB of disk for a time, and "*" MB are free in $DISK/$BATS_TEST_NUMBER"* ]] || { echo "$output"; false; }
    [ -z "$(pg_sql "SELECT to_regnamespace('migrate')")" ]
    # Elsewhere there is room: an index that does not go to that tablespace is none of its business.
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY item_n ON item (n);\n' | file 1_rewrite
    up
    # Room, but not twice: a warning.
    printf -- '-- migrate:up\nALTER TABLE item ALTER COLUMN n TYPE bigint;\n' | file 2_rewrite
    resize 24
    run up
    [ "$status" -eq 0 ] || { echo "$status: $output"; false; }
    [[ "$output" == *"that is little"* ]] || { echo "$output"; false; }
}

@test "preflight knows the size of a table that was never analyzed, and does not wait for one that is locked" {
    printf -- '-- migrate:up\nALTER TABLE item ALTER COLUMN n TYPE bigint;\n' | file 1_rewrite
    pg_sql "ALTER TABLE item SET (autovacuum_enabled = false)" "TRUNCATE item" "CHECKPOINT" \
        "INSERT INTO item SELECT g, 0, repeat('x', 100) FROM generate_series(1, 60000) g"
    [ "$(pg_sql "SELECT relpages FROM pg_class WHERE relname = 'item'")" = 0 ]
    resize 14
    run up
    [ "$status" -eq 1 ] || { echo "$status: $output"; false; }
    [[ "$output" == *"the steps need about "*" MB of disk for a time, and "*" MB are free in $DISK/$BATS_TEST_NUMBER"* ]] || { echo "$output"; false; }
    pg_session holder "BEGIN; LOCK TABLE item"
    run timeout 30 env "MIGRATE_MAX_XACT_AGE=0" "$MIGRATE_BIN" up --gate off --preflight-only --dir "$PROJECT"
    pg_session_end holder
    [ "$status" -eq 0 ] || { echo "$status: $output"; false; }
    [[ "$output" == *"how large public.item is could not be told"* ]] || { echo "$output"; false; }
}

@test "an index that does not fit: nothing stays, and it is built when there is room" {
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY item_pad ON item (pad, id) TABLESPACE small_%s;\n' "$BATS_TEST_NUMBER" | file 1_index
    resize 15 # room for half the table, as which preflight counts an index; this one is larger
    run up
    [ "$status" -eq 3 ] || { echo "$status: $output"; false; }
    [[ "$output" == *"1_index.sql:2:1"*"53100"* ]]
    [ "$(pg_sql "SELECT count(*) FROM pg_index WHERE indrelid = 'item'::regclass")" = 1 ]
    [ "$(pg_sql "SELECT count(*) FROM migrate.migrations")" = 0 ]
    resize 64
    up
    [ "$(pg_sql "SELECT indisvalid FROM pg_index WHERE indexrelid = 'item_pad'::regclass")" = t ]
}

@test "a transaction that does not fit leaves nothing" {
    printf -- '-- migrate:up\nCREATE TABLE other (id int);\nINSERT INTO item SELECT g, 0, repeat($$x$$, 1000) FROM generate_series(100000, 140000) g;\n' | file 1_rows
    run up
    [ "$status" -eq 3 ]
    [[ "$output" == *"1_rows.sql:3:1"*"53100"* ]]
    [ -z "$(pg_sql "SELECT to_regclass('other')")" ]
    [ "$(pg_sql "SELECT count(*) FROM migrate.migrations")" = 0 ]
    resize 200
    up
}

@test "a backfill that fills the disk stops with what is done, and goes on when there is room" {
    printf -- '-- migrate:up\n-- migrate:backfill batch=1000\nUPDATE item SET n = n + 1;\n' | file 1_fill
    run up
    [ "$status" -eq 7 ]
    [[ "$output" == *"1_fill.sql:3:1"*"53100"*"goes on from there"* ]]
    [ "$(pg_sql "SELECT count(*) FROM item WHERE n = 1")" = "$(pg_sql "SELECT rows FROM migrate.backfills")" ]
    [ "$(pg_sql "SELECT state FROM migrate.migrations")" = applying ]
    resize 64
    up
    [ "$(pg_sql "SELECT n, count(*) FROM item GROUP BY n")" = "1|60000" ]
}

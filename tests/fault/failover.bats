#!/usr/bin/env bats
# The primary is fenced and its standby promoted in the middle of every kind of step: the run goes on there by itself.

load lib

setup_file() {
    pg_start
    project "$BATS_FILE_TMPDIR/project"
    export PROJECT
    undisturbed
    pg_stop
}

setup() {
    pg_start
    export STANDBY=$PG_DIR/standby
    as_pg "$PG_BIN/pg_basebackup" -h "$PG_DIR" -U postgres -D "$STANDBY" -R -c fast -X stream
    as_pg "$PG_BIN/pg_ctl" start -D "$STANDBY" -w -t 60 -s -o "-p 5433" -l "$PG_DIR/standby.log" 3>&- </dev/null
    # What is committed is on the standby, but for the short transactions in the middle of a run, which do not wait for the disk either.
    pg_sql "ALTER SYSTEM SET synchronous_standby_names = '*'" "SELECT pg_reload_conf()" >/dev/null
    pg_fresh_db hurt
    PAIR="postgresql://postgres@/hurt?host=$PG_DIR,$PG_DIR&port=5432,5433"
}
teardown() {
    as_pg "$PG_BIN/pg_ctl" stop -D "$STANDBY" -m immediate -w -s || true
    pg_stop
}

as_server() { # COMMAND…: the text of a shell command that runs it as the server's user
    echo "cd / && ${OS_USER_COMMAND:-setpriv --reuid postgres --regid postgres --init-groups --} $* >/dev/null 2>&1"
}

fail_over() {
    echo "$(as_server "'$PG_BIN/pg_ctl'" stop -D "'$PG_DIR/data'" -m immediate -w -s); $(as_server "'$PG_BIN/pg_ctl'" promote -D "'$STANDBY'" -w -t 60 -s)"
}

on_the_new_primary() {
    export PGPORT=5433
    DATABASE_URL="postgresql://postgres@/hurt?host=$PG_DIR&port=5433"
    pg_sql "ALTER SYSTEM SET synchronous_standby_names = ''" "SELECT pg_reload_conf()" >/dev/null
    same_as_undisturbed
}

goes_on() { # POINT:N
    MIGRATE_FAULT=$1 MIGRATE_FAULT_DO=$(fail_over) run faulty up --gate off --url "$PAIR" --dir "$PROJECT"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"the connection was lost and is back"* ]]
    on_the_new_primary
}

@test "before a transaction" { goes_on tx-before:2; }
@test "behind a transaction" { all_only && goes_on tx-after:1; }
@test "before CREATE INDEX CONCURRENTLY" { all_only && goes_on single-before:1; }
@test "behind CREATE INDEX CONCURRENTLY" { all_only && goes_on single-after:1; }
@test "behind DROP INDEX CONCURRENTLY, before that is recorded" { all_only && goes_on single-unsettled:2; }
@test "in a backfill" { goes_on batch-before:3; }
@test "behind a batch" { all_only && goes_on batch-after:2; }

@test "the old primary comes back beside the new one: it is not taken" {
    local come_back
    come_back=$(as_server "'$PG_BIN/pg_ctl'" start -D "'$PG_DIR/data'" -w -s -l "'$PG_DIR/log'")
    # Back before the run looks for a primary, and first in its list.
    MIGRATE_FAULT=batch-before:2 MIGRATE_FAULT_DO="$(fail_over)" run faulty up --gate off --quiet --url "$PAIR" --dir "$PROJECT"
    [ "$status" -eq 0 ]
    as_pg "$PG_BIN/pg_ctl" stop -D "$STANDBY" -m fast -w -s
    sh -c "$come_back"
    as_pg "$PG_BIN/pg_ctl" start -D "$STANDBY" -w -t 60 -s -o "-p 5433" -l "$PG_DIR/standby.log" 3>&- </dev/null
    printf -- '-- migrate:up\nCREATE TABLE more (id int);\n-- migrate:down\nDROP TABLE more;\n' >"$BATS_TEST_TMPDIR/4_more.sql"
    cp "$PROJECT"/*.sql "$BATS_TEST_TMPDIR"
    pg_sql "SELECT 1"
    NEW="postgresql://postgres@/hurt?host=$PG_DIR,$PG_DIR&port=5433,5432"
    # The run begins on the new primary, which then goes away: only the old one is left, and that is worse than none.
    MIGRATE_FAULT=tx-before:1 MIGRATE_FAULT_DO=$(as_server "'$PG_BIN/pg_ctl'" stop -D "'$STANDBY'" -m immediate -w -s) \
        run faulty up --gate off --reconnect 2s --url "$NEW" --dir "$BATS_TEST_TMPDIR"
    echo "$output"
    [ "$status" -eq 3 ]
    [[ "$output" == *"before the promotion"* ]]
    [ -z "$(pg_sql "SELECT to_regclass('more')")" ]
}

@test "another server answers in its place: refused" {
    all_only
    local elsewhere
    elsewhere=$(as_pg mktemp -d /tmp/migrate-pg-XXXXXX)
    as_pg env LC_ALL=C "$PG_BIN/initdb" -D "$elsewhere/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null
    as_pg "$PG_BIN/pg_ctl" start -D "$elsewhere/data" -w -s -o "-p 5434 -k $elsewhere -c listen_addresses=" -l "$elsewhere/log" 3>&- </dev/null
    psql -XAtq -h "$elsewhere" -p 5434 -d postgres -c 'CREATE DATABASE hurt'
    MIGRATE_FAULT=tx-before:2 MIGRATE_FAULT_DO=$(as_server "'$PG_BIN/pg_ctl'" stop -D "'$PG_DIR/data'" -m immediate -w -s) \
        run faulty up --gate off --url "postgresql://postgres@/hurt?host=$PG_DIR,$elsewhere&port=5432,5434" --dir "$PROJECT"
    as_pg "$PG_BIN/pg_ctl" stop -D "$elsewhere/data" -m immediate -w -s
    as_pg rm -rf "$elsewhere"
    echo "$output"
    [ "$status" -eq 3 ]
    [[ "$output" == *"is not the database that this run began with"* ]]
}

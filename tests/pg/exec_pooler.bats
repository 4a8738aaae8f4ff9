#!/usr/bin/env bats
# Through PgBouncer: refused where it shares a server session among clients, fine where it does not.

load lib

setup_file() {
    command -v pgbouncer >/dev/null || skip "pgbouncer is not installed"
    pg_start
    as_pg tee "$PG_DIR/bouncer.ini" >/dev/null <<INI
[databases]
transaction = host=$PG_DIR port=5432 dbname=postgres pool_mode=transaction
session = host=$PG_DIR port=5432 dbname=postgres pool_mode=session
statement = host=$PG_DIR port=5432 dbname=postgres pool_mode=statement
narrow = host=$PG_DIR port=5432 dbname=postgres pool_mode=session pool_size=1
narrow_transaction = host=$PG_DIR port=5432 dbname=postgres pool_mode=transaction pool_size=1
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = $PG_DIR
auth_type = any
max_client_conn = 60
logfile = $PG_DIR/bouncer.log
pidfile = $PG_DIR/bouncer.pid
INI
    as_pg sed -i "s/dbname=postgres/dbname=postgres user=postgres/" "$PG_DIR/bouncer.ini"
    as_pg pgbouncer -q -d "$PG_DIR/bouncer.ini" 3>&-
    until_true psql -XAtq -h "$PG_DIR" -p 6432 -d session -c "SELECT 1"
    mkdir -p "$BATS_FILE_TMPDIR/project"
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n-- migrate:down\nDROP TABLE a;\n' >"$BATS_FILE_TMPDIR/project/1_a.sql"
}
teardown_file() {
    [ -n "${PG_DIR:-}" ] || return 0
    as_pg kill "$(as_pg cat "$PG_DIR/bouncer.pid")" || true
    pg_stop
}

url() { # DATABASE
    echo "postgresql://postgres@/$1?host=$PG_DIR&port=6432"
}

@test "transaction pooling is found out and refused, and no lock stays behind" {
    run migrate up --url "$(url transaction)" --dir "$BATS_FILE_TMPDIR/project"
    [ "$status" -eq 3 ]
    [[ "$output" == *"pooler in transaction mode"* && "$output" == *"server's own address"* ]]
    [ "$(pg_sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")" = 0 ]
    [ -z "$(pg_sql "SELECT to_regclass('a')")" ]
}

@test "session pooling works" {
    migrate up --url "$(url session)" --dir "$BATS_FILE_TMPDIR/project"
    [ "$(pg_sql "SELECT count(*) FROM migrate.migrations")" = 1 ]
    [ "$(pg_sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")" = 0 ]
}

@test "session pooling with a single server connection works: nobody else can get it" {
    printf -- '-- migrate:up\nCREATE TABLE b (id int);\n' >"$BATS_FILE_TMPDIR/project/2_b.sql"
    migrate up --url "$(url narrow)" --dir "$BATS_FILE_TMPDIR/project"
    [ "$(pg_sql "SELECT count(*) FROM migrate.migrations WHERE version = '2'")" = 1 ]
}

@test "transaction pooling is found out with a single server connection, with idle ones beside ours, and with statement pooling" {
    local n
    printf -- '-- migrate:up\nCREATE TABLE c (id int);\n' >"$BATS_FILE_TMPDIR/project/3_c.sql"
    run migrate up --url "$(url narrow_transaction)" --dir "$BATS_FILE_TMPDIR/project"
    [ "$status" -eq 3 ]
    # Several server connections are idle when we come.
    for n in 1 2 3; do
        psql -XAtq "$(url transaction)" -c "SELECT pg_sleep(0.2)" 3>&- >/dev/null &
    done
    wait
    run migrate up --url "$(url transaction)" --dir "$BATS_FILE_TMPDIR/project"
    [ "$status" -eq 3 ]
    [[ "$output" == *"pooler in transaction mode"* ]]
    run migrate up --url "$(url statement)" --dir "$BATS_FILE_TMPDIR/project"
    [ "$status" -eq 3 ]
    [ -z "$(pg_sql "SELECT to_regclass('c')")" ]
    [ "$(pg_sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")" = 0 ]
}

# The replay against a real server: the SQL of every case in tests/cases/catalog is run on PostgreSQL, and what the server's
# catalogs then say (tests/cases/catalog/server.sql) must be, line by line, what the model says.
# The server is the newest that is installed, 15 or later, started here and ended here; T_REPLAY_DSN names another one to use.

setup_file() {
    export REPLAY="$(dirname "$MIGRATE_BIN")/tests/unit/catalog/t_replay"
    [ -n "$T_REPLAY_DSN" ] && return
    local bin
    bin=$(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -V | tail -1)
    if [ -z "$bin" ]; then
        bin=$(dirname "$(command -v initdb || echo /nowhere/initdb)")
    fi
    [ -x "$bin/initdb" ] || return 0
    export PG_BIN=$bin
    export PG_HOME
    PG_HOME=$(mktemp -d /tmp/replay.XXXXXX)
    if [ "$(id -u)" = 0 ]; then
        chown nobody "$PG_HOME"
    fi
    as_server "$bin/initdb" -D "$PG_HOME/data" -U postgres -A trust -N -E UTF8 --locale=C >/dev/null
    as_server "$bin/pg_ctl" -D "$PG_HOME/data" -w -l "$PG_HOME/log" \
        -o "-k $PG_HOME -c listen_addresses= -c fsync=off" start >/dev/null
    export T_REPLAY_DSN="host=$PG_HOME user=postgres"
}

teardown_file() {
    if [ -n "$PG_HOME" ]; then
        as_server "$PG_BIN/pg_ctl" -D "$PG_HOME/data" -m immediate stop >/dev/null
        rm -rf "$PG_HOME"
    fi
}

as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && setpriv --reuid nobody --regid nogroup --clear-groups "$@")
    else
        "$@"
    fi
}

# Run each case of file $1; prints the differences and returns 1 when there are any.
compare() {
    local dir="$BATS_TEST_TMPDIR" major n=0 failed=0 case
    major=$(($(psql "$T_REPLAY_DSN dbname=template1" -XAtqc 'SHOW server_version_num') / 10000))
    [ "$major" -ge 15 ] || skip "the server is older than 15: its SQL lacks what the cases use"
    "$REPLAY" --facts "$1" "$major" |
        awk -v dir="$dir" 'BEGIN { RS = "" } { n++; print > (dir "/" n ".case") }'
    for case in "$dir"/*.case; do
        [ -e "$case" ] || break
        n=$((n + 1))
        sed '/^#/d; /^==>$/,$d' "$case" >"$case.sql"
        sed '1,/^==>$/d' "$case" >"$case.model"
        psql "$T_REPLAY_DSN dbname=template1" -Xq -c 'DROP DATABASE IF EXISTS replay' -c 'CREATE DATABASE replay' 2>/dev/null
        psql "$T_REPLAY_DSN dbname=replay" -XAtq -c 'SET client_min_messages = error' -c '\o /dev/null' -f "$case.sql" \
            -c '\o' -f tests/cases/catalog/server.sql >"$case.server" 2>"$case.errors" || true
        if ! diff "$case.model" "$case.server" >"$case.diff"; then
            failed=1
            head -1 "$case"
            echo "(< the model, > the server)"
            cat "$case.diff" "$case.errors"
        fi
    done
    echo "$n cases"
    return $failed
}

need() {
    [ -n "$T_REPLAY_DSN" ] || skip "no PostgreSQL server is installed"
    [ -x "$REPLAY" ] || skip "$REPLAY is not built (make unit builds it)"
}

@test "every case file is compared here" {
    for file in tests/cases/catalog/*.case; do
        grep -q "compare $file\$" "$BATS_TEST_FILENAME"
    done
}

@test "CREATE as the server does it" {
    need
    compare tests/cases/catalog/create.case
}

@test "ALTER as the server does it" {
    need
    compare tests/cases/catalog/alter.case
}

@test "DROP as the server does it" {
    need
    compare tests/cases/catalog/drop.case
}

@test "search_path as the server takes it" {
    need
    compare tests/cases/catalog/session.case
}

@test "versions as the server has them" {
    need
    compare tests/cases/catalog/unknown.case
}

@test "defaults that rewrite the table are the ones called volatile" {
    need
    local file=tests/cases/catalog/volatile.txt setup="$BATS_TEST_TMPDIR/setup.sql" failed=0 n=0 answer type default got
    sed '/^#/d; /^==>$/,$d' "$file" >"$setup"
    psql "$T_REPLAY_DSN dbname=template1" -Xq -c 'DROP DATABASE IF EXISTS replay' -c 'CREATE DATABASE replay' 2>/dev/null
    psql "$T_REPLAY_DSN dbname=replay" -Xq -v ON_ERROR_STOP=1 -f "$setup"
    # One session for all: each default is added to a table with a row, and the table's file is compared.
    sed '1,/^==>$/d; /^$/d; /^unknown /d; /uuid_generate/d; /nobody_knows/d' "$file" | while read -r answer type default; do
        echo "CREATE TABLE t (id int); INSERT INTO t VALUES (1);"
        echo "SELECT pg_relation_filenode('t') AS before \\gset"
        echo "ALTER TABLE t ADD COLUMN x $type DEFAULT $default;"
        echo "SELECT CASE WHEN pg_relation_filenode('t') = :before THEN 'no' ELSE 'yes' END;"
        echo "DROP TABLE t;"
    done >"$setup"
    psql "$T_REPLAY_DSN dbname=replay" -XAtq -v ON_ERROR_STOP=1 -f "$setup" >"$setup.got"
    sed '1,/^==>$/d; /^$/d; /^unknown /d; /uuid_generate/d; /nobody_knows/d' "$file" | sed 's/ .*//' >"$setup.want"
    diff "$setup.want" "$setup.got"
}

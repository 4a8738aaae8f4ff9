# What the command-line tests share. Each test works in a folder of its own, with nothing of the user's environment that
# could lead migrate elsewhere.

migrate() { "$MIGRATE_BIN" "$@"; }

common_setup() {
    local bin=$MIGRATE_BIN name
    for name in DATABASE_URL NO_COLOR PGHOST PGPORT PGDATABASE PGUSER PGPASSWORD PGSERVICE "${!MIGRATE_@}"; do
        unset "$name"
    done
    export MIGRATE_BIN=$bin LC_ALL=C.UTF-8
    cd "$BATS_TEST_TMPDIR"
}

# write FILE: standard input becomes the file, its folder is made.
write() { mkdir -p "$(dirname "$1")" && cat >"$1"; }

# A server for all tests of a file, on a unix socket only, as an unprivileged user when we are root.
start_server() {
    local bin dir=$BATS_FILE_TMPDIR/pg
    bin=${MIGRATE_PG_BIN:-$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)}
    mkdir -p "$dir"
    as_user=()
    if [ "$(id -u)" = 0 ]; then
        local user=postgres
        id postgres >/dev/null 2>&1 || user=nobody
        chown "$user" "$dir"
        chmod a+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$(dirname "$BATS_RUN_TMPDIR")" 2>/dev/null || true
        as_user=(setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups)
    fi
    (cd / && "${as_user[@]}" "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --no-locale -N >"$BATS_FILE_TMPDIR/initdb.log" 2>&1)
    # A socket path may have 107 bytes.
    export PGTEST_SOCKET
    PGTEST_SOCKET=$(mktemp -d /tmp/migrate-cli.XXXXXX)
    chmod 777 "$PGTEST_SOCKET"
    (cd / && "${as_user[@]}" "$bin/pg_ctl" -D "$dir/data" -l "$dir/pg.log" -w -s \
        -o "-c listen_addresses='' -k $PGTEST_SOCKET -c fsync=off -c autovacuum=off" start >/dev/null 2>&1 3>&-)
    export PGTEST_BIN=$bin PGTEST_DATA=$dir/data
}

stop_server() {
    [ -n "${PGTEST_DATA:-}" ] || return 0
    local user
    user=$(stat -c %U "$PGTEST_DATA")
    as_user=()
    [ "$(id -u)" = 0 ] && as_user=(setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups)
    (cd / && "${as_user[@]}" "$PGTEST_BIN/pg_ctl" -D "$PGTEST_DATA" -m immediate -w -s stop) || true
    rm -rf "$PGTEST_SOCKET"
}

# A fresh database for this test; DATABASE_URL leads to it.
fresh_database() {
    local name=t$BATS_TEST_NUMBER
    "$PGTEST_BIN/psql" -X -q -h "$PGTEST_SOCKET" -U postgres -d postgres -c "CREATE DATABASE $name"
    export DATABASE_URL="host=$PGTEST_SOCKET user=postgres dbname=$name"
}

sql() { "$PGTEST_BIN/psql" -X -q -A -t "$DATABASE_URL" -c "$1"; }

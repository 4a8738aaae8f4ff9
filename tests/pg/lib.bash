# shellcheck shell=bash
# Helpers for tests against real servers. Load with:   load lib
#
#   setup_file()    { pg_start; }
#   teardown_file() { pg_stop; }
#
# pg_start [name=value …]   a private server in a new folder, on a unix socket only; its settings are name=value. Sets and exports
#                           PG_DIR, PGHOST, PGPORT, PGUSER, PGDATABASE and DATABASE_URL
# pg_stop                   stop it and remove the folder; fine when it is gone or was never there
# pg_restart [-m MODE]      stop (smart, fast, immediate) and start again
# pg_kill                   SIGKILL to the postmaster: as if the machine had gone; pg_up starts it again
# pg_sql SQL…               run it, print rows as plain text (psql -At); fails when a statement does
# pg_fresh_db NAME          an empty database of that name, which PGDATABASE and DATABASE_URL then name
# pg_session NAME SQL       run SQL in a psql of its own that stays connected: to hold locks and transactions open. Returns when done
# pg_session_send NAME SQL  the same, without waiting for it to be done
# pg_session_end NAME       disconnect it
# until_true COMMAND…       run it again and again until it succeeds; fails after UNTIL_S seconds (20)
# migrate …                 the program under test
#
# PG_BIN is the folder of the server's programs: set it to test with another major version. As root, the server runs as user
# postgres (PG_OS_USER).

PG_BIN=${PG_BIN:-$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)}
PG_OS_USER=${PG_OS_USER:-postgres}

migrate() {
    "${MIGRATE_BIN:?set MIGRATE_BIN to the program under test}" "$@"
}

# As the user who may run a server.
as_pg() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && exec setpriv --reuid "$PG_OS_USER" --regid "$(id -g "$PG_OS_USER")" --init-groups -- "$@")
    else
        "$@"
    fi
}

until_true() {
    local end=$((SECONDS + ${UNTIL_S:-20}))
    until "$@" >/dev/null 2>&1; do
        if [ "$SECONDS" -ge "$end" ]; then
            echo "never true: $*" >&2
            return 1
        fi
        sleep 0.02
    done
}

pg_url() { # DATABASE
    echo "postgresql://postgres@/$1?host=$PG_DIR&port=5432"
}

pg_start() {
    local setting
    PG_DIR=$(as_pg mktemp -d /tmp/migrate-pg-XXXXXX) || return 1
    export PG_DIR PG_BIN PGHOST=$PG_DIR PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
    DATABASE_URL=$(pg_url postgres)
    export DATABASE_URL
    unset PGPASSWORD PGOPTIONS PGSERVICE PGAPPNAME
    export XDG_STATE_HOME=$BATS_FILE_TMPDIR/state
    if ! as_pg env LC_ALL=C TZ=UTC "$PG_BIN/initdb" -D "$PG_DIR/data" -U postgres -A trust -E UTF8 --locale=C --no-sync \
        >"$BATS_FILE_TMPDIR/initdb.log" 2>&1; then
        cat "$BATS_FILE_TMPDIR/initdb.log" >&2
        return 1
    fi
    {
        echo "listen_addresses = ''"
        echo "unix_socket_directories = '$PG_DIR'"
        echo "port = 5432"
        # Without fsync a commit still outlives every death of the server, only not of the machine.
        echo "fsync = off"
        echo "full_page_writes = off"
        echo "shared_buffers = 64MB"
        echo "max_connections = 40"
        echo "timezone = 'UTC'"
        echo "log_timezone = 'UTC'"
        for setting in "$@"; do
            echo "${setting%%=*} = '${setting#*=}'"
        done
    } | as_pg tee -a "$PG_DIR/data/postgresql.conf" >/dev/null
    pg_up
}

pg_up() {
    # bats waits for whatever holds its descriptor 3
    if ! as_pg "$PG_BIN/pg_ctl" start -D "$PG_DIR/data" -w -t 60 -s -l "$PG_DIR/log" 3>&- </dev/null; then
        as_pg tail -n 20 "$PG_DIR/log" >&2
        return 1
    fi
}

pg_stop() {
    local name
    [ -n "${PG_DIR:-}" ] || return 0
    for name in "$PG_DIR".session.*.pid; do
        [ -e "$name" ] || continue
        name=${name#"$PG_DIR".session.}
        pg_session_end "${name%.pid}"
    done
    if [ -e "$PG_DIR/data/postmaster.pid" ]; then
        as_pg "$PG_BIN/pg_ctl" stop -D "$PG_DIR/data" -m immediate -w -t 60 -s || true
    fi
    as_pg rm -rf "$PG_DIR"
    unset PG_DIR
}

pg_restart() {
    local mode=fast
    if [ "${1:-}" = -m ]; then
        mode=$2
    fi
    as_pg "$PG_BIN/pg_ctl" stop -D "$PG_DIR/data" -m "$mode" -w -t 60 -s && pg_up
}

pg_kill() {
    local pid
    pid=$(as_pg head -n 1 "$PG_DIR/data/postmaster.pid")
    as_pg kill -KILL "$pid"
    # Its children notice by themselves; the next start refuses while one of them is attached to the shared memory.
    until_true pg_is_gone "$pid"
}

pg_is_gone() { # PID: no process works in the data folder any more
    local cwd
    ! kill -0 "$1" 2>/dev/null || return 1
    for cwd in /proc/[0-9]*/cwd; do
        if [ "$(readlink "$cwd" 2>/dev/null)" = "$PG_DIR/data" ]; then
            return 1
        fi
    done
}

pg_sql() {
    local args=() sql
    for sql in "$@"; do
        args+=(-c "$sql")
    done
    psql -XAtq -v ON_ERROR_STOP=1 "${args[@]}"
}

pg_fresh_db() { # NAME
    PGDATABASE=postgres pg_sql "DROP DATABASE IF EXISTS \"$1\"" "CREATE DATABASE \"$1\"" || return 1
    export PGDATABASE=$1
    DATABASE_URL=$(pg_url "$1")
    export DATABASE_URL
}

# A session is a psql that reads from a named pipe; a file kept open by a background process keeps the pipe open.
pg_session_send() { # NAME SQL
    local base=$PG_DIR.session.$1
    if [ ! -e "$base.pid" ]; then
        rm -f "$base.in" "$base.out"
        mkfifo "$base.in"
        : >"$base.out"
        PGAPPNAME=$1 psql -XAtq <>"$base.in" >>"$base.out" 2>&1 3>&- &
        echo $! >"$base.pid"
        disown $!
    fi
    printf '%s;\n' "$2" >"$base.in"
}

pg_session() { # NAME SQL
    local mark=done-$RANDOM$RANDOM
    pg_session_send "$1" "$2" || return 1
    printf '\\echo %s\n' "$mark" >"$PG_DIR.session.$1.in"
    until_true grep -qx "$mark" "$PG_DIR.session.$1.out" || return 1
    if grep -q '^ERROR:' "$PG_DIR.session.$1.out"; then
        cat "$PG_DIR.session.$1.out" >&2
        return 1
    fi
}

pg_session_end() { # NAME
    local base=$PG_DIR.session.$1 pid
    [ -e "$base.pid" ] || return 0
    pid=$(cat "$base.pid")
    kill "$pid" 2>/dev/null || true
    rm -f "$base.pid" "$base.in" "$base.out"
    until_true pg_session_is_gone "$pid"
}

pg_session_is_gone() {
    ! kill -0 "$1" 2>/dev/null
}

# What the command-line tests share. Each test works in a folder of its own, with nothing of the user's environment that
# could lead migrate elsewhere.

migrate() { "$MIGRATE_BIN" "$@"; }

common_setup() {
    local bin=$MIGRATE_BIN name
    for name in NO_COLOR "${!MIGRATE_@}"; do
        unset "$name"
    done
    # A test file with a server of its own (tests/pg/lib.bash) needs these.
    [ -n "${PG_DIR:-}" ] || unset DATABASE_URL PGHOST PGPORT PGDATABASE PGUSER PGPASSWORD PGSERVICE
    export MIGRATE_BIN=$bin LC_ALL=C.UTF-8
    cd "$BATS_TEST_TMPDIR"
}

# write FILE: standard input becomes the file, its folder is made.
write() { mkdir -p "$(dirname "$1")" && cat >"$1"; }

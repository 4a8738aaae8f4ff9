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
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/.state
    cd "$BATS_TEST_TMPDIR"
}

# write FILE: standard input becomes the file, its folder is made.
write() { mkdir -p "$(dirname "$1")" && cat >"$1"; }

# A table, an index built on the side and a column, another table.
three_migrations() {
    write migrations/1_users.sql <<'SQL'
-- migrate:up
CREATE TABLE users (id int PRIMARY KEY, name text);
INSERT INTO users SELECT g, 'u' || g FROM generate_series(1, 100) g;
-- migrate:down
DROP TABLE users;
SQL
    write migrations/2_index.sql <<'SQL'
-- migrate:up
CREATE INDEX CONCURRENTLY users_name_idx ON users (name);
ALTER TABLE users ADD COLUMN age int;
-- migrate:down
ALTER TABLE users DROP COLUMN age;
DROP INDEX CONCURRENTLY users_name_idx;
SQL
    write migrations/10_orders.sql <<'SQL'
-- migrate:up
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users);
-- migrate:down
DROP TABLE orders;
SQL
}

# The tables in schema public, on one line.
tables() { pg_sql "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"; }

#!/usr/bin/env bats
# Schema files: dump, load, up again.

load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir -p project/migrations
    pg_fresh_db "dump_$BATS_TEST_NUMBER"
    cat >project/migrations/1_a.sql <<'SQL'
-- migrate:up
CREATE TABLE a (id int PRIMARY KEY, t text DEFAULT 'it''s');
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT ';'::text $$;
INSERT INTO a VALUES (1, 'a row is no part of a schema');
-- migrate:down
DROP FUNCTION f;
DROP TABLE a;
SQL
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY a_t ON a (t);\n-- migrate:down\nDROP INDEX CONCURRENTLY a_t;\n' >project/migrations/2_b.sql
}

up() { migrate up --quiet --gate off --dir project/migrations "$@"; }

@test "dump, load elsewhere, and up goes on; the text is the same again" {
    up
    migrate dump -o one.sql
    migrate dump >two.sql
    cmp one.sql two.sql
    ! grep -Eq 'restrict|Dumped|a row is no part|OWNER|GRANT|transaction_timeout' one.sql
    [ "$(grep -c '^INSERT INTO migrate.migrations ' one.sql)" -eq 2 ]
    pg_fresh_db "dump_loaded"
    run migrate load one.sql
    [ "$status" -eq 0 ]
    [[ "$output" == *"2 migrations are applied in it"* ]]
    migrate dump -o three.sql
    cmp one.sql three.sql
    [ "$(migrate status --dir project/migrations --json | jq -c '[.migrations[] | [.version, .state, .checksum]]')" = \
        '[["1","applied","ok"],["2","applied","ok"]]' ]
    printf -- '-- migrate:up\nALTER TABLE a ADD x int;\n' >project/migrations/3_c.sql
    up
    migrate down --dir project/migrations --to 1 2>/dev/null || true
    [ "$(pg_sql "SELECT count(*) FROM pg_attribute WHERE attrelid = 'a'::regclass AND attname = 'x'")" = 1 ]
}

@test "psql reads it, too" {
    up
    migrate dump --schema migrate -o one.sql
    pg_fresh_db "dump_psql"
    psql -XqAt -v ON_ERROR_STOP=1 -f one.sql >/dev/null
    run migrate status --exit-code --dir project/migrations
    [ "$status" -eq 0 ]
}

@test "down works behind load, with the files" {
    up
    migrate dump -o one.sql
    pg_fresh_db "dump_down"
    migrate load one.sql
    migrate down --all --yes --dir project/migrations
    [ -z "$(pg_sql "SELECT to_regclass('a')")" ]
}

@test "a database that is not empty is refused; a file that fails leaves nothing behind, with its line" {
    up
    migrate dump -o one.sql
    run migrate load one.sql
    [ "$status" -eq 5 ]
    [[ "$output" == *"is not empty"* ]]
    pg_fresh_db "dump_fails"
    printf 'CREATE TABLE good (id int);\n\nCREATE TABLE bad (id nosuchtype);\n' >bad.sql
    run migrate load bad.sql
    [ "$status" -eq 3 ]
    [[ "$output" == *"bad.sql:3:1: error: nothing was loaded: "* ]]
    [ -z "$(pg_sql "SELECT to_regclass('good')")" ]
    run migrate load missing.sql
    [ "$status" -eq 2 ]
}

@test "what psql would run on this machine is not run" {
    # shellcheck disable=SC1003
    printf '\\! touch ran\nCREATE TABLE t (id int);\n\\o |touch ran\n' >evil.sql
    run migrate load evil.sql
    [ "$status" -eq 0 ]
    [[ "$output" == *"no history is in it"* ]]
    [ ! -e ran ]
    [ -n "$(pg_sql "SELECT to_regclass('t')")" ]
}

@test "a migration that is half done is refused" {
    printf -- '-- migrate:up\nCREATE TABLE c (id int);\nINSERT INTO c VALUES (1), (1);\nCREATE UNIQUE INDEX CONCURRENTLY i ON c (id);\n' >project/migrations/3_c.sql
    run up
    run migrate dump -o one.sql
    [ "$status" -eq 5 ]
    [[ "$output" == *"3 c is half done"* ]]
    [ ! -e one.sql ]
}

@test "further arguments reach pg_dump" {
    up
    migrate dump -- --exclude-table=a >one.sql
    ! grep -q "CREATE TABLE public.a" one.sql
}

# A pg_dump that says VERSION and writes down how it was called.
fake_pg_dump() { # FOLDER VERSION
    mkdir -p "$1"
    cat >"$1/pg_dump" <<SH
#!/bin/sh
if [ "\$1" = --version ]; then echo "pg_dump (PostgreSQL) $2"; exit; fi
printf '%s\n' "\$@" >"$BATS_TEST_TMPDIR/args"
env >"$BATS_TEST_TMPDIR/env"
echo "CREATE TABLE fake ();"
SH
    chmod +x "$1/pg_dump"
}

@test "the password is in its environment, not in its arguments" {
    fake_pg_dump bin 99.1
    MIGRATE_PG_BIN=$PWD/bin migrate dump --url "postgresql://postgres:geh%40im@/$PGDATABASE?host=$PG_DIR&port=5432&keepalives_idle=7" >one.sql
    [ "$(head -n 1 one.sql)" = "CREATE TABLE fake ();" ]
    ! grep -q "geh" args
    grep -qx "PGPASSWORD=geh@im" env
    grep -qx "PGHOST=$PG_DIR" env
    grep -qx "PGDATABASE=$PGDATABASE" env
    grep -qx -- "--dbname=keepalives_idle='7'" args
    echo gehpeim >password
    MIGRATE_PG_BIN=$PWD/bin migrate dump --password-file password >one.sql
    grep -qx "PGPASSWORD=gehpeim" env
    ! grep -q "gehpeim" args
}

@test "one that is older than the server is passed over" {
    fake_pg_dump old 9.6
    MIGRATE_PG_BIN=$PWD/old migrate dump >one.sql
    ! grep -q fake one.sql
}

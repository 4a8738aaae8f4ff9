# Ways to name a database, and servers that are not as they should be.
load ../pg/lib.bash
load lib.bash

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    common_setup
    pg_fresh_db "t$BATS_TEST_NUMBER"
    three_migrations
}

@test "ways to name the database" {
    local url=$DATABASE_URL
    unset DATABASE_URL PGHOST PGPORT PGUSER PGDATABASE
    run migrate status --url "$url"
    [ "$status" -eq 0 ]
    OTHER=$url run migrate status --env OTHER
    [ "$status" -eq 0 ]
    run migrate status --env NOT_THERE
    [ "$status" -eq 2 ]
    echo "DATABASE_URL='$url'" >.env
    run migrate status
    [ "$status" -eq 0 ]
    rm .env
    PGHOST=$PG_DIR PGUSER=postgres PGDATABASE=t$BATS_TEST_NUMBER run migrate status
    [ "$status" -eq 0 ]
    PGHOST=$PG_DIR PGUSER=postgres PGDATABASE=nowhere run migrate status
    [ "$status" -eq 3 ]
    run migrate status --url "postgresql://postgres@/t$BATS_TEST_NUMBER?host=$PG_DIR"
    [ "$status" -eq 0 ]
}

@test "URLs of other runners" {
    run migrate status -q -database "pgx5://postgres@/t$BATS_TEST_NUMBER?host=$PG_DIR&x-migrations-table=m" -path migrations
    [ "$status" -eq 0 ]
    [[ "$output" == "3 pending" ]]
    run migrate status --url "postgres://postgres@/t$BATS_TEST_NUMBER?host=$PG_DIR&x-migrations-table=m"
    [[ "$output" == *"x-migrations-table means nothing here"* ]]
    pg_sql "CREATE SCHEMA app"
    migrate up 1 --url "postgres://postgres@/t$BATS_TEST_NUMBER?host=$PG_DIR&search_path=app"
    [ "$(pg_sql "SELECT relnamespace::regnamespace FROM pg_class WHERE relname = 'users'")" = app ]
}

@test "wait" {
    run migrate wait --timeout 5s
    [ "$status" -eq 0 ]
    run migrate wait --timeout 300ms --url "host=/nowhere/at/all user=x"
    [ "$status" -eq 4 ]
    run migrate wait --url "host=$PG_DIR user=nobody_at_all dbname=postgres"
    [ "$status" -eq 3 ]
}

@test "a read-only server is exit 3, status works on it" {
    PGOPTIONS='-c default_transaction_read_only=on' run migrate up
    [ "$status" -eq 3 ]
    [[ "$output" == *"25006"* ]]
    PGOPTIONS='-c default_transaction_read_only=on' run migrate status
    [ "$status" -eq 0 ]
    [ "$(pg_sql "SELECT count(*) FROM pg_namespace WHERE nspname = 'migrate'")" = 0 ]
}

@test "what is no connection string of PostgreSQL is refused before anything is asked, without what is secret in it" {
    run migrate status --url mysql://root:hidden@localhost/x
    [ "$status" -eq 2 ]
    echo "$output"
    [[ "$output" == *"cannot read the connection string mysql://root@localhost/x"*"a URL of PostgreSQL begins with postgres://"* ]]
    run migrate status --url localhost:5432/shop
    [ "$status" -eq 2 ]
    [[ "$output" == *"cannot read the connection string localhost:5432/shop"*"postgres:// is missing in front of it"* ]]
    run migrate status --url 'host=localhost pasword=hidden'
    [ "$status" -eq 2 ]
    [[ "$output" == *'invalid connection option "pasword"'* && "$output" != *hidden* ]]
    run migrate status --dry
    [ "$status" -eq 2 ]
    run migrate up --dry
    [[ "$output" == *"did you mean --dry-run?"* ]]
}

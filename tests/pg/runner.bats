# What lint --runner takes for a transaction is one on a server: psql -c sends one string, -f statement by statement, -1 wraps.
load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }
setup() {
    file=$BATS_TEST_TMPDIR/a.sql
    pg_fresh_db "t$BATS_TEST_NUMBER"
    pg_sql 'CREATE TABLE t (a int)'
}

# The server takes the file, sent as the runner sends it, exactly when lint finds no error about its transactions.
agrees() {
    local lint=0 server=0
    cat >"$file"
    case $1 in
    golang-migrate) psql -Xqc "$(cat "$file")" >/dev/null || server=1 ;;
    psql) psql -Xq -v ON_ERROR_STOP=1 -f "$file" >/dev/null || server=1 ;;
    psql-1) psql -Xq1 -v ON_ERROR_STOP=1 -f "$file" >/dev/null || server=1 ;;
    esac
    migrate lint --runner "$1" "$file" >"$BATS_TEST_TMPDIR/out" || lint=1
    [ "$lint" = "$server" ] && [ "$server" = "$2" ] || {
        echo "$1: lint $lint, server $server, expected $2"
        cat "$BATS_TEST_TMPDIR/out"
        return 1
    }
}

@test "one string of several statements" {
    agrees golang-migrate 0 <<<'CREATE INDEX CONCURRENTLY i ON t (a)'
    agrees golang-migrate 1 <<<'SELECT 1; CREATE INDEX CONCURRENTLY j ON t (a)'
    agrees golang-migrate 1 <<<'BEGIN; SELECT 1; COMMIT; VACUUM t'
}

@test "statement by statement" {
    agrees psql 0 <<<'SELECT 1; CREATE INDEX CONCURRENTLY i ON t (a);'
    agrees psql 0 <<<'BEGIN; SELECT 1; COMMIT; VACUUM t;'
    agrees psql 1 <<<'BEGIN; SELECT 1; COMMIT AND CHAIN; VACUUM t; COMMIT;'
    agrees psql 1 <<<'DO $$ BEGIN EXECUTE $q$CREATE INDEX CONCURRENTLY j ON t (a)$q$; END $$;'
}

@test "wrapped, until the file ends the transaction" {
    agrees psql-1 1 <<<'VACUUM t;'
    agrees psql-1 0 <<<'BEGIN; SELECT 1; COMMIT; VACUUM t;'
}

@test "enum values" {
    pg_sql "CREATE TYPE state AS ENUM ('a')" 'CREATE TABLE s (a state)'
    agrees psql 0 <<<"ALTER TYPE state ADD VALUE 'b'; INSERT INTO s VALUES ('b');"
    agrees psql-1 1 <<<"ALTER TYPE state ADD VALUE 'c'; INSERT INTO s VALUES ('c');"
    agrees golang-migrate 1 <<<"ALTER TYPE state ADD VALUE 'd'; INSERT INTO s VALUES ('d');"
}

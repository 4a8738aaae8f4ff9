# What is not what it should be: files, and servers. Each ends with its exit code, a place, a way out, and nothing half-recorded.
load ../pg/lib.bash
load lib.bash

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    common_setup
    pg_fresh_db "t$BATS_TEST_NUMBER"
    three_migrations
    SERVER=
}

teardown() {
    [ -z "$SERVER" ] || kill "$SERVER" 2>/dev/null || true
}

nothing_recorded() {
    [ -z "$(tables)" ]
    [ -z "$(pg_sql "SELECT to_regclass('migrate.migrations')")" ]
}

refused_file() { # FILE PLACE TEXT: up, plan and lint say so, and nothing runs
    local command
    for command in up plan lint; do
        run migrate "$command"
        if [ "$status" -ne 2 ] || [[ "$output" != *"$1$2"* ]] || [[ "$output" != *"$3"* ]]; then
            echo "migrate $command: $status $output"
            return 1
        fi
    done
    nothing_recorded
    rm "migrations/${1#migrations/}"
}

@test "what is no migration, and no text, is named with its place before anything runs" {
    printf -- '-- migrate:up\nSELECT 1;\n-- caf\xe9\n' >migrations/3_latin1.sql
    refused_file migrations/3_latin1.sql :3:7 'iconv'
    printf 'MZ\0\0' >migrations/3_binary.sql
    refused_file migrations/3_binary.sql :1:3 'NUL byte'
    printf -- '\xff\xfe-\0-\0' >migrations/3_utf16.sql
    refused_file migrations/3_utf16.sql :1: 'UTF-16'
}

@test "a file in the folder that is none of the layout stops up" {
    echo 'SELECT 1;' >migrations/3_unmarked.sql
    run migrate up
    [ "$status" -eq 2 ]
    [[ "$output" == *"migrations/3_unmarked.sql:1:1"*"-- migrate:up"* ]]
    rm migrations/3_unmarked.sql
    printf -- '-- migrate:up\nSELECT 1;\n' >migrations/unnumbered.sql
    run migrate up
    [ "$status" -eq 2 ]
    [[ "$output" == *"migrations/unnumbered.sql"*"migrate new"* ]]
    rm migrations/unnumbered.sql
    ln -s nowhere migrations/3_link.sql
    run migrate up
    [ "$status" -eq 2 ]
    [[ "$output" == *"migrations/3_link.sql"* ]]
    nothing_recorded
}

# A listener on a unix socket, as a server's: WHAT it does with a connection is perl, with the connection in $c.
pretend() { # WHAT
    export PGHOST=$BATS_TEST_TMPDIR/socket PGPORT=5432
    DATABASE_URL="postgresql://postgres@/x?host=$PGHOST"
    mkdir "$PGHOST"
    perl -MIO::Socket::UNIX -e '
        my $l = IO::Socket::UNIX->new(Local => "$ENV{PGHOST}/.s.PGSQL.5432", Listen => 8) or die $!;
        while (1) { my $c = $l->accept or next; '"$1"' }' 3>&- &
    SERVER=$!
    until_true test -S "$PGHOST/.s.PGSQL.5432"
}

no_server() { # TEXT: every command that needs one ends with 3 and says TEXT and a way out
    local command
    for command in up status plan down validate 'redo --yes' 'goto 1' 'mark 1 --applied' 'baseline 1' 'catalog pull -o c'; do
        # shellcheck disable=SC2086
        run timeout 20 "$MIGRATE_BIN" $command
        if [ "$status" -ne 3 ] || [[ "$output" != *"$1"* ]] || [[ "$output" != *hint:* ]]; then
            echo "migrate $command: $status $output"
            return 1
        fi
    done
}

@test "a server that is not there" {
    mkdir "$BATS_TEST_TMPDIR/socket"
    export DATABASE_URL="postgresql://postgres@/x?host=$BATS_TEST_TMPDIR/socket"
    no_server 'cannot connect'
}

@test "a server that hangs up" {
    pretend 'close $c;'
    no_server ''
}

@test "a server that never answers" {
    pretend 'push @kept, $c;'
    DATABASE_URL="$DATABASE_URL&connect_timeout=1"
    no_server 'no answer'
}

@test "a server that is none" {
    pretend 'print $c "HTTP/1.1 400 Bad Request\r\n\r\n"; close $c;'
    no_server 'PostgreSQL'
}

@test "a server that refuses: no such database, no such role, no connection left" {
    export DATABASE_URL="postgresql://postgres@/nowhere?host=$PG_DIR"
    no_server 'nowhere'
    export DATABASE_URL="postgresql://nobody_at_all@/t$BATS_TEST_NUMBER?host=$PG_DIR"
    no_server 'nobody_at_all'
    PGDATABASE=postgres pg_sql "ALTER DATABASE t$BATS_TEST_NUMBER CONNECTION LIMIT 0" "DROP ROLE IF EXISTS meek" "CREATE ROLE meek LOGIN"
    export DATABASE_URL="postgresql://meek@/t$BATS_TEST_NUMBER?host=$PG_DIR"
    no_server 'connections'
}

@test "lint does not pass what up refuses: an unterminated string" {
    printf -- '-- migrate:up\nSELECT $$ never closed;\n' >1_open.sql
    run "$MIGRATE_BIN" lint 1_open.sql
    [ "$status" -eq 1 ]
    [[ $output == *"1_open.sql:2:8: error: this statement cannot be read: unterminated dollar-quoted string"* ]]
}

#!/usr/bin/env bats
# Logging in without a stored password: IAM tokens, checked by botocore on a TLS front of a real PostgreSQL; secrets that rotate; commands.
# Nothing here was ever run against AWS.

load lib
load ../cli/aws

HOST=app-prod.cluster-c9akciq32rg0.us-east-1.rds.amazonaws.com

setup_file() {
    pg_start
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$HOST" -addext "subjectAltName=DNS:$HOST,DNS:localhost" \
        -keyout "$BATS_FILE_TMPDIR/key.pem" -out "$BATS_FILE_TMPDIR/cert.pem" 2>/dev/null
}
teardown_file() { pg_stop; }

setup() {
    aws_no_settings
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/.state MIGRATE_SNAPSHOT=never
    cd "$BATS_TEST_TMPDIR" || return 1
    mkdir migrations
    printf -- '-- migrate:up\nCREATE TABLE a (id int PRIMARY KEY);\n' >migrations/1_a.sql
    pg_fresh_db login
    unset DATABASE_URL PGHOST PGPORT PGUSER PGDATABASE
}
teardown() {
    aws_stop
    [ -z "${FRONT_PID:-}" ] || kill "$FRONT_PID" 2>/dev/null || true
    export PGHOST=$PG_DIR PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
    pg_session_end holder
}

# front [PASSWORDS.json]: the TLS front; FRONT_PORT is where it listens.
front() {
    rm -f front.port
    jq -n --arg dir "$BATS_FILE_TMPDIR" --arg socket "$PG_DIR/.s.PGSQL.5432" --arg log "$PWD/front.log" --arg host "$HOST:5432" \
        --arg key "${KEY:-AKIDEXAMPLE}" --arg secret "${SECRET:-wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY}" --arg passwords "${1:-}" \
        '{cert: ($dir + "/cert.pem"), key: ($dir + "/key.pem"), socket: $socket, log: $log, endpoint: $host, region: "us-east-1",
          keys: {($key): {secret: $secret}}} + (if $passwords == "" then {} else {passwords: $passwords} end)
         + (if env.FRONT_IS_PROXY then {proxy: true} else {} end)' >front.json
    : >front.log
    /usr/bin/python3 "$BATS_TEST_DIRNAME/../aws/tls_front.py" front.json front.port >front.out 2>&1 3>&- &
    FRONT_PID=$!
    disown $FRONT_PID
    until_true test -e front.port
    FRONT_PORT=$(cat front.port)
}
pg() { psql -XAtq -h "$PG_DIR" -p 5432 -U postgres -d login -c "$1"; }

@test "an IAM token for each connection, through a tunnel, verify-full with the certificates of --rds-ca" {
    aws_start
    front
    export MIGRATE_URL="postgres://postgres@localhost:$FRONT_PORT/login" MIGRATE_IAM_HOST=$HOST
    run migrate up --iam --rds-ca "$BATS_FILE_TMPDIR/cert.pem"
    [ "$status" -eq 0 ] || { echo "$output"; cat front.log; false; }
    [ "$(pg "SELECT to_regclass('a') IS NOT NULL")" = t ]
    grep -q "^postgres ok" front.log
    ! grep -qv "^postgres ok" front.log
    # pg_dump goes the same way.
    run migrate dump --iam --rds-ca "$BATS_FILE_TMPDIR/cert.pem"
    [ "$status" -eq 0 ] || { echo "$output"; cat front.log; false; }
    [[ "$output" == *"CREATE TABLE public.a"* ]]
    # Without the certificates it is encrypted all the same, and PGSSLROOTCERT is as good as the option.
    run migrate status --iam
    [ "$status" -eq 0 ]
    PGSSLROOTCERT=$BATS_FILE_TMPDIR/cert.pem PGSSLMODE=verify-full run migrate status --iam
    [ "$status" -eq 0 ]
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$HOST" -keyout k.pem -out other.pem 2>/dev/null
    run migrate status --iam --rds-ca other.pem
    [ "$status" -eq 3 ]
    [[ "$output" == *"certificate verify failed"* ]]
}

@test "a connection that is lost in the run is opened again with a new token" {
    aws_start
    front
    export MIGRATE_URL="postgres://postgres@localhost:$FRONT_PORT/login" MIGRATE_IAM_HOST=$HOST
    pg "CREATE TABLE held (id int)"
    printf -- '-- migrate:up\nALTER TABLE held ADD COLUMN b int;\n' >migrations/2_b.sql
    PGHOST=$PG_DIR PGPORT=5432 PGUSER=postgres PGDATABASE=login pg_session holder "BEGIN; LOCK TABLE held"
    "$MIGRATE_BIN" up --iam >out 2>&1 3>&- &
    local pid=$!
    begun() { [ "$(pg "SELECT count(*) FROM migrate.migrations WHERE version = '1'")" = 1 ]; }
    until_true begun
    : >front.log
    pg "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'migrate/%'" >/dev/null
    until_true grep -q "^postgres ok" front.log
    pg_session_end holder
    wait $pid || { cat out; false; }
    [ "$(pg "SELECT count(*) FROM pg_attribute WHERE attrelid = 'held'::regclass AND attname = 'b'")" = 1 ]
}

@test "a token of other keys, or for another user, is refused, with what to check" {
    aws_start
    SECRET=another front
    export MIGRATE_URL="postgres://postgres@localhost:$FRONT_PORT/login" MIGRATE_IAM_HOST=$HOST
    run migrate status --iam
    [ "$status" -eq 3 ]
    [[ "$output" == *"PAM authentication failed"*"the token was for $HOST:5432, user postgres, region us-east-1, by environment"*"rds_iam"* ]]
    grep -q "the signature is another" front.log
    [[ "$output" != *"X-Amz-Signature"* ]]
}

@test "what cannot work with IAM is refused before anything is sent" {
    aws_start
    no() { # WANTED ARGUMENTS
        local want=$1
        shift
        run migrate status --iam "$@"
        [ "$status" -eq 2 ] || { echo "$*: $status $output"; return 1; }
        [[ "$output" == *"$want"* ]] || { echo "$*: $output"; return 1; }
    }
    no "would give the token to whoever listens" --url "postgres://u@$HOST/d?sslmode=disable"
    no "would give the token to whoever listens" --url "postgres://u@$HOST/d?sslmode=allow"
    no "the URL has a password" --url "postgres://u:p@$HOST/d"
    no "takes one host" --url "postgres://u@$HOST,other/d"
    no "needs the host name of an endpoint" --url "postgres:///d?host=/tmp&user=u"
    no "no token for a custom endpoint" --url postgres://u@etl.cluster-custom-c9akciq32rg0.us-east-1.rds.amazonaws.com/d
    no "there can be one source of the password" --url "postgres://u@$HOST/d" --secret x
    no "there is no file /nowhere.pem" --url "postgres://u@$HOST/d" --rds-ca /nowhere.pem
}

@test "a secret: user, host and database from it; a rotation while it runs is followed" {
    echo '[["postgres", "new \u00fc$(x)%40"]]' >passwords.json
    front "$PWD/passwords.json"
    local old new
    old=$(jq -nc --arg p "$FRONT_PORT" '{engine: "postgres", host: "localhost", port: $p, dbname: "login", username: "postgres", password: "old"} | tojson')
    new=$(jq -nc --arg p "$FRONT_PORT" '{host: "localhost", port: ($p | tonumber), dbname: "login", username: "postgres", password: "new ü$(x)%40"} | tojson')
    aws_start "{\"secrets\": {\"app/login\": [{\"SecretString\": $old, \"VersionId\": \"1\"}, {\"SecretString\": $new, \"VersionId\": \"2\"}]}}"
    run migrate up --secret app/login
    [ "$status" -eq 0 ] || { echo "$output"; cat front.log; false; }
    [ "$(pg "SELECT to_regclass('a') IS NOT NULL")" = t ]
    grep -q "wrong password" front.log
    # The same password again: refused once, and not asked for ever.
    aws_set "{\"secrets\": {\"app/login\": {\"SecretString\": $old, \"VersionId\": \"1\"}}}"
    run migrate status --secret app/login
    [ "$status" -eq 3 ]
    [[ "$output" != *old* ]]
}

@test "the secret that RDS manages, and one that a tag of the cluster names" {
    echo '[["postgres", "pw"]]' >passwords.json
    front "$PWD/passwords.json"
    aws_start '{"clusters": [{"DBClusterIdentifier": "app-prod", "TagList": [{"Key": "login", "Value": "app/tagged"}],
        "MasterUserSecret": {"SecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!cluster-1-AbCdEf", "SecretStatus": "active"}}],
        "secrets": {"arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!cluster-1-AbCdEf": {"SecretString": "{\"username\":\"postgres\",\"password\":\"pw\"}"},
                    "app/tagged": {"SecretString": "pw"}, "odd": {"SecretString": "{\"username\":\"u\"}"}}}'
    export MIGRATE_URL="postgres://localhost:$FRONT_PORT/login?sslmode=require" MIGRATE_RDS_CLUSTER=app-prod
    run migrate status --secret @master
    [ "$status" -eq 0 ] || { echo "$output"; cat front.log; false; }
    run migrate status --secret-tag login --url "postgres://postgres@localhost:$FRONT_PORT/login"
    [ "$status" -eq 0 ]
    run migrate status --secret odd
    [ "$status" -eq 8 ]
    [[ "$output" == *"the secret odd cannot be used: its JSON object has no \"password\""* ]]
    run migrate status --secret nowhere
    [ "$status" -eq 8 ]
    [[ "$output" == *"ResourceNotFoundException"* ]]
    run migrate status --secret-tag none --url "postgres://postgres@localhost:$FRONT_PORT/login"
    [ "$status" -eq 8 ]
    [[ "$output" == *"has no tag \"none\""* ]]
}

@test "a password command, and a password file" {
    echo '[["postgres", "from the vault"]]' >passwords.json
    front "$PWD/passwords.json"
    export MIGRATE_URL="postgres://postgres@localhost:$FRONT_PORT/login"
    printf '#!/bin/sh\necho "from the $1"\necho more\n' >vault
    chmod +x vault
    run migrate status --password-command './vault "vault"'
    [ "$status" -eq 0 ]
    run migrate status --password-command 'sh -c "echo who are you >&2; exit 5"'
    [ "$status" -eq 3 ]
    [[ "$output" == *"the password command sh ended with 5"*"who are you"* ]]
    run migrate status --password-command 'true'
    [[ "$output" == *"the password command true printed nothing"* ]]
    run migrate status --password-command "'open"
    [ "$status" -eq 2 ]
    echo "from the vault" >pw
    run migrate status --password-file pw
    [ "$status" -eq 0 ]
    printf 'password_command: ./vault vault\nurl: %s\n' "$MIGRATE_URL" >migrate.yaml
    unset MIGRATE_URL
    run migrate status
    [ "$status" -eq 0 ]
}

@test "through an RDS Proxy: said before the first change; what its refusals mean" {
    local proxy=px.proxy-c9akciq32rg0.us-east-1.rds.amazonaws.com
    aws_clean
    echo '[["postgres", "right"]]' >passwords.json
    FRONT_IS_PROXY=1 front passwords.json
    export MIGRATE_URL="postgres://postgres@$proxy:$FRONT_PORT/login?hostaddr=127.0.0.1&sslmode=require&sslrootcert=$BATS_FILE_TMPDIR/cert.pem" PGPASSWORD=right
    run migrate status
    [ "$status" -eq 0 ] || { echo "$output"; cat front.log; false; }
    [[ "$output" != *"RDS Proxy"* ]]
    run migrate up
    [ "$status" -eq 0 ]
    [ "$(grep -c "note: the URL leads through an RDS Proxy: what has been sent there cannot be cancelled" <<<"$output")" -eq 1 ]
    PGOPTIONS='-c work_mem=8MB' run migrate status
    [ "$status" -eq 3 ]
    [[ "$output" == *"an RDS Proxy takes no startup options: unset PGOPTIONS"* ]] || { echo "$output"; false; }
    run migrate status --tenant public
    [ "$status" -eq 3 ]
    [[ "$output" == *"an RDS Proxy takes no startup options: work for tenants by schema through the cluster's writer endpoint"* ]]
    PGPASSWORD=wrong run migrate status
    [ "$status" -eq 3 ]
    [[ "$output" == *"check that the proxy has a secret for this user"* && "$output" != *wrong* ]]
}

#!/usr/bin/env bats
# Credentials, transport and errors, against the fake of AWS. Nothing here was ever asked of AWS itself.

load lib
load aws

setup() { common_setup; }
teardown() {
    aws_stop
    [ -z "${LISTENER:-}" ] || kill "$LISTENER" 2>/dev/null || true
}

WHO=arn:aws:iam::123456789012:user/deploy

@test "whoami: who, which account, which region, which link of the chain" {
    aws_start
    run migrate aws whoami
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "$WHO" ]
    [[ "$output" == *"account      123456789012"*"us-east-1, from AWS_REGION"*"environment (AWS_ACCESS_KEY_ID)"* ]]
    run migrate aws whoami --json
    [ "$(jq -r '.arn, .credentials' <<<"$output")" = "$WHO"$'\n'"environment (AWS_ACCESS_KEY_ID)" ]
}

@test "the chain: profile, role, role of a role, credential_process, web identity" {
    aws_start
    local key=$AWS_ACCESS_KEY_ID secret=$AWS_SECRET_ACCESS_KEY
    write .aws/credentials <<INI
[base]
aws_access_key_id = $key
aws_secret_access_key = $secret   # the key of the base
INI
    write .aws/config <<INI
[default]
region = us-east-1
[profile one]
role_arn = arn:aws:iam::123456789012:role/one
source_profile = base
[profile two]
role_arn = arn:aws:iam::123456789012:role/two
source_profile = one
external_id = x-1
duration_seconds = 1800
[profile env]
role_arn = arn:aws:iam::123456789012:role/env
credential_source = Environment
[profile process]
credential_process = "$BATS_TEST_TMPDIR/my process" --now 'a b'
INI
    write "my process" <<SH
#!/bin/sh
[ "\$*" = "--now a b" ] || exit 3
echo '{"Version": 1, "AccessKeyId": "$key", "SecretAccessKey": "$secret"}'
SH
    chmod +x "my process"
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    run migrate aws whoami --profile base
    [[ "$output" == "$WHO"*"profile base in "*".aws/credentials"* ]]
    run env AWS_PROFILE=one "$MIGRATE_BIN" aws whoami
    [[ "$output" == "arn:aws:sts::123456789012:assumed-role/one/s"*"role arn:aws:iam::123456789012:role/one of profile one, by profile base"* ]]
    run migrate aws whoami --profile two
    [[ "$output" == "arn:aws:sts::123456789012:assumed-role/two/s"* ]]
    [ "$(aws_log '[.[] | select(.action == "AssumeRole") | .params | "\(.RoleArn | split("/")[1]) \(.ExternalId) \(.DurationSeconds)"] | .[-1]')" = "two x-1 1800" ]
    run migrate aws whoami --profile process
    [[ "$output" == "$WHO"*"credential_process of profile process"* ]]
    run env AWS_ACCESS_KEY_ID="$key" AWS_SECRET_ACCESS_KEY="$secret" "$MIGRATE_BIN" aws whoami --profile env
    [[ "$output" == "arn:aws:sts::123456789012:assumed-role/env/s"* ]]
    echo web-token >token
    run env AWS_WEB_IDENTITY_TOKEN_FILE=token AWS_ROLE_ARN=arn:aws:iam::123456789012:role/pod "$MIGRATE_BIN" aws whoami
    [[ "$output" == "arn:aws:sts::123456789012:assumed-role/pod/s"*"web identity, role arn:aws:iam::123456789012:role/pod"* ]]
}

@test "the chain: container and EC2 metadata; the region of the instance" {
    aws_start '{"container_token": "secret-container-token"}'
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    echo secret-container-token >token
    run env AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:$AWS_PORT/container/creds \
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token "$MIGRATE_BIN" aws whoami
    [[ "$output" == "arn:aws:sts::123456789012:assumed-role/app/s"*"container (AWS_CONTAINER_CREDENTIALS_FULL_URI)"* ]]
    run env AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:$AWS_PORT/container/creds "$MIGRATE_BIN" aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *"/container/creds answered with HTTP 401"* ]]
    unset AWS_EC2_METADATA_DISABLED AWS_REGION
    export AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:$AWS_PORT
    run migrate aws whoami
    [[ "$output" == "arn:aws:sts::123456789012:assumed-role/app-role/s"*"us-east-1, from EC2 metadata"*"EC2 metadata, role app-role"* ]]
    aws_set '{"instance_role": null}'
    run migrate aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *"no AWS credentials found"*"EC2 metadata: HTTP 404 for iam/security-credentials/"* ]]
}

@test "nobody has credentials: each link says why, exit 8" {
    aws_start
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    run migrate aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *"no AWS credentials found"*"environment: AWS_ACCESS_KEY_ID is not set"*"web identity:"*"profile default: no keys"*"container:"*"AWS_EC2_METADATA_DISABLED is true"* ]]
}

@test "throttling, 5xx and lost connections are tried again; five times, then it is said" {
    aws_start '{"script": [{"do": "throttle", "times": 2}, {"do": "http", "status": 503}, {"do": "reset"}]}'
    run migrate aws whoami
    [ "$status" -eq 0 ]
    [ "$(aws_log | wc -l)" -eq 5 ]
    aws_set '{"script": [{"do": "throttle", "times": 50}]}'
    AWS_MAX_ATTEMPTS=2 run migrate aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *"sts:GetCallerIdentity in us-east-1: Throttling: Rate exceeded"*"request id req-"*"tried 2 times"* ]]
}

@test "answers that are none: HTML, half a document, half a body, entities, depth, size" {
    aws_start '{}'
    export AWS_MAX_ATTEMPTS=1
    local way
    for way in html truncate short entities deep huge; do
        aws_set "{\"script\": [{\"do\": \"$way\"}]}"
        run migrate aws whoami
        [ "$status" -eq 8 ] || { echo "$way: $output"; false; }
        [[ "$output" == *"127.0.0.1:$AWS_PORT"* ]] || { echo "$way: $output"; false; }
    done
    aws_set '{"script": [{"do": "html", "status": 403}]}'
    run migrate aws whoami
    [[ "$output" == *"answered with HTTP 403, but not as sts does"*"text/html: <!DOCTYPE html>"*"proxy"* ]]
    aws_set '{"script": [{"do": "odd"}]}'
    run migrate aws whoami
    [ "$status" -eq 0 ]
    aws_set '{"script": [{"do": "wrapped", "code": "AccessDenied"}]}'
    run migrate aws whoami
    [[ "$output" == *"AccessDenied: wrapped"*"allow sts:GetCallerIdentity"* ]]
}

@test "a clock that is wrong is corrected by AWS's, and told" {
    aws_start '{"skew": 7200}'
    run migrate aws whoami
    [ "$status" -eq 0 ]
    [[ "$output" == *"the clock of this machine is 7200 s behind AWS's"* || "$output" == *"the clock of this machine is 7199 s behind"* ]]
    aws_set '{"skew": -7200}'
    run migrate aws whoami
    [ "$status" -eq 0 ]
    [[ "$output" == *"ahead of AWS's"* ]]
}

@test "a session that expires is taken anew, once" {
    aws_start '{"container_token": null}'
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    export AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:$AWS_PORT/container/creds
    aws_set '{"session_polls": 1}'
    run migrate aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *"ExpiredToken"*"are from: container"* ]]
    [ "$(aws_log '[.[] | select(.service == "container")] | length')" -eq 2 ]
    aws_set '{"script": [{"action": "GetCallerIdentity", "do": "error", "code": "ExpiredToken"}], "session_polls": 0}'
    run migrate aws whoami
    [ "$status" -eq 0 ]
}

@test "wrong keys: which ones, by their last four characters, and never the secret" {
    aws_start
    AWS_SECRET_ACCESS_KEY=not-the-secret-at-all run migrate aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *"SignatureDoesNotMatch"*"key …MPLE) are from: environment"* ]]
    [[ "$output" != *"not-the-secret"* ]]
    AWS_ACCESS_KEY_ID=AKIDNOBODY run migrate aws whoami
    [[ "$output" == *"InvalidClientTokenId"*"…BODY"* ]]
    unset AWS_SECRET_ACCESS_KEY
    run migrate aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *"AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not"* ]]
}

@test "half-written and looping profiles name file and line" {
    aws_start
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    write .aws/credentials <<'INI'
[half]
aws_access_key_id = AKID
INI
    write .aws/config <<'INI'
[profile a]
role_arn = arn:aws:iam::1:role/a
source_profile = b
[profile b]
role_arn = arn:aws:iam::1:role/b
source_profile = a
[profile none]
role_arn = arn:aws:iam::1:role/b
source_profile = nowhere
[profile both]
role_arn = arn:aws:iam::1:role/b
source_profile = a
credential_source = Environment
[profile mfa]
role_arn = arn:aws:iam::1:role/b
source_profile = half
mfa_serial = arn:aws:iam::1:mfa/x
[profile sso]
sso_session = corp
[profile badprocess]
credential_process = sh -c 'echo {\"Version\":2,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\"}'
[profile noprocess]
credential_process = /nowhere/at/all
INI
    local name want
    while read -r name want; do
        run migrate aws whoami --profile "$name"
        [ "$status" -eq 8 ] || { echo "$name: $output"; false; }
        [[ "$output" == *"$want"* ]] || { echo "$name: $output"; false; }
    done <<'CASES'
half credentials:2: error: profile half has aws_access_key_id, but no aws_secret_access_key
a config:3: error: profile a: its roles lead back to itself
none config:9: error: profile none: its source_profile does not exist
both config:11: error: profile both: it has both source_profile and credential_source
mfa config:17: error: profile mfa: its role wants a code from an MFA device
sso config:19: error: profile sso signs in by SSO
badprocess the Version of what it prints is not 1
noprocess credential_process of profile noprocess (/nowhere/at/all)
nobody there is no AWS profile "nobody" (--profile)
CASES
    printf '[default]\nsecret stuff without a key\n' >.aws/credentials
    run migrate aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *".aws/credentials:2: error: this line is neither"* && "$output" != *"secret stuff"* ]]
}

@test "unreadable token files, plain http to strangers, line breaks in tokens" {
    aws_start
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    run env AWS_WEB_IDENTITY_TOKEN_FILE=/nowhere/token AWS_ROLE_ARN=arn:aws:iam::1:role/x "$MIGRATE_BIN" aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *"AWS_WEB_IDENTITY_TOKEN_FILE"*"/nowhere/token"* ]]
    run env AWS_CONTAINER_CREDENTIALS_FULL_URI=http://example.com/creds "$MIGRATE_BIN" aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *"neither https nor on this machine"* ]]
    run env AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:$AWS_PORT/container/x \
        AWS_CONTAINER_AUTHORIZATION_TOKEN=$'a\r\nX: y' "$MIGRATE_BIN" aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *"has a line break in it"* && "$output" != *"X: y"* ]]
    : >token
    run env AWS_WEB_IDENTITY_TOKEN_FILE=token AWS_ROLE_ARN=arn:aws:iam::1:role/x "$MIGRATE_BIN" aws whoami
    [[ "$output" == *"the token file token of the web identity is empty"* ]]
}

@test "regions and endpoints that are none" {
    aws_start
    run migrate aws whoami --region us-east-1a
    [ "$status" -eq 8 ]
    [[ "$output" == *"\"us-east-1a\" is no name of an AWS region (--region)"* ]]
    AWS_ENDPOINT_URL_STS=ftp://x run migrate aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *"AWS_ENDPOINT_URL_STS is no URL of an endpoint"* ]]
    unset AWS_REGION
    run migrate aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *"no AWS region is known"* ]]
}

@test "the endpoint of a profile and its services; the variable goes before" {
    aws_start
    local url=$AWS_ENDPOINT_URL
    unset AWS_ENDPOINT_URL
    write .aws/config <<INI
[default]
services = local
[services local]
sts =
  endpoint_url = $url
INI
    run migrate aws whoami
    [ "$status" -eq 0 ]
    AWS_ENDPOINT_URL_STS=http://127.0.0.1:1 AWS_MAX_ATTEMPTS=1 run migrate aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *"no answer from http://127.0.0.1:1/"* ]]
}

@test "TLS: a certificate that nobody vouches for is refused, AWS_CA_BUNDLE vouches" {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
        -keyout key.pem -out cert.pem 2>/dev/null
    aws_start '{}' --tls "$PWD/cert.pem" "$PWD/key.pem"
    export AWS_ENDPOINT_URL=https://127.0.0.1:$AWS_PORT
    run migrate aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *"certificate"*"AWS_CA_BUNDLE"* ]]
    AWS_CA_BUNDLE=cert.pem run migrate aws whoami
    [ "$status" -eq 0 ]
    AWS_CA_BUNDLE=/nowhere.pem run migrate aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *"the certificates are those of /nowhere.pem"* ]]
}

@test "check: state, permissions, advice" {
    aws_start '{"clusters": [{"DBClusterIdentifier": "app-prod", "BackupRetentionPeriod": 1, "DeletionProtection": false}],
        "instances": [{"DBInstanceIdentifier": "app-prod-1", "DBClusterIdentifier": "app-prod", "PubliclyAccessible": true}],
        "denied": ["rds:DescribeBlueGreenDeployments"]}'
    run migrate aws check --rds-cluster app-prod
    [ "$status" -eq 1 ]
    [[ "$output" == *"cluster app-prod in us-east-1"*"DENIED   rds:DescribeBlueGreenDeployments"* ]]
    [[ "$output" == *"backups are kept for 1 days only"*"deletion protection is off"*"is publicly accessible"* ]]
    [[ "$output" == *"rds-db:connect on arn:aws:rds-db:us-east-1:123456789012:dbuser:cluster-"* ]]
    aws_set '{"denied": []}'
    run migrate aws check --json --url postgres://u@app-prod.cluster-c9akciq32rg0.us-east-1.rds.amazonaws.com/db
    [ "$status" -eq 0 ]
    [ "$(jq -r '.id + " " + .kind' <<<"$output")" = "app-prod cluster" ]
    run migrate aws check --rds-cluster app-prd
    [ "$status" -eq 8 ]
    [[ "$output" == *"RDS has no PostgreSQL cluster \"app-prd\" (--rds-cluster) in us-east-1"*"there are: app-prod"* ]]
    run migrate aws check --url postgres://u@localhost/db
    [ "$status" -eq 2 ]
}

@test "policy: names of this database, and the actions that the calls need" {
    aws_start '{"clusters": [{"DBClusterIdentifier": "app-prod"}]}'
    run migrate aws policy --rds-cluster app-prod --secret app/login
    [ "$status" -eq 0 ]
    jq -e '.Statement[] | select(.Sid == "Snapshot") | .Resource == ["arn:aws:rds:us-east-1:123456789012:cluster:app-prod",
        "arn:aws:rds:us-east-1:123456789012:cluster-snapshot:migrate-*"]' <<<"$output"
    jq -e '.Statement[] | select(.Sid == "Secret") | .Resource == ["arn:aws:secretsmanager:us-east-1:123456789012:secret:app/login-??????"]' <<<"$output"
}

@test "discovery: readers, shard groups and other accounts' clusters are refused, custom endpoints and proxies found" {
    local tail=c9akciq32rg0.us-east-1.rds.amazonaws.com
    aws_start '{"clusters": [{"DBClusterIdentifier": "app-prod", "CustomEndpoints": ["etl.cluster-custom-'$tail'"]}],
        "instances": [{"DBInstanceIdentifier": "app-prod-1", "DBClusterIdentifier": "app-prod"}, {"DBInstanceIdentifier": "solo"}],
        "proxy_endpoints": [{"DBProxyEndpointName": "ro", "DBProxyName": "px", "TargetRole": "READ_ONLY"}],
        "proxies": [{"DBProxyName": "px"}], "proxy_targets": {"px": [{"Type": "TRACKED_CLUSTER", "RdsResourceId": "app-prod"}]}}'
    local host
    for host in "app-prod.cluster-$tail" "app-prod-1.$tail" "etl.cluster-custom-$tail" "px.proxy-$tail"; do
        run migrate aws check --json --url "postgres://u@$host/db"
        [ "$(jq -r .id <<<"$output")" = app-prod ] || { echo "$host: $output"; false; }
    done
    run migrate aws check --json --url "postgres://u@solo.$tail/db"
    [ "$(jq -r '.kind + " " + .id' <<<"$output")" = "instance solo" ]
    run migrate aws check --url "postgres://u@app-prod.cluster-ro-$tail/db"
    [ "$status" -eq 8 ]
    [[ "$output" == *"is a reader endpoint: nothing can be changed through it"* ]]
    run migrate aws check --url "postgres://u@px.proxy-$tail/db"
    [[ "$output" == *":dbuser:prx-*/u"*"leads through an RDS Proxy"* ]]
    [[ "$(migrate aws policy --url "postgres://u@px.proxy-$tail/db")" == *":dbuser:prx-*/u"* ]]
    run migrate aws check --url "postgres://u@ro.endpoint.proxy-$tail/db"
    [[ "$output" == *"read-only endpoint of an RDS Proxy"* ]]
    run migrate aws check --url "postgres://u@app-prod.cluster-other.us-east-1.rds.amazonaws.com/db"
    [ "$status" -eq 8 ]
    [[ "$output" == *"has another endpoint than the one connected to"*"another account"* ]]
    run migrate aws check --url "postgres://u@app-prod.cluster-c9akciq32rg0.eu-west-3.rds.amazonaws.com/db"
    [ "$status" -eq 8 ]
    [[ "$output" == *"in eu-west-3"* ]]
}

@test "clusters on three pages, with markers of odd characters" {
    local many
    many=$(jq -nc '[range(55) | {DBClusterIdentifier: "c\(.)"}] + [{DBClusterIdentifier: "last", CustomEndpoints: ["x.cluster-custom-c9akciq32rg0.us-east-1.rds.amazonaws.com"]}]')
    aws_start "{\"page\": 20, \"clusters\": $many}"
    run migrate aws check --json --url postgres://u@x.cluster-custom-c9akciq32rg0.us-east-1.rds.amazonaws.com/db
    [ "$(jq -r .id <<<"$output")" = last ]
    [ "$(aws_log '[.[] | select(.action == "DescribeDBClusters" and .params.Marker)] | length')" -eq 2 ]
}

# Take connections on the port in NAME.port, write NAME.asked for each, and answer this, or nothing.
listen() { # NAME [ANSWER]
    local i
    /usr/bin/python3 -c 'import os, socket, sys
s, name, held = socket.create_server(("127.0.0.1", 0)), sys.argv[1], []
with open(name + ".new", "w") as f:
    f.write(str(s.getsockname()[1]))
os.rename(name + ".new", name + ".port")
while True:
    c, _ = s.accept()
    c.recv(65536)
    open(name + ".asked", "w").close()
    if len(sys.argv) > 2:
        c.sendall(sys.argv[2].encode().decode("unicode_escape").encode())
        c.close()
    else:
        held.append(c)' "$@" >/dev/null 2>&1 3>&- &
    LISTENER=$!
    disown $LISTENER
    for ((i = 0; i < 500; i++)); do [ ! -e "$1.port" ] || return 0; sleep 0.02; done
    return 1
}

@test "endpoints that hang: the time and the URL are told, exit 8; a signal ends the wait at once" {
    aws_start
    listen silent
    export AWS_ENDPOINT_URL=http://127.0.0.1:$(cat silent.port)
    AWS_MAX_ATTEMPTS=2 run migrate aws check --rds-cluster app-prod --aws-timeout 200ms
    [ "$status" -eq 8 ]
    [[ "$output" == *"no answer from $AWS_ENDPOINT_URL/: "*"timed out"*"tried 2 times"* ]] || { echo "$output"; false; }
    [[ "$output" == *"check that this machine can reach it"* ]]
    local from=$SECONDS code=0 i
    rm silent.asked
    "$MIGRATE_BIN" aws whoami >out 2>&1 3>&- &
    local pid=$!
    for ((i = 0; i < 500; i++)); do [ ! -e silent.asked ] || break; sleep 0.02; done
    kill -TERM $pid
    wait $pid || code=$?
    [ "$code" -eq 143 ] || { cat out; false; }
    [ $((SECONDS - from)) -lt 20 ]
}

@test "proxies: one that is not there, one that wants a password, one that answers by itself" {
    aws_start
    unset AWS_ENDPOINT_URL
    export AWS_MAX_ATTEMPTS=1
    HTTPS_PROXY=http://me:sekret@127.0.0.1:1 run migrate aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *"no answer from https://sts.us-east-1.amazonaws.com/"*"HTTPS_PROXY is set"*"NO_PROXY"* && "$output" != *sekret* ]] || { echo "$output"; false; }
    listen proxy 'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n'
    HTTPS_PROXY=http://127.0.0.1:$(cat proxy.port) run migrate aws whoami
    [ "$status" -eq 8 ]
    [[ "$output" == *"407"*"HTTPS_PROXY is set"* ]] || { echo "$output"; false; }
    # It shows a certificate of its own, or a page: see TLS and HTML above.
}

@test "credentials with the end of a line in them are refused before anything is sent" {
    aws_start
    local name value
    for name in AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN; do
        run env "$name=hidden"$'\r\nX-Evil: yes' "$MIGRATE_BIN" aws whoami
        [ "$status" -eq 8 ] || { echo "$output"; false; }
        [[ "$output" == *"has a blank, a line break or a control character in it"*"environment"* && "$output" != *Evil* && "$output" != *hidden* ]] || { echo "$output"; false; }
    done
    [ "$(aws_log length)" -eq 0 ]
}

#!/usr/bin/env bats
# Others' code on both sides: the AWS CLI and the AWS SDK for JavaScript as clients of our fake, and moto (where it is installed) as a server for migrate.

load lib
load aws

setup() { common_setup; }
teardown() {
    aws_stop
    [ -z "${MOTO_PID:-}" ] || kill "$MOTO_PID" 2>/dev/null || true
}

@test "the AWS CLI sees in the fake what migrate made there" {
    [ -x /usr/bin/aws ] || skip "no AWS CLI (apt install awscli)"
    aws_start '{"clusters": [{"DBClusterIdentifier": "app-prod"}], "secrets": {"s": {"SecretString": "x", "VersionId": "11111111-1111-1111-1111-111111111111"}}}'
    run migrate snapshot create --rds-cluster app-prod --snapshot-tag team=core
    [ "$status" -eq 0 ]
    local id=${lines[-1]} cli=(/usr/bin/aws --endpoint-url "$AWS_ENDPOINT_URL" --region us-east-1 --output json)
    unset AWS_ENDPOINT_URL
    "${cli[@]}" rds wait db-cluster-snapshot-available --db-cluster-snapshot-identifier "$id"
    "${cli[@]}" rds describe-db-cluster-snapshots --db-cluster-snapshot-identifier "$id" >out
    [ "$(jq -r '.DBClusterSnapshots[0] | .DBClusterIdentifier + " " + .Status + " " + (.TagList[] | select(.Key == "team").Value)' out)" = "app-prod available core" ]
    [ "$("${cli[@]}" rds describe-db-clusters | jq -r '.DBClusters[0].DBClusterIdentifier')" = app-prod ]
    [ "$("${cli[@]}" secretsmanager get-secret-value --secret-id s | jq -r .SecretString)" = x ]
    run "${cli[@]}" rds describe-db-instances --db-instance-identifier none
    [[ "$output" == *"DBInstanceNotFound"* ]]
}

@test "the AWS SDK for JavaScript: pages, waiters, structures and errors of the fake are what it takes them for" {
    local peers=${PEERS:-${BATS_TEST_DIRNAME%/*/*}/build/peers} clusters
    command -v node >/dev/null || skip "no node"
    [ -e "$peers/node_modules/@aws-sdk/client-rds" ] || skip "no @aws-sdk/client-rds: make peers"
    clusters=$(jq -nc '[range(45) | {DBClusterIdentifier: "app-\(. + 100 | tostring | .[1:])"}]')
    aws_start "{\"clusters\": $clusters}"
    run migrate snapshot create --rds-cluster app-00 --snapshot-tag 'team=core + co'
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    run node "$BATS_TEST_DIRNAME/../aws/sdk.mjs" "$peers" "$AWS_ENDPOINT_URL" "${lines[-1]}"
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    [ "$(grep -cxE 'made|tags|pages|waited|restored|deleted|not-found|exists|signature' <<<"$output")" -eq 9 ]
}

@test "moto: a snapshot is made, listed and pruned on a server that is not ours" {
    command -v moto_server >/dev/null || skip "no moto_server (pip install 'moto[server]')"
    [ -x /usr/bin/aws ] || skip "no AWS CLI (apt install awscli)"
    aws_clean
    local port
    port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    HOME=/root moto_server -H 127.0.0.1 -p "$port" >moto.log 2>&1 3>&- &
    MOTO_PID=$!
    disown $MOTO_PID
    for ((i = 0; i < 600; i++)); do
        ! curl -s -o /dev/null --noproxy '*' "http://127.0.0.1:$port/" || break
        kill -0 $MOTO_PID 2>/dev/null || skip "moto_server does not start: $(tail -n 1 moto.log)"
        sleep 0.1
    done
    export AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=AKIDX AWS_SECRET_ACCESS_KEY=y
    /usr/bin/aws --endpoint-url "http://127.0.0.1:$port" --region us-east-1 rds create-db-cluster --db-cluster-identifier app-prod \
        --engine aurora-postgresql --master-username u --master-user-password passw0rdx >/dev/null
    export AWS_ENDPOINT_URL=http://127.0.0.1:$port MIGRATE_RDS_CLUSTER=app-prod
    run migrate snapshot create
    [ "$status" -eq 0 ]
    local id=${lines[-1]}
    run migrate snapshot list
    [[ "${lines[0]}" == "$id"*available* ]]
    run migrate snapshot prune --keep-snapshots 0 --older-than 0s --yes
    [[ "$output" == *"deleted $id"* ]]
    run migrate snapshot list
    [[ "$output" == "0 snapshots by migrate"* ]]
    run migrate aws policy
    [ "$status" -eq 0 ]
}

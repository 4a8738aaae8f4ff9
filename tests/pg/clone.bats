#!/usr/bin/env bats
# rehearse --clone: the life of a clone in the fake of RDS, with a real PostgreSQL in its place. Nothing here was ever run against AWS.

load lib
load ../cli/aws

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    aws_no_settings
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/.state MIGRATE_AWS_POLL=20ms MIGRATE_RDS_CLUSTER=app-prod
    cd "$BATS_TEST_TMPDIR" || return 1
    mkdir migrations
    printf -- '-- migrate:up\nCREATE TABLE a (id int PRIMARY KEY);\n' >migrations/1_a.sql
    pg_fresh_db cloned
    # Where the URL leads to is nowhere: only the clone can be connected to.
    export MIGRATE_URL="postgres://postgres@app-prod.cluster-c9akciq32rg0.us-east-1.rds.amazonaws.com/cloned"
    aws_start "{\"clusters\": [{\"DBClusterIdentifier\": \"app-prod\"}], \"endpoint\": \"$PG_DIR\", \"create_polls\": 2,
        \"instances\": [{\"DBInstanceIdentifier\": \"app-prod-1\", \"DBClusterIdentifier\": \"app-prod\", \"DBInstanceClass\": \"db.r6g.4xlarge\"}]}"
}
teardown() { aws_stop; }

clusters() { aws_state '[.clusters[].DBClusterIdentifier] | join(" ")'; }
instances() { aws_state '.instances | length'; }

@test "made like its source, migrated, taken away" {
    run migrate rehearse --clone
    [ "$status" -eq 0 ] || { echo "$output"; aws_log; false; }
    [[ "$output" == *"clone: migrate-clone-app-prod-"*" is ready after"*"applied 1 migration"* ]]
    [ "$(pg_sql "SELECT to_regclass('a') IS NOT NULL")" = t ]
    [ "$(clusters)" = app-prod ]
    [ "$(instances)" -eq 1 ]
    aws_log '.[] | select(.action == "RestoreDBClusterToPointInTime") | .params | .RestoreType + " " + .DBSubnetGroupName + " " + (.VpcSecurityGroupIds | join(",")) + " " + .DBClusterParameterGroupName' >out
    [ "$(cat out)" = "copy-on-write private sg-0123 app-cluster-pg" ]
    [ "$(aws_log '.[] | select(.action == "CreateDBInstance") | .params | .DBInstanceClass + " " + .DBParameterGroupName + " " + (.PubliclyAccessible | tostring)')" = "db.r6g.4xlarge app-pg false" ]
}

@test "a migration that fails, an instance that cannot be made, a signal: the clone is taken away" {
    printf -- '-- migrate:up\nSELECT 1/0;\n' >migrations/2_b.sql
    run migrate rehearse --clone
    [ "$status" -eq 3 ]
    [ "$(clusters)" = app-prod ]
    aws_set '{"script": [{"action": "CreateDBInstance", "do": "error", "code": "InsufficientDBInstanceCapacity"}]}'
    run migrate rehearse --clone
    [ "$status" -eq 8 ]
    [ "$(clusters)" = app-prod ]
    aws_set '{"create_polls": 100000}'
    "$MIGRATE_BIN" rehearse --clone >out 2>&1 3>&- &
    local pid=$! code=0
    made() { [ "$(aws_log '[.[] | select(.action == "DescribeDBClusters")] | length')" -ge 20 ] && [[ "$(clusters)" == *migrate-clone* ]]; }
    until_true made
    kill -TERM $pid
    wait $pid || code=$?
    [ "$code" -eq 143 ] || { cat out; false; }
    [ "$(clusters)" = app-prod ]
}

@test "killed: the clone is left, and swept" {
    aws_set '{"create_polls": 100000}'
    "$MIGRATE_BIN" rehearse --clone >out 2>&1 3>&- &
    local pid=$!
    made() { [[ "$(clusters)" == *migrate-clone* ]]; }
    until_true made
    kill -9 $pid
    wait $pid || true
    [[ "$(clusters)" == *migrate-clone* ]]
    aws_set '{"create_polls": 1}'
    run migrate aws sweep --yes
    [ "$status" -eq 0 ]
    [ "$(clusters)" = app-prod ]
    run migrate aws sweep --yes
    [[ "$output" == *"no clone is left"* ]]
}

@test "--keep keeps it, and the sweep leaves it alone" {
    run migrate rehearse --clone --keep
    [ "$status" -eq 0 ]
    [[ "$(clusters)" == *migrate-clone* ]]
    run migrate aws sweep --yes
    [[ "$(clusters)" == *migrate-clone* ]]
}

@test "RDS that is not Aurora has no clones" {
    aws_set '{"clusters": [], "instances": [{"DBInstanceIdentifier": "solo"}]}'
    unset MIGRATE_RDS_CLUSTER
    run migrate rehearse --clone --rds-instance solo
    [ "$status" -eq 8 ]
    [[ "$output" == *"is not Aurora: only its clusters can be cloned"* ]]
}

@test "real times and locks of each step, as text and as JSON" {
    pg_sql "CREATE TABLE big (id int PRIMARY KEY, n int)"
    printf -- '-- migrate:up transaction:true\nALTER TABLE big ADD COLUMN m int;\nCREATE TABLE waited AS SELECT 1 AS x FROM pg_sleep(1.5);\n' >migrations/2_b.sql
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY big_n ON big (n);\n' >migrations/3_c.sql
    run migrate rehearse --clone
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    [[ "$output" == *"2, step 1: "*"done in "*"AccessExclusiveLock on big, held for about "*"3, step 1: CREATE INDEX CONCURRENTLY"*"done in "* ]] || { echo "$output"; false; }
    [[ "$output" != *"on migrate."* ]]
    # In the first run the migrations went into the clone's place, which is the same database here: take them back.
    pg_fresh_db cloned
    pg_sql "CREATE TABLE big (id int PRIMARY KEY, n int)"
    run migrate rehearse --clone --json
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    grep '"rehearsed"' <<<"$output" >seen
    [ "$(jq -c '[.steps[] | [.version, .step]]' seen)" = '[["1",1],["2",1],["3",1]]' ] || { cat seen; false; }
    jq -e '.steps[1] | (.ms >= 1400) and ([.locks[] | select(.relation == "big" and .mode == "AccessExclusiveLock" and .ms > 500)] | length == 1)' seen || { cat seen; false; }
}

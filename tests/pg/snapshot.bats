#!/usr/bin/env bats
# The snapshot before the first change: a real PostgreSQL, and the fake of RDS. Nothing here was ever run against AWS.

load lib
load ../cli/aws

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    aws_no_settings
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/.state MIGRATE_AWS_POLL=20ms MIGRATE_RDS_CLUSTER=app-prod
    cd "$BATS_TEST_TMPDIR" || return 1
    mkdir migrations
    printf -- '-- migrate:up\nCREATE TABLE a (id int PRIMARY KEY);\n-- migrate:down\nDROP TABLE a;\n' >migrations/1_a.sql
    pg_fresh_db snap
}
teardown() { aws_stop; }

CLUSTER='"clusters": [{"DBClusterIdentifier": "app-prod"}], "instances": [{"DBInstanceIdentifier": "app-prod-1", "DBClusterIdentifier": "app-prod"}]'

snapshots() { aws_state '.cluster_snapshots | length'; }
recorded() { pg_sql "SELECT snapshot FROM migrate.runs ORDER BY started_at DESC LIMIT 1"; }

@test "one is taken before the first change, waited for, tagged and recorded; nothing to do takes none" {
    aws_start "{$CLUSTER, \"snapshot_polls\": 3}"
    run migrate up --snapshot-tag team=core --snapshot-tag 'note=a,b'
    [ "$status" -eq 0 ]
    [[ "$output" == *"snapshot: migrate-app-prod-"* ]]
    [ "$(snapshots)" -eq 1 ]
    local id
    id=$(recorded)
    [[ "$id" =~ ^migrate-app-prod-[0-9]{8}t[0-9]{6}z-[0-9a-f]{6}$ ]]
    [ "$(aws_state '.cluster_snapshots[0] | .DBClusterSnapshotIdentifier + " " + .Status')" = "$id available" ]
    local tags
    tags=$(aws_state '.cluster_snapshots[0].TagList | map("\(.Key)=\(.Value)") | join("\n")')
    for want in migrate:tool=migrate "migrate:run-id=$(pg_sql "SELECT id FROM migrate.runs")" migrate:from=1 migrate:to=1 migrate:database=snap \
        "migrate:created-by=arn:aws:iam::123456789012:user/deploy" team=core note=a_b; do
        grep -qxF -- "$want" <<<"$tags" || { echo "no $want in: $tags"; false; }
    done
    grep -q '^migrate:expires-at=20' <<<"$tags"
    # The wait came before the table.
    run migrate up
    [ "$status" -eq 0 ]
    [ "$(snapshots)" -eq 1 ]
    run migrate snapshot list
    [[ "${lines[0]}" == "$id"*"available"*"before 1" ]]
    [[ "$output" == *"1 snapshot by migrate of cluster app-prod in us-east-1"* ]]
    run migrate snapshot restore-help "$id"
    [ "$status" -eq 0 ]
    [[ "$output" == *"restore-db-cluster-from-snapshot --region us-east-1"*"--snapshot-identifier $id"*"--vpc-security-group-ids sg-0123"*"--db-instance-class db.r6g.large"*"--new-db-cluster-identifier app-prod --apply-immediately"* ]]
    [[ "$output" != *"CLASS"* ]]
}

@test "plan says it, and asks nobody" {
    aws_start "{$CLUSTER}"
    run migrate plan
    [ "$status" -eq 0 ]
    [[ "$output" == *"snapshot: before the first step, of app-prod in RDS (--snapshot auto; always)"* ]]
    # What down does not bring back is the snapshot's: how, with every name that is known without asking.
    [[ "$output" == *"runbook: "*"migrate snapshot restore-help SNAPSHOT"*"restore-db-cluster-from-snapshot"*"--db-cluster-identifier app-prod-restored --snapshot-identifier SNAPSHOT"*"--new-db-cluster-identifier app-prod --apply-immediately"* ]]
    printf -- '-- migrate:up\nDROP TABLE a;\n' >migrations/2_gone.sql
    run migrate plan --gate off --region eu-west-1
    [[ "$output" == *"rollback: migrate down undoes 0 of 2"*"for the rest there is the snapshot"*"--region eu-west-1 --db-cluster-identifier app-prod-restored"* ]]
    rm migrations/2_gone.sql
    [[ "$(migrate plan --rds-cluster '' --rds-instance solo)" == *"restore-db-instance-from-db-snapshot --db-instance-identifier solo-restored --db-snapshot-identifier SNAPSHOT"*"--new-db-instance-identifier solo"* ]]
    [[ "$(migrate plan --snapshot-command 'backup {id}')" == *"runbook: "*"snapshot.command"* ]]
    [[ "$(migrate plan --json | jq -r '.snapshot.runbook')" == *"restore-db-cluster-from-snapshot"* ]]
    [ "$(migrate plan --json --no-snapshot | jq -r '.snapshot.runbook')" = null ]
    [ "$(migrate plan --json | jq -r '.snapshot.by')" = rds ]
    [ "$(migrate plan --json --no-snapshot | jq -r '.snapshot.by')" = none ]
    [ "$(aws_log 'length')" -eq 0 ]
}

@test "nothing is changed when it fails: failed, quota, not permitted, stopped, timeout" {
    aws_start "{$CLUSTER}"
    export AWS_MAX_ATTEMPTS=1
    refused() { # WANTED OUTPUT
        run migrate up
        [ "$status" -eq 8 ] || { echo "$status: $output"; return 1; }
        [[ "$output" == *"$1"* ]] || { echo "$output"; return 1; }
        [ "$(pg_sql "SELECT to_regclass('a') IS NULL")" = t ]
    }
    aws_set '{"snapshot_ends": "failed"}'
    refused "is failed"
    aws_set '{"snapshot_ends": "available", "snapshot_quota": 1}'
    refused "Cannot create more than 1 manual snapshots"
    [[ "$output" == *"1 of 1 are used, 1 of them by migrate: migrate snapshot prune"* ]]
    aws_set '{"snapshot_quota": 100, "denied": ["rds:CreateDBClusterSnapshot"]}'
    refused "allow rds:CreateDBClusterSnapshot on app-prod"
    aws_set '{"denied": [], "cluster_statuses": {"app-prod": ["stopped"]}}'
    refused "cluster app-prod in us-east-1 is stopped"
    aws_set '{"cluster_statuses": {"app-prod": ["available"]}, "snapshot_polls": 100000}'
    MIGRATE_SNAPSHOT_TIMEOUT=1s refused "is not done yet"
    [[ "$output" == *"nothing was changed, and the snapshot goes on"* ]]
}

@test "a cluster that is backing up is waited for, a lost answer does not make two" {
    aws_start "{$CLUSTER, \"cluster_statuses\": {\"app-prod\": [\"backing-up\", \"backing-up\", \"something-new\", \"available\"]}}"
    run migrate up
    [ "$status" -eq 0 ]
    pg_fresh_db snap
    aws_set '{"script": [{"action": "CreateDBClusterSnapshot", "do": "reset-after"}]}'
    run migrate up
    [ "$status" -eq 0 ]
    [ "$(snapshots)" -eq 2 ]
    [ "$(aws_log '[.[] | select(.action == "CreateDBClusterSnapshot")] | length')" -eq 3 ]
    pg_fresh_db snap
    aws_set '{"script": [{"action": "CreateDBClusterSnapshot", "do": "truncate"}]}'
    run migrate up
    [ "$status" -eq 0 ]
    [ "$(snapshots)" -eq 3 ]
    # Available a moment ago, and then not.
    pg_fresh_db snap
    aws_set '{"script": [{"action": "CreateDBClusterSnapshot", "do": "error", "code": "InvalidDBClusterStateFault", "times": 2}]}'
    run migrate up
    [ "$status" -eq 0 ]
    [ "$(snapshots)" -eq 4 ]
}

@test "an id that somebody else has taken is not ours" {
    aws_start "{$CLUSTER, \"script\": [{\"action\": \"CreateDBClusterSnapshot\", \"do\": \"error\", \"code\": \"DBClusterSnapshotAlreadyExistsFault\"}]}"
    run migrate up
    [ "$status" -eq 0 ] # described, not there, created
    [ "$(snapshots)" -eq 1 ]
}

@test "an instance that is in no cluster, throttled, on odd XML" {
    aws_start '{"instances": [{"DBInstanceIdentifier": "solo", "MultiAZ": false}],
        "script": [{"action": "CreateDBSnapshot", "do": "throttle"}, {"action": "DescribeDBSnapshots", "do": "odd", "times": 9}]}'
    unset MIGRATE_RDS_CLUSTER
    run migrate up --rds-instance solo
    [ "$status" -eq 0 ]
    [[ "$output" == *"in one zone only"* ]]
    [ "$(aws_state '.snapshots[0].DBInstanceIdentifier')" = solo ]
    [[ "$(migrate snapshot restore-help "$(recorded)" --rds-instance solo)" == *"restore-db-instance-from-db-snapshot"*"--db-instance-class db.r6g.large"* ]]
}

@test "modes: never, require and always without a way, auto without credentials" {
    aws_start "{$CLUSTER}"
    run migrate up --snapshot never
    [ "$status" -eq 0 ]
    [ "$(aws_log length)" -eq 0 ]
    pg_fresh_db snap
    unset MIGRATE_RDS_CLUSTER
    run migrate up --snapshot require
    [ "$status" -eq 8 ]
    [[ "$output" == *"there is no way to take one of this database"* ]]
    run migrate up --snapshot always
    [ "$status" -eq 8 ]
    [ "$(pg_sql "SELECT to_regclass('a') IS NULL")" = t ]
    run migrate up
    [ "$status" -eq 0 ]
    pg_fresh_db snap
    export MIGRATE_RDS_CLUSTER=app-prod
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    run migrate up --snapshot require
    [ "$status" -eq 8 ]
    run migrate up
    [ "$status" -eq 0 ]
    [[ "$output" == *"no snapshot is taken: no AWS credentials were found"* ]]
}

@test "when: destructive and tables of a size" {
    aws_start "{$CLUSTER}"
    run migrate up --snapshot-when destructive
    [ "$status" -eq 0 ]
    [ "$(snapshots)" -eq 0 ]
    pg_sql "INSERT INTO a SELECT generate_series(1, 20000)" "ANALYZE a"
    printf -- '-- migrate:up\nALTER TABLE a ADD COLUMN b int;\n' >migrations/2_b.sql
    [[ "$(migrate plan --snapshot-when 'tables>1GB')" == *"snapshot: none (not worth one, by --snapshot-when tables>1GB)"* ]]
    [[ "$(migrate plan --snapshot-when 'tables>64kB')" == *"public.a is that large"* ]]
    printf -- '-- migrate:up\n-- migrate:allow ban-drop-column because test\nALTER TABLE a DROP COLUMN b;\n' >migrations/3_c.sql
    run migrate up --snapshot-when destructive
    [ "$status" -eq 0 ]
    [ "$(snapshots)" -eq 1 ]
    pg_fresh_db snap
    run migrate plan --snapshot-when sometimes
    [ "$status" -eq 2 ]
}

@test "outside AWS: pg_dump as the snapshot's command, its last line recorded, its failure stops" {
    aws_clean
    unset MIGRATE_RDS_CLUSTER
    pg_sql "CREATE TABLE before (x int)" "INSERT INTO before VALUES (7)"
    cat >backup <<SH
#!/bin/sh
set -e
"$PG_BIN/pg_dump" -Fc -f "\$1.dump" "$DATABASE_URL"
echo "wrote \$1.dump"
SH
    chmod +x backup
    run migrate up --snapshot require --snapshot-command './backup {id}'
    [ "$status" -eq 0 ]
    local id
    id=$(recorded)
    [[ "$id" =~ ^(migrate-[0-9t]+z-[0-9a-f]{6}):\ wrote\ (.*)\.dump$ ]]
    [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
    # The dump is of the database as it was, and can be restored.
    pg_fresh_db restored
    "$PG_BIN/pg_restore" -d "$DATABASE_URL" "${BASH_REMATCH[1]}.dump"
    [ "$(pg_sql "SELECT x FROM before")" = 7 ]
    [ "$(pg_sql "SELECT to_regclass('public.a') IS NULL")" = t ]
    pg_fresh_db snap
    run migrate up --snapshot-command 'sh -c "echo no space left >&2; exit 3"'
    [ "$status" -eq 8 ]
    [[ "$output" == *"the snapshot command sh ended with 3, and nothing was changed"*"no space left"* ]]
    [ "$(pg_sql "SELECT to_regclass('a') IS NULL")" = t ]
}

@test "blue of a blue/green deployment, secondaries of a global database" {
    aws_start "{$CLUSTER, \"blue_green\": [{\"BlueGreenDeploymentIdentifier\": \"bgd-1\", \"BlueGreenDeploymentName\": \"upgrade\",
        \"Source\": \"arn:aws:rds:us-east-1:123456789012:cluster:app-prod\", \"Target\": \"t\", \"Status\": \"AVAILABLE\"}]}"
    run migrate up
    [ "$status" -eq 8 ]
    [[ "$output" == *"is the blue side of the blue/green deployment upgrade (AVAILABLE)"* ]]
    run migrate up --allow-blue-green
    [ "$status" -eq 0 ]
    pg_fresh_db snap
    aws_set '{"blue_green": [], "clusters": [{"DBClusterIdentifier": "app-prod", "GlobalClusterIdentifier": "world"}],
        "global_clusters": [{"GlobalClusterIdentifier": "world", "GlobalClusterMembers": [
            {"DBClusterArn": "arn:aws:rds:us-east-1:123456789012:cluster:app-prod", "IsWriter": false}]}]}'
    run migrate up
    [ "$status" -eq 8 ]
    [[ "$output" == *"is a secondary of the global database world"* ]]
}

@test "an Aurora session that is in another cluster than the one named" {
    aws_start "{$CLUSTER}"
    pg_sql "SET allow_system_table_mods = on; CREATE FUNCTION pg_catalog.aurora_db_instance_identifier() RETURNS text LANGUAGE sql AS 'SELECT ''other-1''::text'"
    run migrate up
    [ "$status" -eq 8 ]
    [[ "$output" == *"the connection leads to the instance other-1, which is not in the cluster app-prod"* ]]
    pg_sql "SET allow_system_table_mods = on; CREATE OR REPLACE FUNCTION pg_catalog.aurora_db_instance_identifier() RETURNS text LANGUAGE sql AS 'SELECT ''app-prod-1''::text'"
    run migrate up
    [ "$status" -eq 0 ]
}

# Kill at each of these moments; whatever they left, the next run makes one snapshot of both.
@test "kill -9 at every point: never two snapshots, never a change without one" {
    aws_start "{$CLUSTER}"
    local point
    for point in snapshot-named snapshot-noted snapshot-taken begun; do
        pg_fresh_db snap
        aws_set '{"cluster_snapshots": []}'
        MIGRATE_FAULT=$point:1 run "$MIGRATE_FAULTS_BIN" up --snapshot require
        [ "$status" -eq 137 ] || { echo "$point: $status $output"; false; }
        [ "$(pg_sql "SELECT to_regclass('a') IS NULL")" = t ]
        run migrate up --snapshot require
        [ "$status" -eq 0 ] || { echo "$point: $output"; false; }
        [ "$(snapshots)" -eq 1 ] || { echo "$point: $(snapshots)"; false; }
        [ "$(recorded)" = "$(aws_state '.cluster_snapshots[0].DBClusterSnapshotIdentifier')" ]
    done
}

@test "kill -9 while AWS is asked: after Create went out, and in the wait" {
    aws_start "{$CLUSTER, \"snapshot_polls\": 100000}"
    asked() { [ "$(aws_log "[.[] | select(.action == \"DescribeDBClusterSnapshots\")] | length")" -ge 4 ]; }
    "$MIGRATE_BIN" up --snapshot require >out 2>&1 3>&- &
    local pid=$!
    until_true asked
    kill -9 $pid
    wait $pid || true
    [ "$(pg_sql "SELECT to_regclass('a') IS NULL")" = t ]
    aws_set '{"snapshot_polls": 1}'
    run migrate up --snapshot require
    [ "$status" -eq 0 ]
    [[ "$output" == *"the snapshot of the run before, migrate-app-prod-"*"is taken up"* ]]
    [ "$(snapshots)" -eq 1 ]
}

@test "Ctrl-C in the wait: exit 130, the lock is free, the snapshot is found again" {
    aws_start "{$CLUSTER, \"snapshot_polls\": 100000}"
    asked() { [ "$(aws_log "[.[] | select(.action == \"DescribeDBClusterSnapshots\")] | length")" -ge 4 ]; }
    "$MIGRATE_BIN" up >out 2>&1 3>&- &
    local pid=$! code=0
    until_true asked
    kill -TERM $pid
    wait $pid || code=$?
    [ "$code" -eq 143 ]
    grep -q "goes on" out
    [ "$(pg_sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")" -eq 0 ]
    aws_set '{"snapshot_polls": 1}'
    run migrate up
    [ "$status" -eq 0 ]
    [ "$(snapshots)" -eq 1 ]
}

@test "a snapshot that is too old to be taken up is not" {
    aws_start "{$CLUSTER}"
    MIGRATE_FAULT=snapshot-taken:1 run "$MIGRATE_FAULTS_BIN" up
    [ "$status" -eq 137 ]
    run migrate up --snapshot-reuse 0s
    [ "$status" -eq 0 ]
    [ "$(snapshots)" -eq 2 ]
}

@test "the run lock's session is lost in the wait: it is taken again before anything is changed" {
    aws_start "{$CLUSTER, \"snapshot_polls\": 40}"
    asked() { [ "$(aws_log "[.[] | select(.action == \"DescribeDBClusterSnapshots\")] | length")" -ge 4 ]; }
    "$MIGRATE_BIN" up >out 2>&1 3>&- &
    local pid=$!
    until_true asked
    pg_sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'migrate/%'" >/dev/null
    wait $pid
    [ "$(snapshots)" -eq 1 ]
    [ "$(pg_sql "SELECT to_regclass('a') IS NOT NULL")" = t ]
}

@test "prune: a dry run, the newest kept, that of a failed run kept, others' untouched" {
    local old
    old=$(jq -nc '[range(5) | {DBClusterSnapshotIdentifier: "migrate-app-prod-2024010\(. + 1)t000000z-00000\(.)", DBClusterIdentifier: "app-prod",
        SnapshotCreateTime: "2024-01-0\(. + 1)T00:00:00Z", TagList: [{Key: "migrate:tool", Value: "migrate"}]}]
        + [{DBClusterSnapshotIdentifier: "migrate-app-prod-20240101t000000z-ffffff", DBClusterIdentifier: "app-prod", SnapshotCreateTime: "2024-01-01T00:00:00Z"},
           {DBClusterSnapshotIdentifier: "by-hand", DBClusterIdentifier: "app-prod", SnapshotCreateTime: "2023-01-01T00:00:00Z", TagList: [{Key: "migrate:tool", Value: "migrate"}]}]')
    aws_start "{$CLUSTER, \"cluster_snapshots\": $old}"
    run migrate up --snapshot never
    pg_sql "UPDATE migrate.runs SET result = 'failed', snapshot = 'migrate-app-prod-20240102t000000z-000001'"
    run migrate snapshot prune --dry-run --keep-snapshots 2
    [ "$status" -eq 0 ]
    [[ "$output" == *"2 to delete"* ]]
    [ "$(snapshots)" -eq 7 ]
    run migrate snapshot prune --keep-snapshots 2 </dev/null
    [ "$status" -eq 2 ]
    [ "$(snapshots)" -eq 7 ]
    run migrate snapshot prune --keep-snapshots 2 --yes
    [ "$status" -eq 0 ]
    [ "$(aws_state '[.cluster_snapshots[].DBClusterSnapshotIdentifier] | sort | join(" ")')" = "by-hand migrate-app-prod-20240101t000000z-ffffff migrate-app-prod-20240102t000000z-000001 migrate-app-prod-20240104t000000z-000003 migrate-app-prod-20240105t000000z-000004" ]
    run migrate snapshot prune --older-than 100000d --keep-snapshots 0
    [[ "$output" == *"nothing to delete"* ]]
}

@test "how it ended is told to SNS and S3, and a warning when that cannot be" {
    aws_start "{$CLUSTER}"
    run migrate up --notify-topic arn:aws:sns:us-east-1:123456789012:deploys --notify-s3 's3://reports/a b'
    [ "$status" -eq 0 ]
    [[ "$output" != *warning* ]] || { echo "$output"; false; }
    [ "$(aws_state '.published[0] | .Subject + " " + (.Message | fromjson | .exit_code | tostring)')" = "migrate up: done 0" ]
    local id
    id=$(pg_sql "SELECT id FROM migrate.runs")
    [ "$(aws_state '.objects | keys | join(" ")')" = "/reports/a b/$id.html /reports/a b/$id.json" ]
    # The page is the one that report writes, with the end of the run in it.
    aws_state ".objects[\"/reports/a b/$id.html\"]" >uploaded.html
    (migrate report "$id" --html; echo) >own.html # jq ends it with a newline of its own
    diff uploaded.html own.html
    grep -q '</html>' uploaded.html
    [ "$(aws_log '[.[] | .action] | index("Publish") > rindex("PutObject")')" = true ]
    printf -- '-- migrate:up\nSELECT 1/0;\n' >migrations/2_b.sql
    aws_set '{"denied": ["sns:Publish"]}'
    run migrate up --notify-topic arn:aws:sns:us-east-1:123456789012:deploys --notify-s3 s3://reports/x/
    [ "$status" -eq 3 ]
    [[ "$output" == *"deploys was not told: sns:Publish in us-east-1: AccessDenied"* ]]
    [ "$(aws_state '.objects | to_entries[] | select(.key | startswith("/reports/x/")) | .value | fromjson | .exit_code')" = 3 ]
}

@test "create: one by hand" {
    aws_start "{$CLUSTER}"
    run migrate snapshot create
    [ "$status" -eq 0 ]
    [ "${lines[-1]}" = "$(aws_state '.cluster_snapshots[0].DBClusterSnapshotIdentifier')" ]
}

@test "min-acu: raised for the run, put back afterwards, also after a kill" {
    local serverless='"clusters": [{"DBClusterIdentifier": "app-prod", "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 16.0}}]'
    acu() { aws_state '.clusters[0].ServerlessV2ScalingConfiguration.MinCapacity'; }
    aws_start "{$serverless}"
    run migrate up --min-acu 8
    [ "$status" -eq 0 ]
    [ "$(acu)" = 0.5 ]
    [ "$(aws_log '[.[] | select(.action == "ModifyDBCluster") | .params.ServerlessV2ScalingConfiguration.MinCapacity] | join(" ")')" = "8 0.5" ]
    [ "$(aws_state '.clusters[0].TagList | length')" -eq 0 ]
    pg_fresh_db snap
    MIGRATE_FAULT=items-done:1 run "$MIGRATE_FAULTS_BIN" up --min-acu 8
    [ "$status" -eq 137 ]
    [ "$(acu)" = 8 ]
    [[ "$(migrate aws check)" == *"did not put the capacity back: migrate aws restore-acu"* ]]
    run migrate aws restore-acu
    [ "$status" -eq 0 ]
    [ "$(acu)" = 0.5 ]
    [ "$(aws_state '.clusters[0].TagList | length')" -eq 0 ]
    run migrate aws restore-acu
    [[ "$output" == *"nothing to put back"* ]]
    pg_fresh_db snap
    run migrate up --min-acu 64
    [ "$status" -eq 8 ]
    [[ "$output" == *"the maximum of cluster app-prod in us-east-1 is 16"* ]]
    run migrate up --min-acu 0.3
    [ "$status" -eq 2 ]
}

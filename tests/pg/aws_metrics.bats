#!/usr/bin/env bats
# CloudWatch and Performance Insights beside a run: what they measure holds backfills back, and stands in the report. The fake answers for both.
# Nothing here was ever run against AWS.

load lib
load ../cli/aws

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    aws_no_settings
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/.state MIGRATE_RDS_CLUSTER=app-prod MIGRATE_SNAPSHOT=never
    cd "$BATS_TEST_TMPDIR" || return 1
    mkdir migrations
    printf -- '-- migrate:up\n-- migrate:backfill batch=100\nUPDATE t SET b = a WHERE b IS NULL;\n' >migrations/1_b.sql
    pg_fresh_db metrics
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, a int, b int)" "INSERT INTO t SELECT i, i FROM generate_series(1, 1000) i"
    aws_start '{"clusters": [{"DBClusterIdentifier": "app-prod"}],
        "instances": [{"DBInstanceIdentifier": "app-prod-1", "DBClusterIdentifier": "app-prod", "PerformanceInsightsEnabled": true}],
        "metrics": {"CPUUtilization": 20, "AuroraReplicaLag": 15, "FreeableMemory": 4294967296}, "db_load": 1.5}'
}
teardown() {
    [ -z "${RUN:-}" ] || kill -9 "$RUN" 2>/dev/null || true
    aws_stop
}

config() { # LINES OF throttle
    printf 'aws: {metrics_every: 100ms}\nthrottle:\n' >migrate.yaml
    printf '  %s\n' "$@" >>migrate.yaml
}
begin() {
    "$MIGRATE_BIN" up >out 2>&1 3>&- &
    RUN=$!
}
ended() { # EXIT CODE
    local code=0
    wait "$RUN" || code=$?
    RUN=
    [ "$code" -eq "$1" ] || { cat out; return 1; }
}
told() { grep -qF -- "$1" out; }
left() { pg_sql "SELECT count(*) FROM t WHERE b IS NULL"; }

@test "each limit makes a backfill stand still, and lets go when the value falls" {
    local limit value ok name
    while IFS='|' read -r limit name value ok; do
        pg_sql "UPDATE t SET b = NULL" "DROP SCHEMA IF EXISTS migrate CASCADE" 2>/dev/null
        config "$limit"
        aws_set "$value"
        begin
        until_true told "$name"
        [ "$(left)" -eq 1000 ]
        aws_set "$ok"
        ended 0
        [ "$(left)" -eq 0 ]
    done <<'LIMITS'
max_cpu: 80|the processor is busy: 95 of 80 % (CPUUtilization)|{"metrics": {"CPUUtilization": 95}}|{"metrics": {"CPUUtilization": 20}}
max_reader_lag: 2s|an Aurora reader is behind: 5000 of 2000 ms (AuroraReplicaLag)|{"metrics": {"AuroraReplicaLag": 5000}}|{"metrics": {"AuroraReplicaLag": 10}}
max_acu: 90|the capacity is used: 99 of 90 % (ACUUtilization)|{"metrics": {"ACUUtilization": 99}}|{"metrics": {"ACUUtilization": 50}}
max_capacity: 16|the capacity is: 32 of 16 ACU (ServerlessDatabaseCapacity)|{"metrics": {"ServerlessDatabaseCapacity": 32}}|{"metrics": {"ServerlessDatabaseCapacity": 2}}
min_memory: 1073741824|memory is short: 512 of 1024 MiB (FreeableMemory)|{"metrics": {"FreeableMemory": 536870912}}|{"metrics": {"FreeableMemory": 4294967296}}
max_load: 8|the load is: 12 of 8 busy sessions (db.load.avg)|{"db_load": 12}|{"db_load": 1}
LIMITS
}

@test "no answer and no value stop it; what may not be asked is said once, and it goes on" {
    config "max_cpu: 80" "max_load: 8"
    aws_set '{"metrics": {}}'
    begin
    until_true told "CloudWatch has no CPUUtilization of the last minutes, for throttle.max_cpu"
    [ "$(left)" -eq 1000 ]
    aws_set '{"denied": ["monitoring:GetMetricData"]}'
    ended 0
    [ "$(grep -c "not looked at: CloudWatch: cloudwatch:GetMetricData in us-east-1: AccessDenied" out)" -eq 1 ] || { cat out; false; }
    # Insights that are off are no answer that could ever come.
    pg_sql "UPDATE t SET b = NULL" "DROP SCHEMA migrate CASCADE" 2>/dev/null
    aws_set '{"denied": [], "metrics": {"CPUUtilization": 1}, "instances": [{"DBInstanceIdentifier": "app-prod-1", "DBClusterIdentifier": "app-prod"}]}'
    begin
    ended 0
    told "not looked at: Performance Insights: Performance Insights is off for the instance app-prod-1"
    # A service that fails is neither.
    pg_sql "UPDATE t SET b = NULL" "DROP SCHEMA migrate CASCADE" 2>/dev/null
    aws_set '{"script": [{"action": "GetMetricData", "do": "http", "status": 503, "times": 1000}]}'
    export AWS_MAX_ATTEMPTS=1
    begin
    until_true told "CloudWatch has no answer for throttle.max_cpu"
    [ "$(left)" -eq 1000 ]
    aws_set '{"script": []}'
    ended 0
}

@test "outside AWS the limits are said to be nothing, and it goes on" {
    config "max_cpu: 80"
    unset MIGRATE_RDS_CLUSTER
    run migrate up
    [ "$status" -eq 0 ]
    [[ "$output" == *"not looked at: CloudWatch: the database is not in RDS"* ]]
}

@test "an endpoint that hangs does not hold up the run: it is stopped at once" {
    config "max_cpu: 80"
    aws_set '{"script": [{"action": "GetMetricData", "do": "hang", "seconds": 30, "times": 100}]}'
    begin
    until_true told "CloudWatch has no answer for throttle.max_cpu yet"
    local from=$SECONDS
    kill -TERM "$RUN"
    ended 143
    [ $((SECONDS - from)) -lt 10 ]
    [ -z "$(ps -o pid= --ppid "$$" -C migrate 2>/dev/null)" ] || true
}

@test "in the report: text, JSON and the page; nothing of it when there is nothing to read" {
    config "max_sessions: 0"
    aws_set '{"metrics": {"CPUUtilization": 41.5, "FreeableMemory": 4294967296}}'
    printf -- '-- migrate:up transaction:false\nSELECT pg_sleep_for(interval %s) FROM generate_series(1, 1) WHERE pg_catalog.current_setting($$x.y$$, true) IS NULL;\n' "'3 s'" >migrations/2_c.sql
    run migrate up
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    run migrate report
    [[ "$output" == *"measured by AWS"*"CPUUtilization  42 % to 42 %, last 42 %"*"FreeableMemory  4.0 GB"*"db.load.avg  1.5 to 1.5"* ]] || { echo "$output"; false; }
    [ "$(migrate report --json | jq -c '.metrics | [keys[], (.CPUUtilization[0].value)]')" = '["CPUUtilization","FreeableMemory","db.load.avg",41.5]' ]
    migrate report --html -o page.html
    grep -q '<h2>Measured by AWS</h2>' page.html
    grep -q 'aria-label="CPUUtilization"' page.html
    printf 'aws: {metrics_every: 0}\n' >migrate.yaml
    printf -- '-- migrate:up\nCREATE TABLE d (x int);\n' >migrations/3_d.sql
    run migrate up
    [ "$(migrate report --json | jq -c .metrics)" = '{}' ]
}

@test "readers of Aurora, and of the other regions of a global database, that are behind" {
    config "max_lag: 3s"
    pg_sql "CREATE TABLE lag (which text, ms int, region text)" "INSERT INTO lag VALUES ('replica', 10, ''), ('global', 10, 'eu-west-1')" \
        "SET allow_system_table_mods = on; CREATE FUNCTION pg_catalog.aurora_replica_status(OUT server_id text, OUT session_id text, OUT replica_lag_in_msec float8)
             RETURNS SETOF record LANGUAGE sql AS \$\$ SELECT 'app-prod-1', 'MASTER_SESSION_ID', NULL::float8
             UNION ALL SELECT 'app-prod-2', '1d9d9bd5', ms FROM public.lag WHERE which = 'replica' \$\$" \
        "SET allow_system_table_mods = on; CREATE FUNCTION pg_catalog.aurora_global_db_instance_status(OUT server_id text, OUT session_id text, OUT aws_region text,
             OUT visibility_lag_in_msec float8) RETURNS SETOF record LANGUAGE sql AS \$\$ SELECT 'app-prod-1', 'MASTER_SESSION_ID', 'us-east-1', NULL::float8
             UNION ALL SELECT 'app-eu-1', '2f61a9', region, ms FROM public.lag WHERE which = 'global' \$\$"
    local which said
    while IFS='|' read -r which said; do
        pg_sql "UPDATE t SET b = NULL" "DROP SCHEMA IF EXISTS migrate CASCADE" "UPDATE lag SET ms = 9000 WHERE which = '$which'" 2>/dev/null
        begin
        until_true told "$said"
        [ "$(left)" -eq 1000 ]
        pg_sql "UPDATE lag SET ms = 5"
        ended 0
        [ "$(left)" -eq 0 ]
    done <<'LAGS'
replica|an Aurora reader is behind: 9000 of 3000 ms
global|an Aurora reader in eu-west-1 is behind: 9000 of 3000 ms
LAGS
    # Not asked for.
    pg_sql "UPDATE t SET b = NULL" "DROP SCHEMA migrate CASCADE" "UPDATE lag SET ms = 9000" 2>/dev/null
    config "max_lag: 0"
    run migrate up
    [ "$status" -eq 0 ]
    [ "$(left)" -eq 0 ]
}

#!/usr/bin/env bats
# The process dies by SIGKILL at every request that it sends to AWS: before that is carried out, and when it is and nobody hears of it. The fake of
# AWS does the killing, so that no request is left out, however many there are; together with the points of snapshot.bats between them these
# are all moments of the snapshot's, the capacity's and a clone's course. Nothing here was ever run against AWS.

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
    CLUSTER='{"DBClusterIdentifier": "app-prod", "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 16.0}}'
    INSTANCE='{"DBInstanceIdentifier": "app-prod-1", "DBClusterIdentifier": "app-prod", "DBInstanceClass": "db.serverless"}'
}
teardown() { aws_stop; }

# Run it until it dies at its request N, or ends by itself: DIED says which.
dies() { # N WHEN COMMAND…
    local n=$1 when=$2 code=0
    shift 2
    rm -f pid
    aws_set "{\"kill\": {\"at\": $n, \"when\": \"$when\", \"pid_file\": \"$PWD/pid\"}}"
    "$MIGRATE_BIN" "$@" >out 2>&1 3>&- &
    echo $! >pid.new
    mv pid.new pid
    wait "$(cat pid)" 2>/dev/null || code=$?
    aws_set '{"kill": null}'
    [ "$code" -eq 137 ] && DIED=1 && return 0
    DIED=
    [ "$code" -eq 0 ] || { echo "request $n, $when: ended with $code"; cat out; return 1; }
}

has_a() { [ "$(pg_sql "SELECT to_regclass('a') IS NOT NULL")" = t ]; }
available() { aws_state '[.cluster_snapshots[] | select(.Status == "available")] | length'; }
fail() { echo "killed at request $n, $when: $1"; cat out; return 1; }

# Of all requests every third is tried in CI, another third for each way to die; make faults tries all.
at_every() { # WHEN FIRST FUNCTION
    local n when=$1 deaths=0 step=3
    [ -z "${FAULT_ALL:-}" ] || step=1
    for ((n = step == 1 ? 1 : $2; n < 80; n += step)); do
        "$3" || return 1
        [ -n "$DIED" ] || break
        deaths=$((deaths + 1))
    done
    [ -z "$DIED" ] && [ "$deaths" -ge 2 ] || { echo "$deaths deaths, up to request $n"; aws_log; return 1; }
}

one_up() {
    pg_fresh_db killed 2>/dev/null
    aws_set "{\"cluster_snapshots\": [], \"clusters\": [$CLUSTER], \"instances\": [$INSTANCE], \"snapshot_polls\": 1}"
    dies "$n" "$when" up --snapshot require --min-acu 8 || return 1
    ! has_a || [ "$(available)" -ge 1 ] || fail "the table is there, and no snapshot" || return 1
    migrate up --snapshot require --min-acu 8 >out 2>&1 || fail "the next run failed" || return 1
    has_a || fail "no table" || return 1
    [ "$(aws_state '.cluster_snapshots | length') $(available)" = "1 1" ] || fail "$(aws_state .cluster_snapshots)" || return 1
    [ "$(aws_state '.clusters[0] | "\(.ServerlessV2ScalingConfiguration.MinCapacity) \(.TagList | length)"')" = "0.5 0" ] ||
        fail "the capacity was not put back: $(aws_state '.clusters[0]')"
}

one_clone() {
    pg_fresh_db killed 2>/dev/null
    aws_set "{\"clusters\": [$CLUSTER], \"instances\": [$INSTANCE], \"endpoint\": \"$PG_DIR\"}"
    dies "$n" "$when" rehearse --clone || return 1
    migrate aws sweep --yes >out 2>&1 || fail "the sweep failed" || return 1
    [ "$(aws_state '"\([.clusters[].DBClusterIdentifier]) \([.instances[].DBInstanceIdentifier])"')" = '["app-prod"] ["app-prod-1"]' ] ||
        fail "left: $(aws_state '[.clusters, .instances]')"
}

@test "up, before a request is carried out: one snapshot, no change without it, the capacity as it was" {
    aws_start '{}'
    at_every before 1 one_up
}

@test "up, when a request was carried out and nobody heard of it" {
    aws_start '{}'
    at_every after 2 one_up
}

@test "a clone, before a request is carried out: none is left" {
    aws_start '{}'
    export MIGRATE_URL=postgres://postgres@app-prod.cluster-c9akciq32rg0.us-east-1.rds.amazonaws.com/killed
    at_every before 3 one_clone
}

@test "a clone, when a request was carried out and nobody heard of it" {
    aws_start '{}'
    export MIGRATE_URL=postgres://postgres@app-prod.cluster-c9akciq32rg0.us-east-1.rds.amazonaws.com/killed
    at_every after 1 one_clone
}

#!/usr/bin/env bats
# The process dies by SIGKILL at a fault point; the next run makes schema, data and history what an undisturbed run makes them.

load lib

setup_file() {
    pg_start
    project "$BATS_FILE_TMPDIR/project"
    export PROJECT
    undisturbed
}
teardown_file() { pg_stop; }

# Kill at the point's 1st, 2nd, … passing, from an empty database each time, until a run is through before it comes.
kill_at_every() { # POINT [LIMIT]
    local n deaths=0
    for ((n = 1; n <= ${2:-40}; n++)); do
        pg_fresh_db killed
        MIGRATE_FAULT=$1:$n UP_BIN=$MIGRATE_FAULTS_BIN run up
        if [ "$status" -eq 0 ]; then
            break
        fi
        if [ "$status" -ne 137 ]; then
            echo "$1:$n ended with $status: $output"
            return 1
        fi
        deaths=$((deaths + 1))
        up || return 1
        if ! same_as_undisturbed; then
            echo "killed at $1:$n"
            return 1
        fi
    done
    # A point that is never passed proves nothing.
    [ "$deaths" -ge 1 ]
}

@test "the released program has no fault points" {
    ! grep -q MIGRATE_FAULT "$MIGRATE_BIN"
    grep -q MIGRATE_FAULT "$MIGRATE_FAULTS_BIN"
}

@test "between steps" { kill_at_every step; }
@test "before the first and behind the last step" { kill_at_every begun && kill_at_every items-done; }
@test "before a transaction" { kill_at_every tx-before; }
@test "behind a transaction's COMMIT" { kill_at_every tx-after; }
@test "inside a transaction" { kill_at_every tx-part && kill_at_every tx-copied; }
@test "before a single statement is recorded" { kill_at_every single-unrecorded; }
@test "when a single statement is recorded as started" { kill_at_every single-started; }
@test "right before a single statement" { kill_at_every single-before; }
@test "right behind a single statement" { kill_at_every single-after; }
@test "before a single statement is recorded as done" { kill_at_every single-unsettled; }
@test "before and behind a backfill" { kill_at_every backfill-open && kill_at_every backfill-done; }
@test "before a batch" { kill_at_every batch-before; }
@test "behind a batch" { kill_at_every batch-after; }

@test "again and again, a little further each time" {
    local n=0
    pg_fresh_db killed
    until MIGRATE_FAULT=batch-after:2 UP_BIN=$MIGRATE_FAULTS_BIN up; do
        n=$((n + 1))
        [ "$n" -lt 40 ]
    done
    [ "$n" -ge 2 ]
    same_as_undisturbed
}

@test "on the way down" {
    local point
    for point in step:1 step:3 tx-after:1 single-started:1 single-after:1 batch-after:1 batch-before:3 tx-after:3; do
        pg_fresh_db killed
        up
        MIGRATE_FAULT=$point run "$MIGRATE_FAULTS_BIN" down 3 --yes --quiet --dir "$PROJECT"
        [ "$status" -eq 137 ]
        migrate down --all --yes --quiet --dir "$PROJECT"
        [ "$(pg_sql "SELECT count(*) FROM migrate.migrations")" = 0 ]
        [ "$(pg_sql "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")" = 0 ]
        [ "$(pg_sql "SELECT count(*) FROM migrate.steps")" = 0 ]
        up
        same_as_undisturbed
    done
}

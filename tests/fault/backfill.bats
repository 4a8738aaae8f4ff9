#!/usr/bin/env bats
# A slice of `make kill-backfill`.

@test "kills of migrate, of backends and of the server at random moments: every row is changed once" {
    run "$BATS_TEST_DIRNAME/backfill_kill" 30000 12
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "the same with two workers" {
    run "$BATS_TEST_DIRNAME/backfill_kill" 30000 9 2
    echo "$output"
    [ "$status" -eq 0 ]
}

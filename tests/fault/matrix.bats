#!/usr/bin/env bats
# A slice of the matrix of faults, another one each day; `make faults` runs all of it, and this not.

@test "faults at some points, with an application beside them" {
    [ -z "${FAULT_ALL:-}" ] || skip "all of them are run"
    run "$BATS_TEST_DIRNAME/matrix" --slice "$(date +%-j)/140"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c '^ok' <<<"$output")" -ge 5 ]
}

@test "there are at least 500 of them" {
    [ "$("$BATS_TEST_DIRNAME/matrix" --list | sort -u | wc -l)" -ge 500 ]
}

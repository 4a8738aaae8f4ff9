# What the rulebook says of over 1700 statements on six versions, against what the servers did (tests/truth).
load lib.bash

truth=$BATS_TEST_DIRNAME/../truth

setup() { common_setup; }

# The sanitizers' program is many times slower: one version of one set is enough to run all of it.
some() { if [ -n "${SAN:-}" ]; then printf '%s\n' --set '' --majors 18; else printf '%s\n' --set '' --set _more; fi; }

@test "the measured truth, but for the differences that are listed with their reasons" {
    mapfile -t some < <(some)
    run python3 "$truth/check.py" --bin "$MIGRATE_BIN" "${some[@]}" --known "$truth/known_differences.tsv"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "${lines[-1]}" == "0 differences that are not listed, 0 listed that are none" ]]
}

@test "a difference that is new, and one that is gone, are told" {
    printf 'add_pk.plain\t13-18\tscan\tsaid to be wrong\n' >known
    run python3 "$truth/check.py" --bin "$MIGRATE_BIN" --set _more --only 'add_pk.*' --majors 15 --known known
    [ "$status" -eq 1 ]
    [[ "$output" == *"known:1: add_pk.plain on 15: scan is right now: take it out"* ]]
    [[ "$output" == *"add_pk.drop_old_add_using_index on 15: "* ]]
    [[ "${lines[-1]}" == "1 differences that are not listed, 1 listed that are none" ]]
    printf 'add_pk.plain scan\n' >known
    run python3 "$truth/check.py" --bin "$MIGRATE_BIN" --only 'add_pk.plain' --known known
    [ "$status" -ne 0 ]
    [[ "$output" == *"known:1: want form, versions, field and reason"* ]]
}

@test "every form's example on a server" {
    [ -z "${SAN:-}" ] || skip "the same statements, only slower"
    run migrate rules verify --url ephemeral:
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "${lines[-1]}" == *" 0 differences, 0 could not be tried" ]]
}

@test "without npm and servers the matrix says that it checked nothing" {
    mkdir bin
    ln -s "$(command -v bash)" "$(command -v id)" "$(command -v mkdir)" "$(command -v chmod)" "$(command -v mktemp)" "$(command -v rm)" bin/
    run env PATH="$PWD/bin" MIGRATE_SERVERS="$PWD/none" bash "$truth/matrix" 15
    [ "$status" -eq 0 ]
    [[ "$output" == *"SKIPPED, NOTHING WAS CHECKED: no npm to get PostgreSQL 15 with"* ]]
    run bash "$truth/matrix" 12
    [ "$status" -eq 2 ]
}

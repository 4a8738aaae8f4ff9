# make check-corpus: what its script finds, with the real program and with ones that misbehave.
load lib.bash

setup() {
    common_setup
    corpus=$BATS_TEST_DIRNAME/../bench/corpus
    write c/one/1_a.sql <<<'CREATE TABLE a (b int PRIMARY KEY); CREATE INDEX i ON old (a);'
    write c/two/1_a.sql <<<'DROP TABLE a;'
}

# stub: standard input becomes the program that is checked.
stub() {
    { echo '#!/bin/bash'; cat; } >stub
    chmod +x stub
    export MIGRATE_BIN=$PWD/stub
}
good='{"findings":[],"summary":{"errors":0,"warnings":0,"notes":0,"files":1,"statements":1,"unreadable":0}}'

@test "no corpus is said, and fine" {
    run "$corpus" ""
    [ "$status" -eq 0 ]
    [[ "$output" == *"skipped, no corpus"* ]]
    mkdir empty
    run "$corpus" empty
    [ "$status" -eq 2 ]
}

@test "a table of repositories, and findings per rule" {
    run "$corpus" c
    [ "$status" -eq 0 ]
    [[ "${lines[1]}" =~ ^one\ +1\ +2\ +1\ +0\ +0\ +0\ +0 ]]
    [[ "${lines[2]}" =~ ^two\ +1\ +1\  ]]
    [[ "$output" == *"1 require-concurrent-index-creation "*" one:1"* ]]
    [[ "$output" == *"0 of 3 statements have no form"*"100.000%"* ]]
}

@test "a file that is refused is counted, the rest is judged" {
    printf 'SELECT 1;\n\xe4\n' >c/one/2_b.sql
    run "$corpus" c
    [ "$status" -eq 0 ]
    [[ "${lines[1]}" =~ ^one\ +1\ +2\ +1\ +0\ +0\ +0\ +1 ]]
}

@test "statements without a form fail it, unless the parser refuses them, too" {
    write c/two/2_b.sql <<<'FROBNICATE the table;'
    run "$corpus" c
    [ "$status" -eq 1 ]
    [[ "$output" == *"two/2_b.sql:1: FROBNICATE the table"*"all: fewer than 99.9%"* ]]
    printf '#!/bin/bash\nwhile IFS= read -r -d "" s; do echo no; done\n' >parses
    chmod +x parses
    run "$corpus" c ./parses
    [ "$status" -eq 0 ]
}

@test "a crash, another answer the second time, another exit code: each is named" {
    stub <<<'[[ $* != *two* ]] || kill -SEGV $$; echo "$GOOD"'
    export GOOD=$good
    run "$corpus" c
    [ "$status" -eq 1 ]
    [[ "$output" == *"two ends with -11 and no document"* ]]
    [[ "$output" != *"check-corpus: one"* ]]
    stub <<<'echo "$GOOD"; echo "" >>count; for ((i = $(wc -l <count); i > 0; i--)); do echo; done'
    run "$corpus" c
    [ "$status" -eq 1 ]
    [[ "$output" == *"one does not give the same twice"* ]]
    stub <<<'echo "$GOOD"; [[ $* != *--all-rules* ]] || exit 70'
    run "$corpus" c
    [ "$status" -eq 1 ]
    [[ "$output" == *"one with --all-rules ends with 70"* ]]
    stub <<<'echo "$GOOD"; echo "it broke" >&2; exit 71'
    run "$corpus" c
    [ "$status" -eq 1 ]
    [[ "$output" == *"one ends with 71: it broke"* ]]
}

# Help, version, and what is said about command lines that make no sense.
load lib.bash

setup() { common_setup; }

@test "version is one line" {
    run migrate version
    [ "$status" -eq 0 ]
    [[ "$output" =~ ^migrate\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
    [ "$(migrate --version)" = "$output" ]
    [ "$(migrate -V)" = "$output" ]
    [ "$(migrate -version)" = "$output" ]
}

@test "help lists every command, and each explains itself" {
    run migrate help
    [ "$status" -eq 0 ]
    for c in new lint explain plan up down redo goto status validate baseline mark wait ephemeral rules version help; do
        [[ "$output" == *"    $c "* ]]
        text=$(migrate help "$c")
        [ "$text" = "$(migrate "$c" --help)" ]
        [[ "$text" == "migrate $c - "* ]]
        [[ "$text" == *"Usage: migrate $c"* ]]
        [[ "$text" == *"Examples"* ]]
        [[ "$text" == *"Exit codes"* ]]
    done
}

@test "help fits a terminal, apart from examples" {
    for c in new lint explain plan up down redo goto status validate baseline mark wait ephemeral rules version help; do
        migrate help "$c" | sed '/^Examples/,/^Exit codes/d' | while IFS= read -r line; do
            [ "${#line}" -le 92 ] || { echo "$c: $line"; return 1; }
        done
    done
}

@test "no command: the list, and exit 2" {
    run migrate
    [ "$status" -eq 2 ]
    [[ "$output" == *"Usage: migrate COMMAND"* ]]
}

@test "an unknown command or option names the nearest" {
    run migrate lnit
    [ "$status" -eq 2 ]
    [[ "$output" == *'"lnit" is not a command'* ]]
    [[ "$output" == *"did you mean migrate lint?"* ]]
    run migrate lint --fromat json
    [ "$status" -eq 2 ]
    [[ "$output" == *"did you mean --format?"* ]]
    run migrate help nothing
    [ "$status" -eq 2 ]
}

@test "errors go to standard error, results to standard output" {
    migrate lnit >out 2>err || true
    [ ! -s out ]
    [ -s err ]
    migrate version >out 2>err
    [ -s out ]
    [ ! -s err ]
}

@test "other runners' commands are answered with the equivalent" {
    run migrate force 3
    [ "$status" -eq 2 ]
    [[ "$output" == *"migrate mark VERSION --applied"* ]]
    run migrate drop
    [[ "$output" == *"dropdb"* ]]
}

@test "the environment mirrors options, the command line wins" {
    write m/1_a.sql <<<'DROP TABLE t;'
    MIGRATE_FORMAT=github run migrate lint m
    [[ "$output" == "::"* ]]
    MIGRATE_FORMAT=github run migrate lint --format text m
    [[ "$output" != "::"* ]]
    MIGRATE_FORMAT=nonsense run migrate lint m
    [ "$status" -eq 2 ]
    [[ "$output" == *"MIGRATE_FORMAT"* ]]
}

@test ".env is read, does not override, and can be left out" {
    write m/1_a.sql <<<'DROP TABLE t;'
    printf '# comment\nexport MIGRATE_FORMAT="github" # yes\n' >.env
    run migrate lint m
    [[ "$output" == "::"* ]]
    MIGRATE_FORMAT=json run migrate lint m
    [[ "$output" == "{"* ]]
    run migrate lint --no-env-file m
    [[ "$output" == m/1_a.sql:* ]]
    echo 'no assignment' >.env
    run migrate lint m
    [ "$status" -eq 2 ]
    [[ "$output" == ".env:1:1: error: not a NAME=value line"* ]]
    run migrate lint --env-file missing.env m
    [ "$status" -eq 2 ]
}

@test "a full or closed standard output is exit 71, a closed pipe ends quietly" {
    run bash -c '"$MIGRATE_BIN" help >/dev/full'
    [ "$status" -eq 71 ]
    [[ "$output" == *"standard output"* ]]
    run bash -c '"$MIGRATE_BIN" help >&-'
    [ "$status" -eq 71 ]
    for i in $(seq 2000); do echo "DROP TABLE t$i;"; done >big.sql
    run bash -c '"$MIGRATE_BIN" lint big.sql | head -1; exit ${PIPESTATUS[0]}'
    [ "$status" -eq 141 ]
    [ "${#lines[@]}" -eq 1 ]
}

@test "a password on the command line is not left for ps" {
    for url in "postgres://u:se%63ret@/d?host=/nowhere" "host=/nowhere user=u password=secret dbname=d"; do
        "$MIGRATE_BIN" wait --timeout 20s --url "$url" 3>&- 2>err &
        pid=$!
        until grep -q xxxx "/proc/$pid/cmdline"; do kill -0 "$pid"; done
        run cat "/proc/$pid/cmdline"
        kill -TERM "$pid"
        wait "$pid" || true
        [[ "$output" != *cret* ]]
        run cat err
        [[ "$output" != *cret* ]]
    done
}

# Completion: what the program answers, and what the shells make of it.
load lib.bash

setup() {
    common_setup
    root=$BATS_TEST_DIRNAME/../..
    PATH=$(dirname "$MIGRATE_BIN"):$PATH
    three_migrations
    touch 'plan b.sql' schema.sql
    mkdir schemas
}

answer() { migrate completion answer -- "$@"; }
words() { answer "$@" | cut -f 1 | paste -sd ' '; }

@test "commands, with what they are" {
    [ "$(words | wc -w)" -eq "$(migrate help | grep -c '^    [a-z]')" ]
    [ "$(words val)" = validate ]
    [[ "$(answer val)" == *$'\t'"check files against history"* ]]
    [ "$(words help re)" = "rehearse redo report" ]
    [ "$(words help config)" = config ]
    [ -z "$(words nonsense '')" ]
}

@test "every option of every command, and nothing else" {
    for c in $(migrate help | sed -n 's/^    \([a-z]*\) .*/\1/p'); do
        diff <(migrate help "$c" | grep -oE '^    (-., |    )--[a-z0-9-]+' | sed 's/.*--/--/' | sort) \
            <(answer "$c" -- | cut -f 1 | sort)
    done
    [ "$(words up --no-ho)" = --no-hooks ]
    [ "$(words up --no-env-f)" = --no-env-file ]
    # once is enough, but for lists
    [ -z "$(words lint --format json --form)" ]
    [ "$(words lint --dir a --di)" = "--diff --dir" ]
}

@test "words of choices, behind a blank or =" {
    [ "$(words lint --format j)" = "json junit" ]
    [ "$(words lint -f j)" = "json junit" ]
    [ "$(words lint --format=j)" = "--format=json --format=junit" ]
    [ "$(words up --pace '')" = "normal gentle" ]
}

@test "versions, newest first, from where the line and migrate.yaml say" {
    [ "$(words up --to '')" = "10 2 1" ]
    [ "$(answer goto 1)" = $'10\torders\n1\tusers' ]
    [ "$(words mark '')" = "10 2 1" ]
    [ "$(words backfill tune '')" = "10 2 1" ]
    write other/7_x.sql <<<$'-- migrate:up\nSELECT 1;'
    [ "$(words up --dir other --to '')" = 7 ]
    [ "$(words --dir=other up -t '')" = 7 ]
    [ "$(words -dother up -t '')" = 7 ]
    [ "$(MIGRATE_DIR=other words up -t '')" = 7 ]
    echo 'dir: other' >migrate.yaml
    [ "$(words up -t '')" = 7 ]
    [ "$(words --no-config up -t '')" = "10 2 1" ]
    # A file that up would refuse does not take the others away.
    write other/8_y.sql <<<$'-- migrate:up\nSELECT 1;\n-- migrate:upp'
    [ "$(words up -t '')" = "8 7" ]
}

@test "rules, layouts, tools, environments, runs, revisions" {
    [ "$(words rules '')" = "list show test verify predicates doc" ]
    [ "$(words rules show ban-drop-t)" = "ban-drop-table" ]
    [ "$(words rules test --only require-concurrent-index-c)" = "require-concurrent-index-creation" ]
    [ "$(words up --layout goo)" = goose ]
    [ "$(words adopt --from sqi)" = "sqitch" ]
    [ "$(words report '')" = last ]
    printf 'environments:\n  staging:\n    gate: note\n  production:\n    gate: error\n' >migrate.yaml
    [ "$(words up --env '')" = "staging production" ]
    command -v git >/dev/null || skip "no git"
    git init -q -b trunk .
    git -c user.name=a -c user.email=a@b commit -q --allow-empty -m one
    [ "$(words lint --since '')" = trunk ]
}

@test "files are asked of the shell" {
    [ "$(words load '')" = :files ]
    [ "$(words lint x '')" = "- :files" ]
    [ "$(words lint --baseline '')" = :files ]
    [ "$(words up --dir '')" = :folders ]
    [ "$(words ephemeral '')" = :programs ]
    [ "$(words ephemeral -- ls '')" = :files ]
    [ "$(words catalog show '')" = :files ]
    [ -z "$(words new '')" ]
    [ -z "$(words up 1 '')" ]
    [ "$(words lint -- --f)" = ":files" ]
}

@test "names that a shell or a terminal would act on are not answered" {
    write m/'3_$(touch pwned).sql' <<<$'-- migrate:up\nSELECT 1;'
    write m/R__"a;touch b".sql <<<'SELECT 1;'
    printf -- '-- migrate:up\nSELECT 1;\n' >m/4_$'\e'"[31mred.sql"
    printf 'environments:\n  "$(touch pwned)":\n    gate: note\n  good:\n    gate: error\n' >migrate.yaml
    [[ "$(answer up --dir m --to 4)" == "4"*'\x1B[31mred' ]]
    [[ "$(words up --dir m --to '')" != *'$'* ]]
    [ "$(words up --env '')" = good ]
    # What is broken is nothing to complete, and no error on the prompt.
    echo 'no: such: yaml' >migrate.yaml
    [ "$(words up --pace '')" = "normal gentle" ]
}

@test "the scripts are those of the repository; another shell is refused" {
    cmp <(migrate completion bash) "$root/completions/migrate.bash"
    cmp <(migrate completion zsh) "$root/completions/_migrate"
    cmp <(migrate completion fish) "$root/completions/migrate.fish"
    run migrate completion tcsh
    [ "$status" -eq 2 ]
    [[ "$output" == *"bash, zsh or fish"* ]]
}

# tabbed SHELL LINE EXPECTED
tabbed() {
    local said
    said=$("$root/tests/lib/tab" "$1" "$PWD/setup.$1" "$2" 3>&-)
    [ "$said" = "$3" ] || { echo "$1: |$2| became |$said|, not |$3|"; return 1; }
}
# What all shells do alike: one candidate is put on the line with a blank behind it.
in_every_shell() {
    tabbed "$1" "migrate valid" "migrate validate "
    tabbed "$1" "migrate lint --write" "migrate lint --write-baseline "
    tabbed "$1" "migrate lint --format sar" "migrate lint --format sarif "
    tabbed "$1" "migrate lint --format=sar" "migrate lint --format=sarif "
    tabbed "$1" "migrate mark 10 --appl" "migrate mark 10 --applied "
    tabbed "$1" "migrate --dir migrations goto 2" "migrate --dir migrations goto 2 "
    tabbed "$1" "migrate load schema.s" "migrate load schema.sql "
    tabbed "$1" "migrate lint --stdin-filename=schema.s" "migrate lint --stdin-filename=schema.sql "
    tabbed "$1" "migrate up --dir schema" "migrate up --dir schemas/"
    tabbed "$1" "migrate ephemeral -- printen" "migrate ephemeral -- printenv "
}

@test "bash" {
    command -v python3 >/dev/null || skip "no python3"
    migrate completion bash >setup.bash
    in_every_shell bash
    tabbed bash "migrate load plan" 'migrate load plan\ b.sql '
    tabbed bash "migrate up --url ephem" "migrate up --url ephemeral: "
    tabbed bash "migrate up --url=ephem" "migrate up --url=ephemeral: "
    tabbed bash "migrate  up  --pace  gen" "migrate  up  --pace  gentle "
    # without marks that cut words
    echo 'COMP_WORDBREAKS=${COMP_WORDBREAKS//[=:]}' >>setup.bash
    tabbed bash "migrate lint --format=sar" "migrate lint --format=sarif "
    # the list, and the end of the line left alone
    source setup.bash
    COMP_LINE="migrate lint --format j --gate error" COMP_POINT=23 COMP_WORDS=(migrate lint --format j --gate error) COMP_CWORD=3
    compopt() { :; }
    _migrate
    [ "${COMPREPLY[*]}" = "json junit" ]
}

@test "zsh" {
    command -v zsh >/dev/null || skip "no zsh"
    command -v python3 >/dev/null || skip "no python3"
    mkdir fpath
    migrate completion zsh >fpath/_migrate
    # as installed: found by its first line
    echo "fpath=($PWD/fpath \$fpath); autoload -Uz compinit; compinit -u -d $PWD/dump" >setup.zsh
    in_every_shell zsh
    tabbed zsh "migrate load plan" 'migrate load plan\ b.sql '
    tabbed zsh "migrate up --url ephem" "migrate up --url ephemeral: "
    # as sourced
    echo "autoload -Uz compinit; compinit -u -d $PWD/dump2; source fpath/_migrate" >setup.zsh
    tabbed zsh "migrate valid" "migrate validate "
}

@test "fish" {
    command -v fish >/dev/null || skip "no fish"
    command -v python3 >/dev/null || skip "no python3"
    export XDG_CONFIG_HOME=$PWD/.config XDG_DATA_HOME=$PWD/.data
    migrate completion fish >setup.fish
    [ "$(fish --no-config -c 'source setup.fish; complete -C "migrate lint --format j"' | paste -sd ' ')" = "json junit" ]
    [ "$(fish --no-config -c 'source setup.fish; complete -C "migrate goto 1"')" = $'10\torders\n1\tusers' ]
    [ "$(fish --no-config -c 'source setup.fish; complete -C "migrate up --dir=schema"' | cut -f 1)" = "--dir=schemas/" ]
    in_every_shell fish
}

# At the end of a long day: what goes wrong is named, with the way out, and nothing else is said.
load lib.bash

setup() {
    common_setup
    write m/1_a.sql <<<$'-- migrate:up\nCREATE INDEX i ON t (a);'
}

# says STATUS TEXT… -- ARGUMENT…: lint ends so, and what it says has each of the texts.
says() {
    local status_wanted=$1 text
    local -a texts=()
    shift
    while [ "$1" != -- ]; do
        texts+=("$1")
        shift
    done
    shift
    run migrate lint "$@"
    echo "$output"
    [ "$status" -eq "$status_wanted" ]
    for text in "${texts[@]}"; do
        [[ "$output" == *"$text"* ]] || { echo "it does not say: $text"; return 1; }
    done
    [ "$status_wanted" -lt 2 ] || [ "${#lines[@]}" -le 3 ]
}

@test "a wrong flag, a wrong word" {
    says 2 "--fromat is not an option of migrate lint" "did you mean --format?" -- --fromat json m
    says 2 '"xml" is not one of text|json|' -- -f xml m
    says 2 '"hihg" is not one of error|warning' -- --gate hihg m
    says 2 '"9" is not a number from 13 to 18' -- --server-version 9 m
    says 2 "--baseline needs a value" -- --baseline
    says 2 "--since needs a value" -- --since
    run migrate lnit
    [[ "$status" -eq 2 && "$output" == *"did you mean migrate lint?"* ]]
}

@test "a file, a folder, a pattern that is not there" {
    says 2 "cannot read nosuch.sql: No such file or directory" -- nosuch.sql
    says 2 "cannot read m/nosuch" -- m/nosuch m
    says 2 "nothing matches x/*.sql" "--allow-empty" -- 'x/*.sql'
    says 2 "no folder of migrations" "--dir DIR" --
}

@test "no config, a config with a typo, one that is no YAML" {
    write migrate.yaml <<<$'rules:\n  severity:\n    ban-drop-tabel: off'
    says 2 'migrate.yaml:3:5: error: no rule is called "ban-drop-tabel"' "did you mean ban-drop-table?" -- m
    write migrate.yaml <<<'gate: worning'
    says 2 "migrate.yaml:1:7: error:" "did you mean warning?" -- m
    write migrate.yaml <<<'baselin: x'
    says 2 "migrate.yaml:1:1: error:" "did you mean baseline?" -- m
    write migrate.yaml <<<$'gate:\n- x\n  y: ['
    says 2 "migrate.yaml:3:4: error: not YAML" -- m
    says 1 "1 error, 0 warnings" -- --no-config m
    says 2 "--config other.yaml: there is no such file" -- --config other.yaml m
    write migrate.yaml <<<'baseline: gone.json'
    says 2 "there is no baseline gone.json" "--write-baseline" -- m
}

@test "a pipe that ends early is no error of ours, and no noise" {
    for i in $(seq 300); do write "m/${i}_x.sql" <<<'CREATE INDEX i ON t (a);'; done
    run bash -c '"$MIGRATE_BIN" lint m | head -1; exit "${PIPESTATUS[0]}"'
    [ "${#lines[@]}" = 1 ]
    [[ "$status" -eq 141 || "$status" -eq 1 ]]
}

@test "a narrow terminal, a dumb one, no terminal" {
    write a.sql <<<'DROP TABLE t;'
    want=$(migrate lint a.sql)
    [ "$(COLUMNS=20 migrate lint a.sql)" = "$want" ]
    [ "$(migrate lint a.sql </dev/null)" = "$want" ]
    command -v script >/dev/null || skip "no script(1) for a terminal"
    [ "$(TERM=dumb script -qec "$MIGRATE_BIN lint a.sql" /dev/null </dev/null | tr -d '\r')" = "$want" ]
}

@test "full disk: it is said" {
    [ -w /dev/full ] || skip "no /dev/full"
    run bash -c '"$MIGRATE_BIN" lint --gate off m >/dev/full'
    echo "$output"
    [ "$status" -eq 71 ]
    [[ "$output" == *"No space left"* ]]
}

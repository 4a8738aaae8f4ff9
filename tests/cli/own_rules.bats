# Rules of a team's own: the example's house rule, and files that cannot be used.
load lib.bash

setup() {
    common_setup
    root=$BATS_TEST_DIRNAME/../..
    house=$root/migrations-example/rules
}

@test "the example's house rule holds its examples" {
    run migrate rules test --rules "$house" --only amounts-in-cents
    [ "$status" -eq 0 ]
    [[ "$output" == "0 forms, 1 rule, "*": 0 wrong" ]]
    run migrate rules show amounts-in-cents --rules "$house"
    [[ "$output" == *"handbook"* ]]
}

@test "the house rule judges, and the example keeps it" {
    write m/1_a.sql <<<'ALTER TABLE orders ADD COLUMN discount numeric(12,2);'
    run migrate lint m
    [[ "$output" != *amounts-in-cents* ]]
    run migrate lint --gate warning --rules "$house" m
    [ "$status" -eq 1 ]
    [[ "$output" == *"m/1_a.sql:1:20: warning: a new column of public.orders is numeric or money,"*"ADD COLUMN amount_cents bigint;"*"rule amounts-in-cents"* ]]
    write m/1_a.sql <<'SQL'
-- migrate:allow amounts-in-cents because a weight
ALTER TABLE orders ADD COLUMN weight numeric(12,2);
SQL
    run migrate lint --gate note --rules "$house" m
    [ "$status" -eq 0 ]
    run migrate lint --gate note --rules "$house" "$root/migrations-example"
    [ "$status" -eq 0 ]
}

@test "the rule in the manual page can be used as it stands" {
    mkdir own
    sed -n '/^rule: /,/^\.Ed/{/^\.Ed/d;p}' "$root/man/migrate-rules.5" >own/it.yaml
    run migrate rules test --rules own --only amounts-in-cents
    [ "$status" -eq 0 ]
    [[ "$output" == *"0 forms, 1 rule, 2 examples: 0 wrong" ]]
}

@test "folders in the folder are read; one of the program's rules can be replaced" {
    mkdir -p own/deep
    sed 's/^severity: error/severity: note/' "$root/rules/hazards/index/require-concurrent-index-creation.yaml" >own/deep/a.yaml
    write a.sql <<<'CREATE INDEX i ON t (a);'
    run migrate lint a.sql
    [ "$status" -eq 1 ]
    run migrate lint --rules own a.sql
    [ "$status" -eq 0 ]
    [[ "$output" == *": note: index built without CONCURRENTLY"* ]]
}

# broken PLACE MESSAGE: the rule on standard input, with what a whole rule needs, is refused there and nothing is judged.
broken() {
    write own/x.yaml
    write a.sql <<<'CREATE INDEX i ON t (a);'
    for command in "lint a.sql" "rules test" "rules list" "explain SELECT_1"; do
        run migrate $command --rules own
        [ "$status" -eq 2 ]
        [[ "${lines[0]}" == "own/x.yaml:$1: error: "*"$2"* ]] || { echo "$command: $output"; return 1; }
        [[ "$output" != *"CONCURRENTLY"* ]]
    done
}
rule() {
    printf '%s\n' 'rule: ours' "$@" 'why: y' 'source: https://example.com' 'fails: [ CREATE TABLE a (b int); ]' 'passes: [ SELECT 1; ]'
}

@test "a broken rule says file, line and column, and what is wrong" {
    broken 2:1 "not YAML" <<<'rule: [nonsense'
    broken 1:1 "no rule in it" </dev/null
    broken 3:1 'unknown key "tilte"' < <(rule 'on: create-table' 'tilte: x' 'severity: note')
    broken 4:1 '"severity" is there twice' < <(rule 'on: create-table' 'severity: note' 'severity: note' 'title: x')
    broken 3:11 '"severity" is to be' < <(rule 'on: create-table' 'severity: fatal' 'title: x')
    broken 2:5 'no form is called "create-tabel"' < <(rule 'on: create-tabel' 'severity: note' 'title: x')
    broken 3:7 'unknown predicate "nwe"' < <(rule 'on: create-table' 'when: nwe($table)' 'severity: note' 'title: x')
    broken 4:10 'no pattern captures $tabel' < <(rule 'on: create-table' 'severity: note' 'title: "{tabel} x"')
    broken 3:17 '"[" is never closed' <<'YAML'
- form: ours
  title: OURS
  match: CREATE [ TABLE
  source: https://example.com
YAML
    broken 1:1 '"passes" is missing' < <(rule 'on: create-table' 'severity: note' 'title: x' | sed '/^passes/d')
}

@test "a folder that is not there" {
    run migrate lint --rules nowhere - <<<'SELECT 1;'
    [ "$status" -eq 2 ]
    [[ "$output" == *"nowhere"* ]]
}

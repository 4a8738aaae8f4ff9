load lib.bash

setup() { common_setup; }

@test "list and show" {
    run migrate rules list
    [ "$status" -eq 0 ]
    [[ "$output" == *"require-concurrent-index-creation"* ]]
    [ "$(migrate rules)" = "$output" ]
    run migrate rules list --json
    [ "$(jq '.rules | length' <<<"$output")" -ge 25 ]
    run migrate rules show require-concurrent-index-creation
    [ "$status" -eq 0 ]
    for part in Why Instead "Is found in" "Is not found in" Source "migrate:allow require-concurrent-index-creation"; do
        [[ "$output" == *"$part"* ]]
    done
}

@test "every rule and form in the list can be shown" {
    for id in $(migrate rules list --json | jq -r '.rules[].rule'); do
        migrate rules show "$id" >/dev/null
    done
    run migrate rules show create-index
    [[ "$output" == *"Matches"*"CREATE"*"Effects"*"lock SHARE"* ]]
}

@test "an unknown rule names the nearest" {
    run migrate rules show require-concurrent-index-cration
    [ "$status" -eq 2 ]
    [[ "$output" == *"did you mean require-concurrent-index-creation?"* ]]
    run migrate rules shwo
    [ "$status" -eq 2 ]
}

@test "the rulebook's own examples hold" {
    run migrate rules test
    [ "$status" -eq 0 ]
}

@test "rules of one's own are added, and tested" {
    write own/no-selects.yaml <<'YAML'
rule: no-cats
on: create-table
when: not temporary($table)
severity: error
title: no table for cats, such as {table}
why: because of the dogs
source: https://www.postgresql.org/docs/current/sql-createtable.html
fails:
  - CREATE TABLE cats (a int);
passes:
  - CREATE TEMPORARY TABLE cats (a int);
YAML
    write a.sql <<<'CREATE TABLE cats (a int);'
    run migrate lint --rules own a.sql
    [ "$status" -eq 1 ]
    [[ "$output" == *"no table for cats"* ]]
    run migrate rules test --rules own --only no-cats
    [ "$status" -eq 0 ]
    [[ "$output" == "0 forms, 1 rule, "*": 0 wrong" ]]
    sed -i 's/CREATE TEMPORARY TABLE cats/CREATE TABLE dogs/' own/no-selects.yaml
    run migrate rules test --rules own --only no-cats
    [ "$status" -eq 1 ]
    [[ "${lines[0]}" == *"own/no-selects.yaml:"*"no-cats: "* ]]
    [[ "${lines[-1]}" == *": 1 wrong" ]]
    run migrate rules test --only no-such-rule
    [ "$status" -eq 2 ]
}

@test "a broken rule file is exit 2 with its place" {
    write own/bad.yaml <<<'rule: [nonsense'
    run migrate lint --rules own -
    [ "$status" -eq 2 ]
    [[ "$output" == *"own/bad.yaml:"* ]]
}

@test "predicates are listed" {
    run migrate rules predicates
    [ "$status" -eq 0 ]
    [[ "$output" == *"in_transaction"* ]]
    [[ "$output" == *"partitions("* ]]
}

# migrate.yaml: where it is found, what wins, what is refused, and that its documents are made from the table.
load lib.bash

setup() {
    common_setup
    mkdir -p project/.git project/db project/sub/deep
    cd project
    printf 'DROP TABLE t;\nALTER TABLE u ALTER c TYPE text;\n' >db/1_drop.sql
    write db/rules/own.yaml <<'YAML'
- rule: own-rule
  on: drop-table
  severity: note
  title: a table goes
  why: it is gone
  fails: [ DROP TABLE t; ]
  passes: [ SELECT 1; ]
YAML
}

shown() { # KEY [OPTION…]: what --show-config says of it, blanks squeezed
    local key=$1
    shift
    migrate lint --show-config "$@" | sed -n "s/^$key  *//p" | tr -s ' '
}

refused() { # TEXT PLACE MESSAGE [HINT]: this file is refused at the place
    printf '%s\n' "$1" >bad.yaml
    run migrate lint --config bad.yaml db/1_drop.sql
    if [ "$status" -ne 2 ] || [[ "$output" != *"bad.yaml:$2: error: $3"* ]] || [[ "$output" != *"${4:-}"* ]]; then
        printf '%s\n' "$status" "$output"
        return 1
    fi
}

@test "the file is found from below, paths are seen from its folder" {
    printf 'dir: db\n' >migrate.yaml
    cd sub/deep
    run migrate lint
    [ "$status" -eq 1 ]
    [[ "$output" == ../../db/1_drop.sql:1:1:* ]]
    run migrate lint --no-config
    [ "$status" -eq 2 ]
    [[ "$output" == *"no folder of migrations"* ]]
}

@test "the search ends at a .git" {
    printf 'nonsense: 1\n' >../migrate.yaml
    run migrate lint db/1_drop.sql
    [ "$status" -eq 1 ]
    rmdir .git
    run migrate lint db/1_drop.sql
    [ "$status" -eq 2 ]
    [[ "$output" == *"../migrate.yaml:1:1: error: \"nonsense\" is not a key"* ]]
    [[ "$output" == *"--no-config"* ]]
}

@test "--config names a file, which must be there" {
    printf 'dir: ../db\n' >sub/other.yaml
    run migrate lint --config sub/other.yaml
    [ "$status" -eq 1 ]
    MIGRATE_CONFIG=sub/other.yaml run migrate lint
    [ "$status" -eq 1 ]
    run migrate lint --config none.yaml
    [ "$status" -eq 2 ]
    [[ "$output" == *"--config none.yaml: there is no such file"* ]]
}

@test "an empty file says nothing" {
    : >migrate.yaml
    run migrate lint db/1_drop.sql
    [ "$status" -eq 1 ]
}

@test "the command line wins over the environment, that over the file, its environment over the rest" {
    printf 'gate: note\ndir: [db, sub]\nenvironments:\n  p:\n    gate: warning\n    dir: db\n' >migrate.yaml
    [ "$(shown gate)" = "note migrate.yaml:1:7" ]
    [ "$(shown dir)" = "db, sub migrate.yaml:2:6" ]
    [ "$(shown gate --env p)" = "warning migrate.yaml:5:11, environment p" ]
    [ "$(shown dir --env p)" = "db migrate.yaml:6:10, environment p" ]
    [ "$(MIGRATE_ENV=p shown gate)" = "warning migrate.yaml:5:11, environment p" ]
    [ "$(MIGRATE_GATE=off shown gate --env p)" = "off MIGRATE_GATE" ]
    [ "$(MIGRATE_GATE=off shown gate --env p --gate error)" = "error --gate" ]
    [ "$(shown gate --no-config)" = "error default" ]
}

@test "the gate acts" {
    printf 'gate: off\n' >migrate.yaml
    run migrate lint db/1_drop.sql
    [ "$status" -eq 0 ]
    run migrate lint db/1_drop.sql --gate error
    [ "$status" -eq 1 ]
}

@test "severities act, by name and alias, and those of an environment go before" {
    printf 'rules:\n  severity:\n    ban-drop-table: error\nenvironments:\n  p: {rules: {severity: {ban-drop-table: off}}}\n' >migrate.yaml
    printf 'DROP TABLE t;\n' >drop.sql
    run migrate lint drop.sql
    [ "$status" -eq 1 ]
    [[ "$output" == *"1:1: error: "* ]]
    run migrate lint drop.sql --env p
    [ "$status" -eq 0 ]
    [[ "$output" == "0 errors, 0 warnings, 0 notes;"* ]]
    [ "$(shown rules.severity.ban-drop-table --env p)" = "off migrate.yaml:5:26, environment p" ]
}

@test "rules of the project's own, with a severity" {
    printf 'rules:\n  folders: db/rules\n  severity: {own-rule: error, ban-drop-table: off}\n' >migrate.yaml
    printf 'DROP TABLE t;\n' >drop.sql
    cd sub
    run migrate lint ../drop.sql
    [ "$status" -eq 1 ]
    [[ "$output" == *"1:1: error: a table goes"* ]]
}

@test "what is small" {
    printf 'CREATE INDEX i ON t (a);\n' >index.sql
    printf 'rules: {small_rows: 5, small_bytes: 6}\n' >migrate.yaml
    [ "$(shown rules.small_rows)" = "5 migrate.yaml:1:21" ]
    [ "$(shown rules.small_bytes)" = "6 migrate.yaml:1:37" ]
}

@test "the URL: variables in it, who goes before whom, never a password" {
    printf 'url: postgres://u:${PW}@top/d\nenvironments:\n  p: {url: "postgres://u:geheim@p/d"}\n  q: {gate: off}\n' >migrate.yaml
    run shown url
    [[ "$output" == *"the environment variable PW is not set"*"migrate.yaml:1:6" ]]
    [ "$(PW=geheim shown url)" = "postgres://u@top/d migrate.yaml:1:6" ]
    [ "$(DATABASE_URL=postgres://u:geheim@d/d shown url)" = "postgres://u@d/d DATABASE_URL" ]
    [ "$(DATABASE_URL=postgres://d/d shown url --env p)" = "postgres://u@p/d migrate.yaml:3:13, environment p" ]
    [ "$(DATABASE_URL=postgres://d/d shown url --env q)" = "postgres://d/d DATABASE_URL" ]
    # lint needs no database: what the URL lacks is none of its business
    run migrate lint db/1_drop.sql
    [ "$status" -eq 1 ]
    run migrate wait
    [ "$status" -eq 2 ]
    [[ "$output" == *"migrate.yaml:1:6: error: \"url\": the environment variable PW is not set"* ]]
}

@test "--env without such an environment is a variable with the URL" {
    printf 'environments: {prod: {gate: off}}\n' >migrate.yaml
    [ "$(OTHER=postgres://o/d shown url --env OTHER)" = "postgres://o/d environment variable OTHER" ]
    [ "$(prod=postgres://o/d shown url --env prod)" = "PG* variables libpq" ]
    run migrate lint --env pord
    [ "$status" -eq 2 ]
    [[ "$output" == *"--env pord: neither an environment of migrate.yaml nor an environment variable"* ]]
    [[ "$output" == *"did you mean --env prod?"* ]]
    run migrate lint --no-config --env pord
    [ "$status" -eq 2 ]
    [[ "$output" == *"--env pord: there is no such environment variable"* ]]
}

@test "a catalog of the file is for commands without a database" {
    printf 'catalog: none.db\n' >migrate.yaml
    run migrate lint db/1_drop.sql
    [ "$status" -ne 1 ]
    [[ "$output" == *none.db* ]]
    run migrate plan --dir db --url 'host=/nonexistent dbname=d'
    [[ "$output" != *none.db* ]]
    run migrate lint db/1_drop.sql --no-catalog
    [ "$status" -eq 1 ]
}

@test "what is wrong is refused with its place and a suggestion" {
    refused 'gat: error' 1:1 '"gat" is not a key' 'did you mean gate?'
    refused $'timeouts:\n  lok: 2s' 2:3 '"lok" is not a key of timeouts' 'did you mean lock?'
    refused 'lock: 2s' 1:1 '"lock" is not a key' 'did you mean timeouts.lock?'
    refused 'timeouts.lock: 2s' 1:1 '"timeouts.lock" is not a key'
    refused 'zzzzzz: 2s' 1:1 '"zzzzzz" is not a key' 'there are: url, '
    refused 'gate: eror' 1:7 'gate: "eror" is not one of error|warning|note|off' 'did you mean error?'
    refused 'gate: [a]' 1:7 '"gate" is to be one word or text, and is a list'
    refused 'dir: {a: b}' 1:6 '"dir" is to be text or a list of texts, and is a map'
    refused 'dir: [[a]]' 1:7 '"dir" is to be text or a list of texts, and is a list'
    refused 'dir:' 1:5 '"dir" is to be text or a list of texts, and is empty'
    refused 'timeouts: 3' 1:11 '"timeouts" is to be a map of keys, and is text'
    refused 'timeouts: {lock: soon}' 1:18 'timeouts.lock: "soon" is not a duration' 'write 200ms'
    refused 'server_version: 12' 1:17 'server_version: "12" is not a number from 13 to 18'
    refused 'layout: nativ' 1:9 'there is no layout "nativ"' 'did you mean native?'
    refused $'gate: note\ngate: off' 2:1 'key "gate" is there twice'
    refused '- gate' 1:1 'the file is to be a map of keys'
    refused 'environments: [a]' 1:15 '"environments" is to be a map of names, and is a list'
    refused 'environments: {a: {gate: x}}' 1:26 'gate: "x" is not one of'
    refused 'environments: {a: {environments: {}}}' 1:20 '"environments" is not a key'
    refused 'rules: {severity: off}' 1:19 '"rules.severity" is to be a map of rules'
    refused 'rules: {severity: {ban-drop-tabl: off}}' 1:20 'no rule is called "ban-drop-tabl"' 'did you mean ban-drop-table?'
    refused 'rules: {severity: {ban-drop-table: of}}' 1:36 'ban-drop-table: "of" is not one of' 'did you mean off?'
    refused 'environments: {a: {rules: {severity: {nosuch: off}}}}' 1:39 'no rule is called "nosuch"'
    refused 'x: &a 1' 1:4 'anchors are not read here'
    refused 'a: [' 2:1 'not YAML'
}

@test "help config names every key that lint --show-config shows" {
    printf 'rules: {severity: {ban-drop-table: off}}\n' >migrate.yaml
    migrate help config >help.txt
    for key in $(migrate lint --show-config | sed '1,/^$/d; s/ .*//; s/^\(rules.severity\)\..*/\1/'); do
        grep -q "^    $key: " help.txt || { echo "$key"; return 1; }
    done
    [ "$(grep -c '^        Default: ' help.txt)" -gt 10 ]
    awk 'length($0) > 90' help.txt | { ! grep .; }
}

@test "the example of help config is a good file" {
    migrate help config | sed -n '/^Example$/,/^$/s/^    //p' >migrate.yaml
    run migrate lint --env production db/1_drop.sql --no-rules
    grep -q '^environments:' migrate.yaml
    mkdir db/rules.d
    sed -i 's,db/rules$,db/rules.d,' migrate.yaml
    [ "$(shown server_version --env production)" = "16 migrate.yaml:13:21, environment production" ]
    [ "$(shown timeouts.lock_budget --env production)" = "5min migrate.yaml:9:16" ]
}

@test "man/migrate.yaml.5 and docs/migrate.schema.json are as the table makes them" {
    local top=$BATS_TEST_DIRNAME/../..
    migrate help config --format man | diff - "$top/man/migrate.yaml.5" ||
        { echo "make docs"; return 1; }
    migrate help config --format schema | diff - "$top/docs/migrate.schema.json" ||
        { echo "make docs"; return 1; }
    ! command -v mandoc >/dev/null || [ -z "$(mandoc -Tlint "$top/man/migrate.yaml.5" 2>/dev/null | grep -v 'referenced manual not found: Xr migrate')" ]
}

@test "the schema knows every key, in environments too" {
    migrate help config --format schema >schema.json
    for key in $(migrate help config | sed -n 's/^    \([a-z_]*\)\(\.[a-z_]*\)*: .*/\1/p'); do
        jq -e --arg k "$key" '.properties[$k]["$ref"] as $r | .properties.environments.additionalProperties.properties[$k]["$ref"] == $r
            and .definitions[$k] != null' schema.json >/dev/null || { echo "$key"; return 1; }
    done
    jq -e '.additionalProperties == false and .definitions.timeouts.additionalProperties == false' schema.json
    jq -e '.definitions.rules.properties.severity.additionalProperties.enum == ["error", "warning", "note", "off"]' schema.json
}

# A project with a past: --baseline, --write-baseline, --start-after.
load lib.bash

setup() {
    common_setup
    write m/1_a.sql <<<'CREATE INDEX i ON t (a); DROP TABLE q;'
    write m/2_b.sql <<<"DROP TABLE r; SELECT 1; CREATE INDEX j ON t (a); CREATE INDEX j ON t (a);"
}

base() { migrate lint --baseline base.json "$@"; }
rules() { jq -r '.findings[] | select(.suppressed | not) | .rule' | sort | paste -sd' '; }

@test "what is in the baseline does not count, what is new does" {
    run base m --write-baseline
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "0 errors, 0 warnings, 0 notes, 6 in the baseline; 6 statements in 2 files; 0 could not be read" ]
    [ "${lines[1]}" = "base.json: 6 findings, 6 new, 0 gone" ]
    run base m --gate note
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" = 1 ]
    write m/3_c.sql <<<'DROP TABLE r;'
    run base m --gate note
    [ "$status" -eq 1 ]
    [[ "${lines[0]}" == "m/3_c.sql:1:1: warning:"* ]]
    [[ "${lines[-1]}" == "0 errors, 1 warning, 0 notes, 6 in the baseline;"* ]]
    # One more of the same in an old file is new, too.
    echo 'CREATE INDEX j ON t (a);' >>m/2_b.sql
    [ "$(base m --format json | rules)" = "ban-drop-table require-concurrent-index-creation" ]
}

@test "entries survive moved lines, other folders to start from, and order of files" {
    base m --write-baseline
    cp base.json before.json
    printf -- '-- a comment\n\n\n' | cat - m/2_b.sql >x && mv x m/2_b.sql
    sed -i 's/CREATE INDEX j ON t/create   index j\n  on t/' m/2_b.sql
    base m --gate note
    (cd m && migrate lint --gate note --baseline ../base.json 2_b.sql 1_a.sql)
    (mkdir -p a/b && cd a/b && migrate lint --gate note --baseline ../../base.json ../../m)
    migrate lint --gate note --baseline "$PWD/base.json" "$PWD/m"
    base m --write-baseline
    cmp base.json before.json
}

@test "an entry that stands for nothing is a finding of the baseline" {
    base m --write-baseline
    write m/2_b.sql <<<'DROP TABLE r;'
    run base m --format json
    [ "$status" -eq 0 ]
    [ "$(jq -r '.findings[] | select(.suppressed | not) | "\(.file):\(.line) \(.rule)"' <<<"$output" | paste -sd' ')" = \
        "base.json:5 stale-baseline base.json:6 stale-baseline base.json:7 stale-baseline" ]
    [ "$(jq -c '[.summary.files, .summary.warnings, .summary.suppressed, .summary.baselined]' <<<"$output")" = "[2,3,3,3]" ]
    run base m --gate warning
    [ "$status" -eq 1 ]
    # Not of a file that was not judged.
    run base m/1_a.sql --gate note
    [ "$status" -eq 0 ]
    run base m --start-after 2 --gate note
    [ "$status" -eq 0 ]
    rm m/1_a.sql
    [ "$(base m --format json | rules)" = "stale-baseline stale-baseline stale-baseline stale-baseline stale-baseline" ]
    base m --write-baseline
    run base m --gate note
    [ "$status" -eq 0 ]
    [ "$(jq '.findings | length' base.json)" = 1 ]
}

@test "a rule that is not looked for leaves its entries alone" {
    write m/4_d.sql <<<'CREATE TABLE t (id int PRIMARY KEY);'
    base m --all-rules --write-baseline
    base m --gate note
    write migrate.yaml <<<$'rules:\n  severity:\n    ban-drop-table: off'
    base m --gate note
    write migrate.yaml <<<$'rules:\n  severity:\n    stale-baseline: error'
    echo 'SELECT 1;' >m/1_a.sql
    run base m
    [ "$status" -eq 1 ]
}

@test "writing after a look at one file keeps the entries of the others" {
    base m --write-baseline
    cp base.json before.json
    run base m/1_a.sql --write-baseline
    [[ "$output" == *"base.json: 6 findings, 0 new, 0 gone, 4 of files not judged now kept" ]]
    cmp base.json before.json
}

@test "nothing is written that does not say all" {
    printf 'SELECT \xff;\n' >m/3_c.sql
    run base m --write-baseline
    [ "$status" -eq 2 ]
    [[ "$output" == *"base.json is not written: not every file could be read"* ]]
    [ ! -e base.json ]
    run bash -c 'echo "DROP TABLE q" | "$MIGRATE_BIN" lint --baseline base.json --write-baseline -'
    [ "$status" -eq 2 ]
    run migrate lint m --write-baseline
    [ "$status" -eq 2 ]
    [[ "$output" == *"to which file?"* ]]
}

@test "what is no baseline is refused with its place" {
    run base m
    [ "$status" -eq 2 ]
    [[ "$output" == *"there is no baseline base.json"*"--write-baseline"* ]]
    for text in '{"schema":1,"findings":[' '[]' '{"schema":2,"findings":[]}' '{"schema":1,"findings":[{"file":"x"}]}' ''; do
        printf '%s' "$text" >base.json
        run base m
        echo "$text: $output"
        [ "$status" -eq 2 ]
        [[ "$output" == "base.json"*"no baseline of migrate lint"* ]]
        [[ "$output" != *"0 errors"* ]]
    done
    migrate lint m/1_a.sql --baseline base.json --no-baseline --gate off
}

@test "an allowed finding needs no entry; formats say why a finding does not count" {
    write m/5_e.sql <<<$'-- migrate:allow ban-drop-table because nobody reads it\nDROP TABLE s;'
    base m --write-baseline
    [ "$(grep -c 5_e base.json)" = 0 ]
    base m --format sarif >out.sarif
    "$BATS_TEST_DIRNAME/../lib/check-sarif" out.sarif
    [ "$(jq -r '[.runs[0].results[].suppressions[0].kind] | sort | unique_by(.) | join(" ")' out.sarif)" = "external inSource" ]
    [ "$(base m --format json | jq -r '[.findings[].suppressed.by] | unique | join(" ")')" = "baseline migrate" ]
    for format in github gitlab checkstyle markdown; do
        [[ "$(base m --format $format)" != *ban-drop-table* ]]
    done
    [[ "$(base m --verbose)" == *"warning (in the baseline): dropping"* ]]
}

@test "the key of migrate.yaml is seen from its folder" {
    write migrate.yaml <<<'baseline: ci/base.json'
    mkdir ci
    (cd m && migrate lint . --write-baseline)
    [ "$(jq -r '.findings[0].file' ci/base.json)" = ../m/1_a.sql ]
    (cd m && migrate lint --gate note 2_b.sql)
    migrate lint --show-config | grep -qE '^baseline +ci/base.json +migrate.yaml:1:11$'
}

@test "--start-after: earlier files are replayed and not judged" {
    write m/1_a.sql <<<'CREATE TABLE t (a int, b int NOT NULL); DROP TABLE q;'
    write m/2_b.sql <<<'ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL);'
    write m/10_c.sql <<<'ALTER TABLE t ALTER a SET NOT NULL;'
    run migrate lint m --start-after 9 --gate note
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "0 errors, 0 warnings, 0 notes; 1 statement in 1 file; 0 could not be read" ]
    [ "${lines[1]}" = "note: 2 files not judged: start_after is 9" ]
    run migrate lint m --start-after 1 --gate warning
    [ "$status" -eq 1 ]
    write migrate.yaml <<<'start_after: 002'
    run migrate lint m --gate note
    [ "$status" -eq 0 ]
    run migrate lint m --gate note --no-start-after
    [ "$status" -eq 1 ]
    run migrate lint m --start-after latest
    [ "$status" -eq 2 ]
    [[ "$output" == *'"latest" is not a version'* ]]
}

@test "a replayed file that cannot be read is told of" {
    printf 'SELECT \xff;\n' >m/3_c.sql
    write m/4_d.sql <<<'SELECT 1;'
    run migrate lint m/4_d.sql
    [ "$status" -eq 0 ]
    [[ "$output" == *"note: m/3_c.sql cannot be read, so what it does is not known"* ]]
}

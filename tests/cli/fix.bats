#!/usr/bin/env bats
# lint --fix and --diff: what they do to files. What they write is tried in tests/unit/rules/t_fix.c and on a server in tests/pg/fix.bats.

load lib
bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    mkdir m
    printf -- '-- migrate:up\nCREATE TABLE t (id int PRIMARY KEY, a int, b int);\n-- migrate:down\nDROP TABLE t;\n' >m/1_a.sql
    printf -- '-- migrate:up\n-- why\nCREATE INDEX i ON t (a);  -- behind\n-- migrate:down\nDROP INDEX CONCURRENTLY i;\n' >m/2_b.sql
    printf -- '-- migrate:up\r\nALTER TABLE t ADD COLUMN c int,\r\n\tADD CHECK (a > 0);\r\nCREATE INDEX IF NOT EXISTS j ON t (b);' >m/3_c.sql
}

@test "--diff is a patch that git applies, and changes nothing; the exit code is that of lint" {
    cp -r m before
    run -1 --separate-stderr migrate lint m --diff
    diff -r m before
    [[ "$stderr" == *"m/2_b.sql: 1 to fix, 0 left"* && "$stderr" == *"2 files would be written"* ]]
    [ "$(grep -c '^@@' <<<"$output")" = 2 ]
    migrate lint m --diff >p.diff 2>/dev/null || true
    git init -q . && git apply --check p.diff && git apply p.diff
    cp -r m applied
    rm -r m && mv before m
    migrate lint m --fix >/dev/null 2>&1 || true
    diff -r m applied
}

@test "--fix tells what it did and what it left, judges the result, and is done the second time" {
    run -1 --separate-stderr migrate lint m --fix
    [[ "$stderr" == *"m/2_b.sql: 1 fixed, 0 left"*"  3: require-concurrent-index-creation"* ]]
    [[ "$stderr" == *"  5: require-concurrent-index-creation left: IF NOT EXISTS would pass over"* && "$stderr" == *"2 files written"* ]]
    [[ "$output" == *"m/3_c.sql:5:1: error: "*"1 error, "* ]]
    [ "$(cat m/2_b.sql)" = "$(printf -- '-- migrate:up\n-- why\nCREATE INDEX CONCURRENTLY i ON t (a);  -- behind\n-- migrate:down\nDROP INDEX CONCURRENTLY i;')" ]
    cmp m/3_c.sql <(printf -- '-- migrate:up\r\nALTER TABLE t ADD COLUMN c int,\r\n\tADD CONSTRAINT t_a_check CHECK (a > 0) NOT VALID;\r\nALTER TABLE t VALIDATE CONSTRAINT t_a_check;\r\nCREATE INDEX IF NOT EXISTS j ON t (b);')
    cp -r m once
    run -1 --separate-stderr migrate lint m --fix
    [[ "$stderr" == *"0 fixed, 1 left"*"nothing to fix"* ]]
    diff -r m once
    [ -z "$(find . -name '*.tmp')" ]
}

@test "mode and links stay" {
    chmod 640 m/2_b.sql
    mkdir real && mv m/2_b.sql real/x.sql && ln -s ../real/x.sql m/2_b.sql
    run migrate lint m --fix
    [ -L m/2_b.sql ]
    [ "$(stat -c %a real/x.sql)" = 640 ]
    grep -q CONCURRENTLY real/x.sql
}

@test "a file that cannot be written is named, and is as it was" {
    [ "$(id -u)" != 0 ] || skip "root may write"
    chmod 400 m/2_b.sql
    run -71 migrate lint m --fix
    [[ "$output" == *m/2_b.sql* ]]
    ! grep -q 'INDEX CONCURRENTLY i ON' m/2_b.sql
}

@test "standard input, and what does not go together" {
    run -2 migrate lint --fix - <m/2_b.sql
    [[ "$output" == *"standard input cannot be fixed"* ]]
    run -2 migrate lint --diff --format json m
    run -2 migrate lint --diff --fix m
}

@test "what is allowed or in the baseline stays" {
    sed -i 's/^-- why/-- migrate:allow require-concurrent-index-creation because t is small/' m/2_b.sql
    migrate lint m --baseline b.json --write-baseline 2>/dev/null
    run -0 --separate-stderr migrate lint m --baseline b.json --fix
    [[ "$stderr" == *"nothing to fix"* ]]
}

@test "a file that the revision of --since has is not written, unless told" {
    git init -q . && git -c user.name=t -c user.email=t@t add -A && git -c user.name=t -c user.email=t@t commit -qm x
    printf -- "-- migrate:up\nCREATE INDEX k ON t (a, b);\n" >m/4_d.sql
    echo '-- more' >>m/2_b.sql
    run -1 --separate-stderr migrate lint m --since HEAD --fix
    [[ "$stderr" == *"m/2_b.sql: 0 fixed, 1 left"*"HEAD has the file"* && "$stderr" == *"m/4_d.sql: 1 fixed, 0 left"* ]]
    git diff --exit-code --stat m/3_c.sql
    run -0 --separate-stderr migrate lint m --since HEAD --fix --fix-applied
    [[ "$stderr" == *"m/2_b.sql: 1 fixed, 0 left"* ]]
}

@test "a fix that would be found fault with is not written" {
    mkdir rules
    cat >rules/no.yaml <<'Y'
rule: no-validate
on: validate-constraint
severity: error
title: we do not validate
why: because
source: https://example.org/
fails: [ ALTER TABLE t VALIDATE CONSTRAINT c; ]
passes: [ SELECT 1; ]
Y
    run -1 --separate-stderr migrate lint m --rules rules --fix
    [[ "$stderr" == *"constraint-missing-not-valid left: the safe form would be found fault with: no-validate"* ]]
    [[ "$stderr" == *"m/2_b.sql: 1 fixed"* ]]
}

@test "rules of one's own have fixes too" {
    mkdir rules
    cat >rules/own.yaml <<'Y'
rule: drop-if-exists
on: drop-table
when: not phrase(IF, EXISTS)
severity: error
title: say IF EXISTS
why: because
fix: DROP TABLE IF EXISTS {table};
source: https://example.org/
fails: [ DROP TABLE t; ]
passes: [ DROP TABLE IF EXISTS t; ]
Y
    migrate rules test --rules rules --only drop-if-exists
    echo 'drop table /* all of it */ t;' >m/4_d.sql
    run -1 --separate-stderr migrate lint m --rules rules --fix
    [ "$(cat m/4_d.sql)" = 'drop table if exists /* all of it */ t;' ]
    sed -i 's/^fix: .*/fix: { by: magic }/' rules/own.yaml
    run -2 migrate lint m --rules rules
    [[ "$output" == *"rules/own.yaml:7:"*'no fixer is called "magic"'* ]]
}

@test "json and sarif hold the edits that --fix makes" {
    migrate lint --gate off m/2_b.sql --format json >j
    [ "$(jq -c '.findings[0].fixes[0].edits' j)" = '[{"start":33,"end":33,"line":3,"column":13,"end_line":3,"end_column":13,"text":" CONCURRENTLY"}]' ]
    migrate lint --gate off m --format json | jq -e '[.findings[] | select(.fixes)] | length == 2' >/dev/null
    migrate lint --gate off m --format sarif >s.sarif
    "$BATS_TEST_DIRNAME/../lib/check-sarif" s.sarif
    [ "$(jq -c '[.runs[0].results[] | select(.fixes)] | length' s.sarif)" = 2 ]
    [ "$(jq -c '.runs[0].results[0].fixes[0].artifactChanges[0].replacements' s.sarif)" = \
        '[{"deletedRegion":{"startLine":3,"startColumn":13,"endLine":3,"endColumn":13},"insertedContent":{"text":" CONCURRENTLY"}}]' ]
}

@test "a new type by a second column goes back by it, too: down needs the directive as much as up" {
    printf -- '-- migrate:up\nALTER TABLE t ALTER COLUMN n TYPE bigint;\n-- migrate:down\nALTER TABLE t ALTER COLUMN n TYPE int;\n' >m/4_type.sql
    migrate lint m/4_type.sql --fix || true
    [ "$(cat m/4_type.sql)" = "$(printf -- '-- migrate:up\n-- migrate:shadow\nALTER TABLE t ALTER COLUMN n TYPE bigint;\n-- migrate:down\n-- migrate:shadow\nALTER TABLE t ALTER COLUMN n TYPE int;\n')" ]
}

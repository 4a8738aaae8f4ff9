# What `migrate lint --format` writes, read by programs that know nothing of migrate. With SARIF_SCHEMA=FILE, a copy of the
# schema that OASIS publishes (sarif-schema-2.1.0.json), SARIF is held against that, too.
load lib.bash

setup() {
    common_setup
    lib=$BATS_TEST_DIRNAME/../lib
    formats="text json github sarif gitlab junit checkstyle markdown"
}

# A folder with what goes wrong in formats: names, quotes, several lines, allowed findings, what cannot be read.
awkward() {
    write "m/1_a b's.sql" <<'SQL'
CREATE INDEX i ON o (c);
-- migrate:allow ban-drop-table because nobody "uses" <it>
DROP TABLE q;
-- migrate:allow no-such-rule because why
SELECT 1;
SQL
    write 'm/2_ü"<x>&%,a:b@me#1|`.sql' <<'SQL'
DROP TABLE "{0}](x)" /* ``` </details> ]]> */;
ALTER TABLE
    "日本" ADD COLUMN a int NOT NULL;
SQL
    write $'m/3_n\nl.sql' <<<'DROP TABLE "@bob #12";'
    write m/5_unreadable.sql <<<"ALTER TABLE \${table} ADD COLUMN a int; FROBNICATE 'x"
    write m/6_empty.sql <<<''
    printf 'SELECT \xff;\n' >m/4_bad.sql
}

lint() { migrate lint "$@" 2>/dev/null || true; }

@test "sarif is SARIF 2.1.0" {
    awkward
    for what in m ./m "$PWD/m" "m/3_n"$'\n'"l.sql" m/6_empty.sql; do
        lint --format sarif "$what" >out.sarif
        run "$lib/check-sarif" out.sarif
        echo "$what: $output"
        [ "$status" -eq 0 ]
    done
    echo 'DROP TABLE t' | lint --format sarif - >out.sarif
    "$lib/check-sarif" out.sarif
}

@test "check-sarif sees what is wrong" {
    awkward
    lint --format sarif m >out.sarif
    "$lib/check-sarif" out.sarif
    for change in '.runs[0].results[0].severity = "x"' 'del(.runs[0].tool)' '.runs[0].results[0].ruleIndex += 1' \
        '.runs[0].results[0].level = "fatal"' '.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri = "a b"' \
        '.runs[0].results[0].message.text = "{0}"' 'del(.runs[0].results[0].suppressions)'; do
        jq "$change" out.sarif >wrong.sarif
        run "$lib/check-sarif" wrong.sarif
        echo "$change: $output"
        [ "$status" -eq 1 ]
    done
}

@test "sarif: rules, suppressions, files, how it ended" {
    awkward
    lint --format sarif m >out.sarif
    [ "$(jq -r '.runs[0].results[] | select(.suppressions | length > 0) | .suppressions[0] | .kind + " " + .justification' out.sarif)" = \
        'inSource nobody "uses" <it>' ]
    [ "$(jq -r '.runs[0].invocations[0] | "\(.executionSuccessful) \(.exitCode) \(.toolExecutionNotifications[0].message.text)"' out.sarif)" = \
        "false 2 the byte 0xFF is not UTF-8" ]
    [ "$(jq -r '.runs[0].artifacts[].location.uri' out.sarif | paste -sd' ')" = \
        "m/1_a%20b%27s.sql m/2_%C3%BC%22%3Cx%3E%26%25%2Ca%3Ab%40me%231%7C%60.sql m/3_n%0Al.sql m/4_bad.sql m/5_unreadable.sql m/6_empty.sql" ]
    # The region of a statement over two lines begins and ends where it does, in characters.
    [ "$(jq -r '.runs[0].results[] | select(.locations[0].physicalLocation.region.snippet.text == "ADD COLUMN") |
        .locations[0].physicalLocation.region | "\(.startLine):\(.startColumn)-\(.endLine):\(.endColumn)"' out.sarif)" = "3:10-3:20" ]
    [ "$(jq '[.runs[0].tool.driver.rules[] | select(.help.text == null)] | length' out.sarif)" = 0 ]
    migrate lint --gate off "m/1_a b's.sql" --format sarif >out.sarif
    [ "$(jq -c '.runs[0].invocations[0]' out.sarif)" = '{"executionSuccessful":true,"exitCode":0}' ]
}

@test "gitlab: the documented keys, one fingerprint per finding" {
    awkward
    mkdir -p m/a m/b
    for folder in a b; do
        write m/$folder/up.sql <<<'DROP TABLE t; DROP TABLE t;'
    done
    lint --format gitlab m >out.json
    [ "$(jq 'length > 8' out.json)" = true ]
    jq -e 'all(.[]; (.description | length > 0) and (.check_name | length > 0) and (.fingerprint | test("^[0-9a-f]{64}$")) and
        ([.severity] | inside(["info", "minor", "major", "critical", "blocker"])) and (.location.path | startswith("m/")) and
        .location.lines.begin >= 1)' out.json
    [ "$(jq '[.[].fingerprint] | length == (unique | length)' out.json)" = true ]
    [ "$(jq '[.[] | select(.description | contains("public.q "))] | length' out.json)" = 0 ]
    cp out.json before.json
    # A fingerprint stays when lines move.
    printf '\n\n' | cat - "m/1_a b's.sql" >moved && mv moved "m/1_a b's.sql"
    lint --format gitlab ./m >out.json
    [ "$(jq -c '[.[].fingerprint]' out.json)" = "$(jq -c '[.[].fingerprint]' before.json)" ]
}

@test "junit and checkstyle are what their readers take" {
    awkward
    mkdir empty
    for format in junit checkstyle; do
        for what in m "m/3_n"$'\n'"l.sql" m/6_empty.sql empty; do
            lint --allow-empty --format $format "$what" >out.xml
            xmllint --noout --schema "$lib/$format.xsd" out.xml
        done
    done
    lint --format junit m >out.xml
    [ "$(xmllint --xpath 'concat(/testsuites/@tests, " ", /testsuites/@failures, " ", /testsuites/@errors)' out.xml)" = "6 2 1" ]
    [ "$(xmllint --xpath 'count(//testcase)' out.xml)" = 6 ]
    [ "$(xmllint --xpath 'count(//testcase[failure])' out.xml)" = 2 ]
    [ "$(xmllint --xpath 'string(//testcase[3]/@name)' out.xml)" = $'m/3_n\nl.sql' ]
    [[ "$(xmllint --xpath 'string(//testcase[2]/failure)' out.xml)" == *$'\n  3 |     "日本" ADD COLUMN a int NOT NULL'* ]]
    [[ "$(xmllint --xpath 'string(//testcase[2]/system-out)' out.xml)" == *'DROP TABLE "{0}](x)" /* ``` </details> ]]> */;'* ]]
    # What does not reach the gate fails no file.
    lint --format junit --gate off m >out.xml
    [ "$(xmllint --xpath 'count(//failure)' out.xml)" = 0 ]
    lint --format checkstyle m >out.xml
    [ "$(xmllint --xpath 'string(//file[3]/@name)' out.xml)" = $'m/3_n\nl.sql' ]
    [ "$(xmllint --xpath 'count(//file[4]/error[@severity="error"][@source="migrate.not-judged"])' out.xml)" = 1 ]
}

@test "github: one line per finding, unescaped to what it was" {
    awkward
    lint --format github m >out
    [ "$(grep -cvE '^::(error|warning|notice) file=[^:,]*,line=[0-9]+,(col=[0-9]+,)?(endLine=[0-9]+,)?(endColumn=[0-9]+,)?title=[a-z-]+::.+' out)" = 0 ]
    [ "$(wc -l <out)" -eq "$(lint --format json m | jq '[.findings[] | select(.suppressed | not)] + .failed | length')" ]
    # The runner's order: %25 last.
    sed -n 's/^::[a-z]* file=\([^,]*\),.*/\1/p' out | sed 's/%2C/,/g; s/%3A/:/g; s/%0D/\r/g; s/%0A/\n/g; s/%25/%/g' >names
    grep -qxF 'm/2_ü"<x>&%,a:b@me#1|`.sql' names
    grep -qxF 'm/3_n' names
}

@test "json holds every byte" {
    awkward
    lint --format json m >out.json
    [ "$(jq -r '.findings[].file' out.json | grep -cF 'm/2_ü"<x>&%,a:b@me#1|`.sql')" -gt 0 ]
    [ "$(jq -c '.failed' out.json)" = '[{"file":"m/4_bad.sql","message":"the byte 0xFF is not UTF-8"}]' ]
    [ "$(jq -r '.findings[] | select(.suppressed) | .suppressed.reason' out.json)" = 'nobody "uses" <it>' ]
}

@test "markdown: tables and folds close, nothing of the SQL is markup" {
    awkward
    lint --format markdown m >out.md
    [ "$(head -n 1 out.md)" = "<!-- migrate lint -->" ]
    [ "$(grep -c '^<details>$' out.md)" = "$(grep -c '^</details>$' out.md)" ]
    [ "$(grep -c '^| ' out.md)" -eq 6 ] # a head, and a row per file with something to tell
    [ "$(awk '/^````*/ { n++ } END { print n % 2 }' out.md)" = 0 ]
    grep -q 'could not be judged: the byte 0xFF is not UTF-8' out.md
    # Outside of code no "@" or "#" that would mention a person or an issue.
    sed '/^```*/,/^```*/d; s/<code>[^<]*<\/code>//g' out.md | grep -v '^### ' >words
    [ "$(grep -cE '[@#]([^<]|$)' words)" = 0 ]
}

@test "no findings" {
    write m/1_a.sql <<<'CREATE TABLE t (id bigint PRIMARY KEY);'
    for format in $formats; do
        migrate lint --format "$format" m >out.$format
    done
    "$lib/check-sarif" out.sarif
    [ "$(jq '.runs[0].results | length' out.sarif)" = 0 ]
    [ "$(jq -c . out.gitlab)" = "[]" ]
    [ "$(jq -c .findings out.json)" = "[]" ]
    [ "$(cat out.github)" = "" ]
    xmllint --noout --schema "$lib/junit.xsd" out.junit
    xmllint --noout --schema "$lib/checkstyle.xsd" out.checkstyle
    grep -qx '### migrate lint: nothing found' out.markdown
}

@test "the same bytes from the same input, no blanks at the end of a line" {
    awkward
    for format in $formats; do
        lint --format "$format" m >one
        lint --format "$format" m >two
        cmp one two
        [ "$(grep -cE '[[:blank:]]$' one)" = 0 ]
    done
}

@test "10,000 findings: nothing lost, a comment still fits and says what it leaves out" {
    mkdir m
    for i in $(seq 10); do
        seq 1000 | sed "s/.*/DROP TABLE t${i}_&;/" >"m/${i}_a.sql"
    done
    echo 'CREATE INDEX i ON o (c);' >m/11_b.sql
    [ "$(lint --format json m | jq '.findings | length')" = 10001 ]
    lint --format sarif m >out.sarif
    [ "$(jq '.runs[0].results | length' out.sarif)" = 10001 ]
    [ "$(jq '.runs[0].tool.driver.rules | length' out.sarif)" = 2 ]
    [ "$(lint --format gitlab m | jq '[.[].fingerprint] | unique | length')" = 10001 ]
    [ "$(lint --format github m | wc -l)" = 10001 ]
    [ "$(lint --format checkstyle m | xmllint --xpath 'count(//error)' -)" = 10001 ]
    [ "$(lint --format junit m | xmllint --huge --xpath 'count(//testcase)' -)" = 11 ]
    lint --format markdown m >out.md
    [ "$(wc -c <out.md)" -lt 65536 ]
    shown=$(grep -cE '^\*\*(error|warning|note)\*\*, line' out.md)
    [ "$shown" -gt 50 ]
    grep -q "^\*\*$((10001 - shown)) findings are not shown here\*\*" out.md
    # The one error comes last in the run, and is shown.
    grep -q '^\*\*error\*\*' out.md
    [ "$(grep -c '^<details>$' out.md)" = "$(grep -c '^</details>$' out.md)" ]
}

@test "markdown of very many files with long names" {
    long=$(printf 'x%.0s' $(seq 200))
    for i in $(seq 200); do
        write "m/${i}_$long.sql" <<<'DROP TABLE t;'
    done
    lint --format markdown m >out.md
    [ "$(wc -c <out.md)" -lt 65536 ]
    grep -qE '^Not in this table: [0-9]+ more files\.$' out.md
}

@test "colour: never in a pipe, asked for, and not with NO_COLOR on a terminal" {
    write a.sql <<<'DROP TABLE t;'
    [[ "$(lint a.sql)" != *$'\e'* ]]
    [[ "$(lint --color always a.sql)" == *$'\e['* ]]
    command -v script >/dev/null || skip "no script(1) for a terminal"
    [[ "$(TERM=xterm script -qec "$MIGRATE_BIN lint a.sql" /dev/null)" == *$'\e['* ]]
    [[ "$(TERM=xterm NO_COLOR=1 script -qec "$MIGRATE_BIN lint a.sql" /dev/null)" != *$'\e'* ]]
}

@test "patterns in quotes" {
    write m/a/1_a.sql <<<'DROP TABLE t;'
    write m/a/2_b.sql <<<'DROP TABLE t;'
    write m/b/c/1_c.sql <<<'DROP TABLE t;'
    write m/.git/3_d.sql <<<'DROP TABLE t;'
    write 'm/[x].sql' <<<'DROP TABLE t;'
    files() { migrate lint --format github "$@" | sed 's/.*file=\([^,]*\),.*/\1/' | paste -sd' '; }
    [ "$(files 'm/a/*.sql')" = "m/a/1_a.sql m/a/2_b.sql" ]
    [ "$(files 'm/**/1_?.sql')" = "m/a/1_a.sql m/b/c/1_c.sql" ]
    [ "$(files 'm/**/c/*.sql')" = "m/b/c/1_c.sql" ]
    [ "$(files 'm/**')" = "$(files m)" ]
    [ "$(files "$PWD/m/[ab]")" = "$PWD/m/a/1_a.sql $PWD/m/a/2_b.sql $PWD/m/b/c/1_c.sql" ]
    # What exists is no pattern.
    [ "$(files 'm/[x].sql')" = "m/[x].sql" ]
    run migrate lint 'm/*.psql' m
    [ "$status" -eq 2 ]
    [[ "$output" == *"nothing matches m/*.psql"* ]]
}

@test "--allow-empty: nothing to lint is fine, what is not there is not" {
    mkdir m
    run migrate lint --allow-empty m 'm/*.sql'
    [ "$status" -eq 0 ]
    [ "$output" = "0 errors, 0 warnings, 0 notes; 0 statements in 0 files; 0 could not be read" ]
    run migrate lint --allow-empty m missing.sql
    [ "$status" -eq 2 ]
    [[ "$output" == *"missing.sql"* ]]
}

@test "--stdin-filename: standard input as the file that it will be" {
    write m/1_t.sql <<<'CREATE TABLE t (a int, b int NOT NULL);'
    write m/2_c.sql <<<'ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL);'
    run bash -c 'echo "ALTER TABLE t ALTER a SET NOT NULL" | "$MIGRATE_BIN" lint --stdin-filename m/3_n.sql'
    [ "$status" -eq 0 ]
    # Without the constraint of the file before it.
    run bash -c 'echo "ALTER TABLE t ALTER a SET NOT NULL" | "$MIGRATE_BIN" lint --stdin-filename m/2_n.sql -'
    [ "$status" -eq 1 ]
    [[ "${lines[0]}" == "m/2_n.sql:1:"*": error:"* ]]
    run bash -c 'echo "DROP TABLE t" | "$MIGRATE_BIN" lint --stdin-filename new/1_n.sql --format github'
    [[ "$output" == "::warning file=new/1_n.sql,"* ]]
    run migrate lint --stdin-filename x.sql m
    [ "$status" -eq 2 ]
    [[ "$output" == *"- is not among the files"* ]]
}

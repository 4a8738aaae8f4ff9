# Input that is large or no SQL at all: a clear message, in bounded time and memory, and the rest is judged.
load lib.bash

setup() { common_setup; }

# bounded FILE ARGUMENT...: lint it in at most 2 s of CPU and 400 MB. What it wrote is in out, with the last line in last.
bounded() {
    local file=$1
    shift
    # The sanitizers need their own memory and time.
    if [ -n "${SAN:-}" ]; then
        run timeout 60 bash -c 'exec "$@" >out 2>&1' _ "$MIGRATE_BIN" lint "$@" "$file"
    else
        run bash -c 'ulimit -t 2 -v 400000; exec "$@" >out 2>&1' _ "$MIGRATE_BIN" lint "$@" "$file"
    fi
    last=$(tail -n 1 out | head -c 1000)
    [ "$status" -lt 3 ]
}
index='CREATE INDEX i ON t (a);'
found() { [ "$(grep -c "$1: error: index built without CONCURRENTLY" out)" = 1 ]; }

# repeat N TEXT: with its number for each &.
repeat() { seq "$1" | sed "s@.*@$2@" | tr -d '\n'; }

@test "a statement of 50 MB" {
    { printf "INSERT INTO t VALUES ('"; head -c 50000000 /dev/zero | tr '\0' x; printf "');\n%s\n" "$index"; } >a.sql
    bounded a.sql
    [ "$status" -eq 1 ]
    found a.sql:2:1
    [[ "$last" == *"2 statements in 1 file; 0 could not be read" ]]
    [ "$(wc -c <out)" -lt 5000 ]
}

@test "a statement of 12 MB with 2 million tokens" {
    { printf 'INSERT INTO t VALUES (0)'; repeat 600000 ",(&,'abc')"; printf ';\n%s\n' "$index"; } >a.sql
    bounded a.sql
    [ "$status" -eq 1 ]
    found a.sql:2:1
}

@test "10,000 actions in one ALTER" {
    { printf 'ALTER TABLE t ADD COLUMN c int'; repeat 10000 ', ADD COLUMN c& int NOT NULL DEFAULT 0'; printf ';\n%s\n' "$index"; } >a.sql
    bounded a.sql
    [ "$status" -eq 1 ]
    found a.sql:2:1
    { printf 'CREATE TABLE n (c int);\nALTER TABLE n ALTER c TYPE bigint'; repeat 10000 ', ALTER c& TYPE bigint'; printf ';\n%s\n' "$index"; } >a.sql
    bounded a.sql
    found a.sql:3:1
}

@test "10,000 actions with a finding each, in text and JSON" {
    { printf 'ALTER TABLE t ADD CHECK (a > 0)'; repeat 10000 ', ADD CONSTRAINT c& CHECK (a > &)'; printf ';\n'; } >a.sql
    bounded a.sql
    [ "$status" -eq 1 ]
    [[ "$last" == "10001 errors,"* ]]
    { printf 'ALTER TABLE t ADD CHECK (a > 0)'; repeat 3000 ', ADD CONSTRAINT c& CHECK (a > &)'; printf ';\n'; } >a.sql
    bounded a.sql --format json
    [ "$(wc -c <out)" -lt 8000000 ]
    # The source stands there once, and begins each.
    run jq -c '[.summary.errors, (.findings | length), ([.findings[].fingerprint] | unique | length),
        ([.findings[].statement | length] | max > 60000, (sort | .[-2] <= 1024))]' out
    [ "$output" = "[3001,3001,3001,true,true]" ]
}

@test "a long name is found in its own action" {
    long=$(printf 'x%.0s' {1..70})
    write a.sql <<<"ALTER TABLE t ADD COLUMN a int, ADD COLUMN $long int, ADD COLUMN b int;"
    run migrate lint a.sql --gate off
    [ "$(grep -c 'longer than 63 bytes' <<<"$output")" = 1 ]
    [[ "$output" == *"a.sql:1:33: warning: a name here is longer"* ]]
    write a.sql <<<"ALTER TABLE $long ADD COLUMN a int, ADD COLUMN b int;"
    run migrate lint a.sql --gate off
    [ "$(grep -c 'longer than 63 bytes' <<<"$output")" = 1 ]
}

@test "prose is no SQL: unreadable, and said" {
    for line in "Dear all, this isn't SQL; it's a letter (not closed." "TODO ask Anna" "<html><body>404</body></html>"; do
        yes "$line" | head -n 2000 >a.sql
        bounded a.sql
        [[ "$last" =~ [1-9][0-9]*\ could\ not\ be\ read ]]
    done
    { echo 'FROBNICATE THE TABLE;'; echo "$index"; } >a.sql
    bounded a.sql
    [ "$status" -eq 1 ]
    grep -q "^a.sql:1:1: note: no form of the rulebook covers this statement" out
    found a.sql:2:1
}

@test "bytes that are no text are refused with their place, the other files are judged" {
    echo "$index" >b.sql
    printf 'SELECT 1;\n\0\0' >nul.sql
    printf '\377\376S\0E\0L\0' >utf16.sql
    printf 'SELECT 1;\n-- \344\n' >latin1.sql
    head -c 300000 "$MIGRATE_BIN" >program.sql
    for file in nul.sql:2:1 utf16.sql:1:1 latin1.sql:2:4 program.sql:1:; do
        bounded b.sql "${file%%:*}"
        [ "$status" -eq 2 ]
        grep -q "^$file.*: error: " out
        found b.sql:1:1
    done
}

@test "what never ends, and what nests" {
    for text in '/*' '(' "'" '"' '$a$' '[' 'CASE '; do
        { echo "$index"; repeat 100001 "$text"; } >a.sql
        bounded a.sql
        found a.sql:1:1
        [[ "$last" =~ [1-9][0-9]*\ could\ not\ be\ read || "$text" == "'" || "$text" == '"' ]] || { echo "$text: $last"; return 1; }
    done
    { printf 'SELECT '; repeat 200000 '('; printf 1; repeat 200000 ')'; printf ';\n%s\n' "$index"; } >a.sql
    bounded a.sql
    found a.sql:2:1
    { repeat 200000 '/*'; repeat 200000 '*/'; printf '\n%s\n' "$index"; } >a.sql
    bounded a.sql
    found a.sql:2:1
    { printf 'DO $$ BEGIN '; repeat 20000 'IF a THEN '; repeat 20000 'END IF; '; printf 'END $$;\n%s\n' "$index"; } >a.sql
    bounded a.sql
    found a.sql:2:1
}

@test "lists without end: columns, tables, names, empty statements" {
    { printf 'CREATE TABLE n (a int'; repeat 20000 ', c& int CHECK (c& > 0) REFERENCES p'; printf ');\n%s\n' "$index"; } >a.sql
    bounded a.sql
    found a.sql:2:1
    { printf 'DROP TABLE a'; repeat 50000 ', t&'; printf ';\n%s\n' "$index"; } >a.sql
    bounded a.sql
    found a.sql:2:1
    { printf 'CREATE INDEX i ON '; repeat 100000 'a.'; printf 't (a);\n%s\n' "$index"; } >a.sql
    bounded a.sql
    found a.sql:2:1
    { repeat 1000000 ';'; printf '\n%s\n' "$index"; } >a.sql
    bounded a.sql
    found a.sql:2:1
}

@test "rules that backtrack are given up on, and said" {
    { printf 'LOCK '; repeat 20000 'a '; repeat 1000 '(1) '; printf ';\n%s\n' "$index"; } >a.sql
    mkdir own
    for match in 'LOCK { … a }* … ( … ) … ( … ) … zz' 'LOCK { $a | $b | a }* zz' 'LOCK … a … a … a … a … a … zz' \
        'LOCK { { a | $b }* { a | $c }* }* zz'; do
        printf -- '- form: ours\n  title: OURS\n  match: %s\n  source: https://example.com\n' "$match" >own/f.yaml
        bounded a.sql --rules own
        [ "$status" -eq 1 ]
        grep -q "^a.sql:1:1: note: this statement cannot be read: it is too involved to be matched within bounds" out
        found a.sql:2:1
    done
}

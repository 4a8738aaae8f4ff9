load lib.bash

setup() { common_setup; }

@test "a finding names place, lock and the safe way; exit 1 at the gate" {
    write m/20260101000000_a.sql <<'SQL'
-- migrate:up
CREATE INDEX orders_customer_idx ON app.orders (customer_id);
-- migrate:down
DROP INDEX CONCURRENTLY app.orders_customer_idx;
SQL
    run migrate lint m
    [ "$status" -eq 1 ]
    [[ "${lines[0]}" == "m/20260101000000_a.sql:2:1: error: "*"app.orders"* ]]
    [ "${lines[1]}" = "  2 | CREATE INDEX orders_customer_idx ON app.orders (customer_id);" ]
    [[ "${lines[2]}" == "    | ^"*"SHARE lock on app.orders"* ]]
    [[ "$output" == *"CREATE INDEX CONCURRENTLY orders_customer_idx ON app.orders (customer_id);"* ]]
    [[ "$output" == *"rule require-concurrent-index-creation"* ]]
    [[ "${lines[-1]}" == "1 error, 0 warnings, 0 notes; 2 statements in 1 file; 0 could not be read" ]]
}

@test "gate" {
    write a.sql <<<'DROP TABLE t;'
    run migrate lint a.sql
    [ "$status" -eq 0 ]
    [[ "$output" == *"warning:"* ]]
    run migrate lint --gate warning a.sql
    [ "$status" -eq 1 ]
    write b.sql <<<'CREATE INDEX i ON t (a);'
    run migrate lint --gate off b.sql
    [ "$status" -eq 0 ]
}

@test "earlier versions of the folder are replayed, whatever order files are named in" {
    write m/9_t.sql <<<'CREATE TABLE t (a int NOT NULL, b int);'
    write m/10_c.sql <<<'ALTER TABLE t ADD CONSTRAINT t_b CHECK (b IS NOT NULL) NOT VALID;'
    write m/11_v.sql <<<'ALTER TABLE t VALIDATE CONSTRAINT t_b;'
    write m/12_n.sql <<<'ALTER TABLE t ALTER b SET NOT NULL;'
    run migrate explain --json --after m/9_t.sql 'ALTER TABLE t ALTER b SET NOT NULL'
    [[ "$output" == *'"scan":["public.t"]'* ]]
    run migrate lint m/12_n.sql
    [ "$status" -eq 0 ]
    [[ "${lines[-1]}" == *"1 statement in 1 file"* ]]
    rm m/11_v.sql
    run migrate lint m/12_n.sql
    [ "$status" -eq 1 ]
}

@test "standard input" {
    run bash -c 'echo "CREATE INDEX i ON t (a)" | "$MIGRATE_BIN" lint -'
    [ "$status" -eq 1 ]
    [[ "${lines[0]}" == "stdin:1:1: error:"* ]]
}

@test "folders are searched at any depth, hidden ones and loops of links passed over" {
    write m/x/1_a.up.sql <<<'CREATE INDEX i ON t (a);'
    write m/x/1_a.down.sql <<<'DROP INDEX i;'
    write m/x/readme.txt <<<'no'
    write m/.git/2_b.sql <<<'DROP TABLE t;'
    run migrate lint m
    [[ "${lines[-1]}" == *"2 statements in 2 files"* ]]
    ln -s .. m/x/loop
    run migrate lint m
    [[ "${lines[-1]}" == *"2 statements in 2 files"* ]]
}

@test "many operands of one folder: files, folders, links, and what is not there" {
    local i
    for i in 1 2 3 4 5; do
        write "m/${i}_f.sql" <<<"CREATE TABLE t$i (a int NOT NULL);"
    done
    write m/sub/1_s.sql <<<'DROP TABLE s;'
    write other.sql <<<'DROP TABLE o;'
    ln -s ../other.sql m/6_link.sql
    ln -s nowhere m/7_lost.sql
    run migrate lint --gate off m/1_f.sql m/2_f.sql m/3_f.sql m/5_f.sql m/5_f.sql m/sub m/6_link.sql
    [ "$status" -eq 0 ]
    [[ "${lines[-1]}" == *"6 statements in 6 files"* ]]
    run migrate lint m/1_f.sql m/2_f.sql m/3_f.sql m/7_lost.sql
    [ "$status" -eq 2 ]
    [[ "$output" == *"cannot read m/7_lost.sql: No such file"* ]]
    run migrate lint m/1_f.sql m/2_f.sql m/3_f.sql m/8_gone.sql
    [ "$status" -eq 2 ]
    [[ "$output" == *"cannot read m/8_gone.sql: No such file"* ]]
    write m/6_last.sql <<<'ALTER TABLE t4 ALTER a SET NOT NULL;'
    run migrate lint m/1_f.sql m/2_f.sql m/3_f.sql m/6_last.sql
    [ "$status" -eq 0 ] # 4_f.sql was not named, but replayed
}

@test "nothing to lint is exit 2" {
    mkdir m
    run migrate lint m
    [ "$status" -eq 2 ]
    [[ "$output" == *"no file to lint"* ]]
    run migrate lint missing.sql
    [ "$status" -eq 2 ]
    [[ "$output" == *"missing.sql"* ]]
    run migrate lint
    [ "$status" -eq 2 ]
    [[ "$output" == *"no folder of migrations"* ]]
}

@test "one bad file does not hide the others" {
    write m/1_a.sql <<<'CREATE INDEX i ON t (a);'
    printf 'SELECT \xff;\n' >m/2_b.sql
    write m/3_c.sql <<<'DROP TABLE t;'
    run migrate lint m
    [ "$status" -eq 2 ]
    [[ "$output" == *"m/2_b.sql:1:8: error: the byte 0xFF is not UTF-8"* ]]
    [[ "$output" == *"m/1_a.sql:1:1: error"* ]]
    [[ "$output" == *"m/3_c.sql:1:1: warning"* ]]
}

@test "allowed by a comment with a reason" {
    write a.sql <<'SQL'
-- migrate:allow require-concurrent-index-creation because the table is only read at night
CREATE INDEX i ON t (a);
SQL
    run migrate lint a.sql
    [ "$status" -eq 0 ]
    [[ "${lines[-1]}" == "0 errors, 0 warnings, 0 notes, 1 allowed;"* ]]
    run migrate lint --format json a.sql
    [ "$(jq -r '.findings[0].suppressed.by' <<<"$output")" = migrate ]
    [ "$(jq -r '.summary.suppressed' <<<"$output")" = 1 ]
}

@test "JSON is one document, with nothing beside it" {
    write a.sql <<<'CREATE INDEX i ON t (a); DROP TABLE "ü";'
    run migrate lint --format json a.sql
    [ "$status" -eq 1 ]
    [ "$(jq -r '.schema, .summary.errors, .summary.statements' <<<"$output" | paste -sd' ')" = "1 1 2" ]
    [ "$(jq -r '.findings[0] | .rule, .line, .column, .locks[0].mode, .locks[0].blocks, .relations[0]' <<<"$output" | paste -sd' ')" = \
        "require-concurrent-index-creation 1 1 SHARE writes public.t" ]
    [[ "$(jq -r '.findings[0].fingerprint' <<<"$output")" =~ ^[0-9a-f]{32}$ ]]
    [ "$(jq -r '.findings[1].locks[0].relation' <<<"$output")" = 'public."ü"' ]
}

@test "GitHub annotations" {
    write a.sql <<<'CREATE INDEX i ON t (a);'
    run migrate lint --format github a.sql
    [[ "${lines[0]}" == "::error file=a.sql,line=1,col=1,"*"title=require-concurrent-index-creation::"* ]]
}

@test "the layout can be said: plain takes a file whole" {
    write m/1_a.sql <<'SQL'
-- migrate:up
SELECT 1;
-- migrate:down
DROP TABLE t;
SQL
    run migrate lint --parts up m
    [[ "${lines[-1]}" == *"1 statement in 1 file"* ]]
    run migrate lint --layout plain --parts up m
    [[ "${lines[-1]}" == *"2 statements in 1 file"* ]]
    run migrate lint --layout nonsense m
    [ "$status" -eq 2 ]
    [[ "$output" == *"there are: native"* ]]
}

@test "colour only when asked, or on a terminal" {
    write a.sql <<<'DROP TABLE t;'
    run migrate lint a.sql
    [[ "$output" != *$'\e'* ]]
    run migrate lint --color always a.sql
    [[ "$output" == *$'\e['* ]]
}

@test "the same input gives the same output" {
    for i in 1 2 3 4 5; do write "m/${i}_x.sql" <<<"CREATE TABLE t$i (a int); CREATE INDEX ON u$i (a); DROP TABLE v$i;"; done
    [ "$(migrate lint m || true)" = "$(migrate lint m || true)" ]
    [ "$(migrate lint m || true)" = "$(migrate lint m/5_x.sql m/4_x.sql m/3_x.sql m/2_x.sql m/1_x.sql || true)" ]
}

@test "a folder without rights" {
    mkdir locked
    chmod 0 locked
    if [ "$(id -u)" = 0 ]; then
        chmod a+rx "$BATS_TEST_TMPDIR" 2>/dev/null
        run setpriv --reuid=nobody --clear-groups "$MIGRATE_BIN" lint locked
        [[ "$status" -ne 127 && "$output" != *"No such file"* ]] || skip "nobody cannot reach this folder"
    else
        run migrate lint locked
    fi
    [ "$status" -eq 71 ]
    [[ "$output" == *"locked"*"Permission denied"* ]]
}

@test "what only later files settle is told when all are judged" {
    write m/1_a.sql <<'SQL'
ALTER TABLE t ADD CONSTRAINT a CHECK (x > 0) NOT VALID;
ALTER TABLE t ADD CONSTRAINT b CHECK (x > 0) NOT VALID;
SQL
    write m/2_b.sql <<<'ALTER TABLE t VALIDATE CONSTRAINT b;'
    run migrate lint --gate note m
    [ "$status" -eq 1 ]
    [[ "${lines[0]}" == "m/1_a.sql:1:1: note: a of "* ]] || [[ "${lines[0]}" == "m/1_a.sql:1:"*": note: a of "* ]]
    [[ "${lines[-1]}" == "0 errors, 0 warnings, 1 note; 3 statements in 2 files; "* ]]
    write m/3_c.sql <<<'ALTER TABLE t VALIDATE CONSTRAINT a;'
    run migrate lint --gate note m
    [ "$status" -eq 0 ]
}

@test "what a managed service refuses, when it is said to be one" {
    write a.sql <<<"ALTER SYSTEM SET work_mem = '64MB';"
    run migrate lint a.sql
    [ "$status" -eq 0 ]
    run migrate lint --platform aurora a.sql
    [ "$status" -eq 1 ]
    [[ "$output" == *"rule rds-alter-system"* ]]
}

@test "allowed within a DO block, statement by statement" {
    write a.sql <<'SQL'
DO $$
DECLARE x int;
BEGIN
    -- migrate:allow ban-drop-table because nobody uses it
    DROP TABLE a;
    DROP TABLE b;
    IF x > 1 THEN
        /* migrate:allow ban-drop-table because c and d are new */
        EXECUTE 'DROP TABLE c; DROP TABLE d';
    END IF;
    -- migrate:allow ban-drop-column because why
    SELECT 1 INTO x;
    -- squawk-ignore ban-drop-table
    DROP TABLE e;
END $$;
DROP TABLE f;
SQL
    [ "$(migrate lint --format json a.sql | jq -r '.findings[] | select(.suppressed | not) | select(.severity != "note") | "\(.line) \(.rule)"' | paste -sd';')" = \
        "6 ban-drop-table;11 unused-allow;16 ban-drop-table" ]
    [ "$(migrate lint --format json a.sql | jq '.summary.suppressed')" = 4 ]
    printf 'DO $$ BEGIN\n-- migrate:backfill\nUPDATE t SET a = 1; END $$;' >b.sql
    run migrate lint b.sql
    [ "$status" -eq 2 ]
    [[ "$output" == *"b.sql:2:4: error: migrate:backfill within a DO block"* ]]
    printf 'DO $$ BEGIN\n-- migrate:alow x because y\nUPDATE t SET a = 1; END $$;' >b.sql
    run migrate lint b.sql
    [[ "$status" -eq 2 && "$output" == *"b.sql:2:4: error: unknown directive"* ]]
}

@test "the schema for editors names every rule, the program's own too" {
    schema=$BATS_TEST_DIRNAME/../../docs/migrate.schema.json
    ids=$(jq -r '.definitions.rules.properties.severity.properties | keys[]' "$schema")
    for id in $(migrate rules list --json | jq -r '.rules[].rule') stale-baseline refused-by-up unused-allow; do
        grep -qx "$id" <<<"$ids"
        migrate rules show "$id" >/dev/null
    done
    [ "$(wc -l <<<"$ids")" -gt 100 ]
}

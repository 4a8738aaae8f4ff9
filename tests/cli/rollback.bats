# What undoes a migration is judged as that, in the layouts of all tools; and files are ordered as those tools order them.
load lib.bash

setup() { common_setup; }

found() { migrate lint --gate off --quiet --format json "$@" | jq -r '.findings[] | "\(.file | split("/") | last):\(.line) \(.part // "up") \(.rule)"'; }

@test "a down part: what the up part made may go, locks are told of, other losses too" {
    write m/1_a.sql <<'SQL'
-- migrate:up
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, a int);
CREATE TABLE u (id int);
CREATE VIEW w AS SELECT id FROM u;
ALTER TABLE legacy ADD COLUMN b int;
-- migrate:down
ALTER TABLE legacy DROP COLUMN b;
ALTER TABLE legacy DROP COLUMN c;
DROP VIEW w;
DROP TABLE s.t, u;
DROP SCHEMA s;
DROP SCHEMA other;
DROP TABLE x;
SQL
    write m/2_i.sql <<'SQL'
-- migrate:up
CREATE INDEX CONCURRENTLY i ON s.t (a);
-- migrate:down
DROP INDEX s.i;
SQL
    write m/3_own.sql <<'SQL'
-- migrate:up
CREATE TABLE own (a int);
CREATE INDEX own_a ON own (a);
-- migrate:down
DROP INDEX own_a;
DROP TABLE own;
SQL
    [ "$(found m)" = "1_a.sql:9 down ban-drop-column
1_a.sql:13 down ban-drop-schema
1_a.sql:14 down ban-drop-table
2_i.sql:4 down require-concurrent-index-deletion" ]
    run migrate lint m
    [[ "$output" == *"m/1_a.sql:14:1: warning: rollback: dropping public.x"* ]]
    [[ "${lines[-1]}" == *"; 18 statements in 3 files;"* ]]
    [ "$(found --parts up m)" = "" ]
    [ "$(found --parts down m | wc -l)" = 4 ]
}

@test "what a rollback does is not what the next file builds on" {
    write m/1_a.sql <<'SQL'
-- migrate:up
CREATE TABLE t (a int, CONSTRAINT c CHECK (a IS NOT NULL));
-- migrate:down
DROP TABLE t;
SQL
    write m/2_b.sql <<'SQL'
-- migrate:up
ALTER TABLE t ALTER a SET NOT NULL;
ALTER TABLE t DROP CONSTRAINT c;
-- migrate:down
ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;
ALTER TABLE t VALIDATE CONSTRAINT c;
ALTER TABLE t ALTER a DROP NOT NULL;
SQL
    write m/3_c.sql <<'SQL'
-- migrate:up
ALTER TABLE t ADD CONSTRAINT t_pk PRIMARY KEY (a);
-- migrate:down
ALTER TABLE t DROP CONSTRAINT t_pk;
SQL
    # c proves what the second needs, though the first one's rollback took the table away; it is not there in the third.
    [ "$(found m)" = "3_c.sql:2 up adding-primary-key" ]
}

@test "allow comments of a down part, and the file's" {
    write m/1_a.sql <<'SQL'
-- migrate:allow-file ban-drop-table because both ways are known
-- migrate:up
DROP TABLE p;
-- migrate:down
-- migrate:allow require-concurrent-index-deletion because the table is small
DROP INDEX i;
DROP TABLE q;
SQL
    run migrate lint --gate note m
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"3 allowed"* ]]
}

@test "one statement in both parts has two fingerprints" {
    write m/1_a.sql <<'SQL'
-- migrate:up
DROP INDEX i;
-- migrate:down
DROP INDEX i;
SQL
    [ "$(migrate lint m --format json | jq '[.findings[].fingerprint] | unique | length')" = 2 ]
    migrate lint m --baseline b.json --write-baseline
    migrate lint m --baseline b.json --gate note
}

@test "pairs of files: golang-migrate, sqlx" {
    write m/1_a.up.sql <<<'CREATE TABLE t (a int);'
    write m/1_a.down.sql <<<'DROP TABLE t; DROP TABLE u;'
    write m/10_b.up.sql <<<'ALTER TABLE t ADD b int;'
    write m/10_b.down.sql <<<'ALTER TABLE t DROP b; ALTER TABLE t DROP a;'
    want="1_a.down.sql:1 down ban-drop-table
10_b.down.sql:1 down ban-drop-column"
    [ "$(found m)" = "$want" ]
    [ "$(found m/10_b.down.sql m/1_a.down.sql)" = "$want" ]
    write n/init.up.sql <<<'CREATE TABLE t (a int);'
    write n/init.down.sql <<<'DROP TABLE t;'
    [ "$(found n)" = "" ]
}

@test "folders of migrations: Diesel, Prisma" {
    write d/2019-01-01-000000_a/up.sql <<<'CREATE TABLE t (a int, CHECK (a IS NOT NULL));'
    write d/2019-01-01-000000_a/down.sql <<<'DROP TABLE t; DROP TABLE u;'
    write d/2020-01-01-000000_b/up.sql <<<'ALTER TABLE t ALTER a SET NOT NULL;'
    write d/2020-01-01-000000_b/down.sql <<<'ALTER TABLE t ALTER a DROP NOT NULL;'
    [ "$(found d)" = "down.sql:1 down ban-drop-table" ]
    [ "$(found d/2020-01-01-000000_b/up.sql)" = "" ]
    [ "$(found d/2020-01-01-000000_b)" = "" ]
    write p/20190101000000_a/migration.sql <<<'CREATE TABLE t (a int, CHECK (a IS NOT NULL));'
    write p/20200101000000_b/migration.sql <<<'ALTER TABLE t ALTER a SET NOT NULL;'
    [ "$(found p)" = "" ]
    [ "$(found p/20200101000000_b/migration.sql)" = "" ]
}

@test "Flyway: versions are numbers, undo files, repeatable ones come last" {
    write f/V1__a.sql <<<'CREATE TABLE t (a int, CHECK (a IS NOT NULL));'
    write f/U1__a.sql <<<'DROP TABLE t; DROP TABLE u;'
    write f/V1_2__b.sql <<<'CREATE TABLE late (a int);'
    write f/V1.10__c.sql <<<'ALTER TABLE t ALTER a SET NOT NULL;'
    write f/R__v.sql <<<'CREATE OR REPLACE VIEW v AS SELECT a FROM late;'
    [ "$(found f)" = "U1__a.sql:1 down ban-drop-table" ]
    [ "$(found f/V1.10__c.sql f/R__v.sql)" = "" ]
}

@test "sections: goose, sql-migrate, node-pg-migrate, tern; a runner that does not know them reads on" {
    sections() { printf '%s\nCREATE TABLE t (a int);\n%s\nDROP TABLE t;\nDROP TABLE x;\n' "$1" "$2" >a.sql; }
    for tool in '+goose Up|+goose Down' '+migrate Up|+migrate Down notransaction' 'Up Migration|Down Migration' '|-- create above / drop below ----'; do
        sections "-- ${tool%|*}" "-- ${tool#*|}"
        echo "$tool: $(found a.sql)"
        [ "$(found a.sql)" = "a.sql:5 down ban-drop-table" ]
    done
    sections '-- +goose Up' '-- +goose Down'
    [ "$(found --runner goose a.sql | grep drop)" = "a.sql:5 down ban-drop-table" ]
    [ "$(found --runner psql a.sql)" = "a.sql:5 up ban-drop-table" ]
    # Words in a string or a function body are no such line.
    printf "SELECT '\n-- +goose Down\n';\nDROP TABLE x;\n" >a.sql
    [ "$(found a.sql)" = "a.sql:4 up ban-drop-table" ]
    printf -- '-- +goose Down\nDROP TABLE t;\n-- +goose Up\nCREATE TABLE t (a int);\nDROP TABLE y;\n' >a.sql
    [ "$(found a.sql)" = "a.sql:5 up ban-drop-table" ]
}

@test "Sqitch: deployed by its plan, reverted on top of it, checks passed over" {
    write s/sqitch.plan <<<$'%project=x\n\nb 2020-01-01T00:00:00Z me <m@x>\na [b] 2020-01-01T00:00:00Z me <m@x>\n@tag 2020'
    write s/deploy/b.sql <<<'CREATE TABLE t (a int, CHECK (a IS NOT NULL));'
    write s/deploy/a.sql <<<'ALTER TABLE t ALTER a SET NOT NULL;'
    write s/revert/b.sql <<<'DROP TABLE t; DROP TABLE u;'
    write s/verify/b.sql <<<'BEGIN; SELECT 1; ROLLBACK;'
    [ "$(found s)" = "b.sql:1 down ban-drop-table" ]
    # Without a plan these are folders like any other, but for what reverts.
    rm s/sqitch.plan
    [ "$(found s/deploy | wc -l)" = 1 ]
}

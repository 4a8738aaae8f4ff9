#!/usr/bin/env bats
# migrate new --rename, --archive and --contract: what they write is judged, runs, goes back, and leaves what a plain statement would.

load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "change_$BATS_TEST_NUMBER"
}

new() { migrate new --dir "$PROJECT" "$@"; }
up() { migrate up --dir "$PROJECT" "$@"; }

orders() {
    pg_sql "CREATE ROLE \"clerk_$PGDATABASE\"" "CREATE TABLE parts (name text PRIMARY KEY)" "INSERT INTO parts SELECT 'n' || g FROM generate_series(1, 100) g" \
        "CREATE TABLE \"Orders\" (id int PRIMARY KEY, \"the note\" varchar(40) COLLATE \"C\" NOT NULL DEFAULT 'n1', total numeric)" \
        "ALTER TABLE \"Orders\" ADD CONSTRAINT \"the note ok\" CHECK (length(\"the note\") < 30 AND total > 0), ADD CONSTRAINT uniq UNIQUE (\"the note\", id) INCLUDE (total) DEFERRABLE" \
        "ALTER TABLE \"Orders\" ADD CONSTRAINT part FOREIGN KEY (\"the note\") REFERENCES parts (name) ON DELETE CASCADE" \
        "CREATE INDEX plain ON \"Orders\" (lower(\"the note\"), total DESC) WHERE \"the note\" <> 'on (x)'" "CREATE INDEX other ON \"Orders\" (total)" \
        "COMMENT ON COLUMN \"Orders\".\"the note\" IS 'it''s a note'" "GRANT SELECT (\"the note\") ON \"Orders\" TO \"clerk_$PGDATABASE\"" \
        "ALTER TABLE \"Orders\" ALTER \"the note\" SET STATISTICS 200" \
        "INSERT INTO \"Orders\" SELECT g, 'n' || 1 + g % 100, g FROM generate_series(1, 2000) g"
}

# What the table is made of, without the names of constraints and indexes and the order of columns.
shape() {
    pg_sql "SELECT attname, format_type(atttypid, atttypmod), attcollation::regcollation, attnotnull, attstattarget, attacl, col_description(attrelid, attnum), (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = attrelid AND adnum = attnum) FROM pg_attribute WHERE attrelid = '\"Orders\"'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY 1" \
        "SELECT pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE conrelid = '\"Orders\"'::regclass AND contype <> 'n' ORDER BY 1" \
        "SELECT regexp_replace(pg_get_indexdef(indexrelid), ' INDEX .* ON ', ' INDEX ON '), indisvalid FROM pg_index WHERE indrelid = '\"Orders\"'::regclass ORDER BY 1" \
        "SELECT tgname FROM pg_trigger WHERE tgrelid = '\"Orders\"'::regclass AND NOT tgisinternal"
}

@test "a rename: both names work while it lasts, the contract leaves what RENAME COLUMN would" {
    orders
    local before file
    before=$(shape)
    pg_sql 'ALTER TABLE "Orders" RENAME COLUMN "the note" TO remark'
    local renamed
    renamed=$(shape)
    pg_sql 'ALTER TABLE "Orders" RENAME COLUMN remark TO "the note"'
    pg_sql 'CREATE VIEW "V" AS SELECT "the note" FROM "Orders"'
    file=$(new --rename '"Orders"."the note"=remark')
    [[ "$file" == */*_rename_orders_the_note_remark.sql ]]
    cat "$file"
    grep -q '^-- It is used by view "V"' "$file" || grep -q 'used by view public."V"' "$file"
    migrate lint "$file"
    run up
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    [ "$(pg_sql 'SELECT count(*) FROM "Orders" WHERE "the note" IS DISTINCT FROM remark')" = 0 ]
    # Old programs, new programs, and such as know both.
    [ "$(pg_sql 'INSERT INTO "Orders" (id, "the note") VALUES (5001, '"'n5'"') RETURNING remark')" = n5 ]
    [ "$(pg_sql 'INSERT INTO "Orders" (id, remark) VALUES (5002, '"'n6'"') RETURNING "the note"')" = n6 ]
    [ "$(pg_sql 'INSERT INTO "Orders" (id) VALUES (5003) RETURNING "the note", remark')" = 'n1|n1' ]
    [ "$(pg_sql 'UPDATE "Orders" SET "the note" = '"'n7'"' WHERE id = 5001 RETURNING remark')" = n7 ]
    [ "$(pg_sql 'UPDATE "Orders" SET remark = '"'n8'"' WHERE id = 5001 RETURNING "the note"')" = n8 ]
    run pg_sql 'UPDATE "Orders" SET remark = NULL WHERE id = 5001'
    [ "$status" -ne 0 ]
    # Back, and forth again.
    run migrate down --dir "$PROJECT"
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    diff <(echo "$before") <(shape)
    up
    pg_sql 'DROP VIEW "V"'
    local version=${file##*/}
    file=$(new --contract "${version%%_*}")
    cat "$file"
    migrate lint "$PROJECT"
    run up
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    diff <(echo "$renamed") <(shape)
    run new --contract "${version%%_*}"
    [ "$status" -eq 2 ]
}

@test "a rename under load: an application that writes either name, at any moment" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL)" "INSERT INTO t SELECT g, g FROM generate_series(1, 30000) g"
    new --rename t.a=b
    printf '\\set i random(1, 30000)\nUPDATE t SET a = a + 1 WHERE id = :i;\n' >"$BATS_TEST_TMPDIR/a.pgbench"
    printf '\\set i random(1, 30000)\nDO $$ BEGIN UPDATE t SET b = b + 1 WHERE id = :i; EXCEPTION WHEN undefined_column THEN NULL; END $$;\n' >"$BATS_TEST_TMPDIR/b.pgbench"
    "$PG_BIN/pgbench" -n -c 4 -T 60 -f "$BATS_TEST_TMPDIR/a.pgbench" -f "$BATS_TEST_TMPDIR/b.pgbench" "$DATABASE_URL" >"$BATS_TEST_TMPDIR/pgbench.log" 2>&1 &
    local load=$!
    until_true eval '[ "$(pg_sql "SELECT count(*) FROM t WHERE a <> id")" -gt 100 ]'
    run up
    local code=$status
    until_true eval '[ "$(pg_sql "SELECT count(*) FROM t WHERE a <> id")" -gt 300 ]'
    kill "$load" && wait "$load" || true
    [ "$code" -eq 0 ] || { echo "$output"; false; }
    ! grep -q 'aborted' "$BATS_TEST_TMPDIR/pgbench.log"
    [ "$(pg_sql "SELECT count(*) FROM t WHERE a IS DISTINCT FROM b")" = 0 ]
}

@test "types without equality" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, j json, p point, b box)" "INSERT INTO t SELECT g, '{\"a\": 1}', '(1,2)', '((0,0),(2,2))' FROM generate_series(1, 10) g"
    new --rename t.j=j2 && new --rename t.p=p2 && new --rename t.b=b2
    up
    # The same area is another box.
    pg_sql "UPDATE t SET j = '{\"a\": 2}', p2 = '(3,4)', b = '((0,0),(1,4))' WHERE id = 1"
    [ "$(pg_sql "SELECT j2, p, b2 FROM t WHERE id = 1")" = '{"a": 2}|(3,4)|(1,4),(0,0)' ]
}

@test "an archive: the values stay, and come back" {
    orders
    local before file
    before=$(shape; pg_sql 'SELECT md5(string_agg(id || "the note", $$,$$ ORDER BY id)) FROM "Orders"')
    file=$(new --archive '"Orders"."the note"')
    cat "$file"
    migrate lint "$file"
    run up
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    [ "$(pg_sql 'SELECT count(*), count(DISTINCT "the note") FROM "Orders_the note_archive"')" = '2000|100' ]
    [ "$(pg_sql "SELECT count(*) FROM pg_attribute WHERE attrelid = '\"Orders\"'::regclass AND attnum > 0 AND NOT attisdropped")" = 2 ]
    run migrate down --dir "$PROJECT"
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    diff <(echo "$before") <(shape; pg_sql 'SELECT md5(string_agg(id || "the note", $$,$$ ORDER BY id)) FROM "Orders"')
    [ -z "$(pg_sql "SELECT to_regclass('\"Orders_the note_archive\"')")" ]
}

@test "what cannot be done is refused by name, and no file is left" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, a int, n int GENERATED ALWAYS AS IDENTITY, g int GENERATED ALWAYS AS (a + 1) STORED)" "CREATE TABLE nokey (a int)" \
        "CREATE TABLE p (a int, b int) PARTITION BY LIST (a)" "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)" "CREATE VIEW v AS SELECT a FROM t" \
        "CREATE TABLE e (id int PRIMARY KEY, r int4range, EXCLUDE USING gist (r WITH &&))"
    refused() { # WORDS OPTION…
        run new "${@:2}"
        [ "$status" -eq 2 ] && [[ "$output" == *"$1"* ]] || { echo "$*: $status $output"; return 1; }
    }
    refused 'it is part of the primary key' --rename t.id=key
    refused 'an identity' --rename t.n=m
    refused 'generated' --rename t.g=h
    refused 'has a column g already' --rename t.a=g
    refused 'no plain table' --rename p.b=c
    refused 'partition' --rename p1.b=c
    refused 'no plain table' --rename v.a=c
    refused 'exclusion constraint' --rename e.r=s
    refused 'there is no column t.missing' --rename t.missing=x
    refused 'there is no column a' --rename a=x
    refused 'not TABLE.COLUMN=NAME' --rename t.a
    refused 'no name of a column' --rename 't.a=b c'
    refused 'no key' --archive nokey.a
    refused 'view v uses it' --archive t.a || refused 'view public.v uses it' --archive t.a
    refused 'each write a migration' --archive t.a --rename t.a=b
    [ -z "$(ls "$PROJECT")" ]
}

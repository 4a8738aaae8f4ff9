#!/usr/bin/env bats
# Other tools' folders, run on a real server as they lie.
load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    pg_fresh_db "layout_$BATS_TEST_NUMBER" 2>/dev/null
    dir=$BATS_TEST_TMPDIR/migrations
    mkdir -p "$dir"
}

# put PATH: standard input is the file's text
put() {
    mkdir -p "$(dirname "$dir/$1")"
    cat >"$dir/$1"
}

tables() {
    pg_sql "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace = 'public'::regnamespace"
}

# up makes these tables, down 1 leaves those
up_and_down() { # AFTER-UP AFTER-DOWN-1
    migrate up --dir "$dir" --quiet
    [ "$(tables)" = "$1" ]
    [ "$(migrate up --dir "$dir")" = "nothing to do" ]
    migrate down --dir "$dir" --quiet
    [ "$(tables)" = "$2" ]
    migrate up --dir "$dir" --quiet
    [ "$(tables)" = "$1" ]
}

@test "golang-migrate: pairs go up, down and up; a file's own BEGIN and COMMIT are one step" {
    printf 'BEGIN;\nCREATE TABLE a (id int);\nCREATE TABLE aa (id int);\nCOMMIT;\n' | put 1_a.up.sql
    echo 'DROP TABLE aa; DROP TABLE a;' | put 1_a.down.sql
    echo 'CREATE TABLE b (id int);' | put 2_b.up.sql
    echo 'DROP TABLE b;' | put 2_b.down.sql
    up_and_down "a aa b" "a aa"
    [ "$(pg_sql "SELECT string_agg(concat_ws('/', version, layout, n_steps), ' ' ORDER BY version) FROM migrate.migrations")" = "1/golang-migrate/1 2/golang-migrate/1" ]
}

@test "golang-migrate: the down file is gone, and what was recorded is used" {
    echo 'CREATE TABLE a (id int);' | put 1_a.up.sql
    echo 'DROP TABLE a;' | put 1_a.down.sql
    migrate up --dir "$dir" --quiet
    rm "$dir"/*
    echo 'CREATE TABLE z (id int);' | put 9_z.up.sql
    migrate down --dir "$dir" --quiet
    [ -z "$(tables)" ]
}

@test "golang-migrate: an edited down file is no edit of what was applied" {
    echo 'CREATE TABLE a (id int);' | put 1_a.up.sql
    echo 'DROP TABLE a;' | put 1_a.down.sql
    migrate up --dir "$dir" --quiet
    echo '/* better */ DROP TABLE a;' | put 1_a.down.sql
    migrate validate --dir "$dir"
    echo '/* edited */ CREATE TABLE a (id int);' | put 1_a.up.sql
    run migrate validate --dir "$dir"
    [ "$status" -ne 0 ]
}

@test "goose: both parts of a file, outside a transaction where it says so" {
    printf -- '-- +goose Up\nCREATE TABLE a (id int);\n-- +goose Down\nDROP TABLE a;\n' | put 00001_a.sql
    printf -- '-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY a_id ON a (id);\nCREATE TABLE b ();\n-- +goose Down\nDROP TABLE b;\nDROP INDEX CONCURRENTLY a_id;\n' | put 00002_b.sql
    up_and_down "a b" "a"
}

@test "node-pg-migrate, tern, sqlx, diesel and prisma" {
    printf -- '-- Up Migration\nCREATE TABLE a ();\n-- Down Migration\nDROP TABLE a;\n' | put n/1700000000000_a.sql
    printf -- 'CREATE TABLE b ();\n---- create above / drop below ----\nDROP TABLE b;\n' | put t/001_b.sql
    printf -- '-- no-transaction\nCREATE TABLE c ();\n' | put x/20240101000000_c.sql
    echo 'CREATE TABLE d ();' | put d/2024-01-01-000000_d/up.sql
    echo 'DROP TABLE d;' | put d/2024-01-01-000000_d/down.sql
    echo 'CREATE TABLE e ();' | put p/20240101000000_e/migration.sql
    for k in n t x d p; do
        migrate up --dir "$dir/$k" --schema "history_$k" --quiet
    done
    [ "$(tables)" = "a b c d e" ]
    for k in n t d; do
        migrate down --dir "$dir/$k" --schema "history_$k" --quiet
    done
    [ "$(tables)" = "c e" ]
    run migrate down --dir "$dir/p" --schema history_p
    [ "$status" -eq 2 ]
    [[ "$output" == *"has no part that undoes it"* ]]
    [ "$(tables)" = "c e" ]
}

@test "Flyway: repeatable files run last, again when they were changed, and not otherwise" {
    echo 'CREATE TABLE ${tab} (id int);' | put V1__a.sql
    echo 'DROP TABLE ${tab};' | put U1__a.sql
    echo 'CREATE OR REPLACE VIEW v AS SELECT id FROM a;' | put R__v.sql
    migrate up --dir "$dir" --set tab=a --quiet
    [ "$(tables)" = "a v" ]
    [ "$(migrate up --dir "$dir" --set tab=a)" = "nothing to do" ]
    echo 'CREATE OR REPLACE VIEW v AS SELECT id, 2 AS two FROM a; CREATE OR REPLACE VIEW w AS SELECT 1 AS one;' | put R__v.sql
    echo 'CREATE TABLE b (id int);' | put V2__b.sql
    [[ "$(migrate status --dir "$dir" --set tab=a)" == *"1 applied, 2 pending"* ]]
    migrate up --dir "$dir" --set tab=a --quiet
    [ "$(tables)" = "a b v w" ]
    [ "$(pg_sql "SELECT string_agg(version, ' ' ORDER BY apply_order) FROM migrate.migrations")" = "1 2 R__v" ]
    [ "$(pg_sql "SELECT two FROM (SELECT 2 AS two FROM v RIGHT JOIN (SELECT 1) x ON true) y LIMIT 1")" = 2 ]
    migrate validate --dir "$dir" --set tab=a
}

@test "Flyway: a changed repeatable file that fails is pending, and runs when it is mended" {
    echo 'CREATE TABLE a (id int);' | put V1__a.sql
    echo 'CREATE OR REPLACE VIEW v AS SELECT id FROM a;' | put R__v.sql
    migrate up --dir "$dir" --quiet
    echo 'CREATE OR REPLACE VIEW v AS SELECT nothing FROM a;' | put R__v.sql
    run migrate up --dir "$dir" --quiet
    [ "$status" -eq 3 ]
    [[ "$(migrate status --dir "$dir")" == *"1 applied, 1 pending"* ]]
    echo 'CREATE OR REPLACE VIEW v AS SELECT id, 1 AS one FROM a;' | put R__v.sql
    migrate up --dir "$dir" --quiet
    [[ "$(migrate status --dir "$dir")" == *"2 applied"* ]]
}

@test "Flyway: a baseline stands for what came before it, in a new database only" {
    echo 'CREATE TABLE a (id int);' | put V1__a.sql
    echo 'CREATE TABLE b (id int);' | put V2__b.sql
    migrate up --dir "$dir" --quiet
    echo 'CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE base (id int);' | put B2__base.sql
    echo 'CREATE TABLE c (id int);' | put V3__c.sql
    migrate up --dir "$dir" --quiet
    [ "$(tables)" = "a b c" ]
    pg_fresh_db layout_baseline 2>/dev/null
    migrate up --dir "$dir" --quiet
    [ "$(tables)" = "a b base c" ]
    [ "$(migrate up --dir "$dir")" = "nothing to do" ]
    migrate validate --dir "$dir"
}

@test "Flyway: a placeholder without a value runs nothing" {
    echo 'CREATE TABLE a (id int);' | put V1__a.sql
    echo "COMMENT ON TABLE a IS '\${who}';" | put V2__b.sql
    run migrate up --dir "$dir"
    [ "$status" -eq 2 ]
    [[ "$output" == *'V2__b.sql:1:24: error: the placeholder ${who} has no value'* ]]
    [ -z "$(tables)" ]
}

@test "sqitch: in the order of the plan, with its own transactions" {
    printf '%%project=shop\n\nusers 2024-01-01T00:00:00Z A <a@b>\norders [users] 2024-01-02T00:00:00Z A <a@b>\n' | put sqitch.plan
    printf -- '-- Deploy shop:users to pg\n\nBEGIN;\n\nCREATE TABLE users (id int);\n\nCOMMIT;\n' | put deploy/users.sql
    printf -- 'BEGIN;\nDROP TABLE users;\nCOMMIT;\n' | put revert/users.sql
    printf -- 'BEGIN;\nCREATE TABLE orders (id int);\nCOMMIT;\n' | put deploy/orders.sql
    printf -- 'BEGIN;\nDROP TABLE orders;\nCOMMIT;\n' | put revert/orders.sql
    up_and_down "orders users" "users"
    cd "$dir"
    [ "$(migrate up)" = "nothing to do" ]
}

@test "a folder that two layouts fit is asked about, and the flag decides" {
    echo 'CREATE TABLE a (id int);' | put 1_a.up.sql
    echo 'CREATE TABLE b (id int);' | put 2_b.sql
    run migrate up --dir "$dir"
    [ "$status" -eq 2 ]
    [[ "$output" == *"--layout golang-migrate or --layout sqlx"* ]]
    migrate up --dir "$dir" --layout sqlx --quiet
    [ "$(tables)" = "a b" ]
}

@test "sql-migrate: its markers, notransaction for one part, and what it recorded" {
    printf -- '-- +migrate Up\nCREATE TABLE a (id int);\n-- +migrate StatementBegin\nCREATE TABLE aa (id int);\n-- +migrate StatementEnd\n-- +migrate Down\nDROP TABLE aa; DROP TABLE a;\n' | put 1_a.sql
    printf -- '-- +migrate Up notransaction\nCREATE INDEX CONCURRENTLY a_id ON a (id);\nCREATE TABLE b ();\n-- +migrate Down\nDROP TABLE b; DROP INDEX a_id;\n' | put 2_b.sql
    up_and_down "a aa b" "a aa"
    pg_sql "CREATE TABLE gorp_migrations (id text PRIMARY KEY, applied_at timestamptz)" "INSERT INTO gorp_migrations VALUES ('1_a.sql', now())"
    migrate adopt --from sql-migrate --dir "$dir" --schema again --mirror --quiet
    migrate mark 2 --applied --dir "$dir" --schema again --quiet
    [ "$(pg_sql "SELECT string_agg(id, ' ' ORDER BY id) FROM gorp_migrations")" = "1_a.sql 2_b.sql" ]
}

@test "golang-migrate: an empty file is a migration that does nothing" {
    : | put 1_a.up.sql
    echo 'CREATE TABLE b (id int);' | put 2_b.up.sql
    migrate up --dir "$dir" --quiet
    [ "$(tables)" = b ]
    [ "$(pg_sql "SELECT count(*) FROM migrate.migrations")" = 2 ]
}

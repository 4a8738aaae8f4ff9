# lint --runner: transactions as another tool sends the file. What each tool does is in tests/cases/rules/runners.case.
load lib.bash

setup() { common_setup; }

@test "a runner that wraps the file" {
    write m/1_a.sql <<'SQL'
ALTER TABLE orders ADD COLUMN b int;
CREATE INDEX i ON orders (b);
SQL
    run migrate lint --gate off m
    [[ "$output" != *"is held since"* ]]
    run migrate lint --runner rails-sql m
    [ "$status" -eq 1 ]
    [[ "$output" == *"ACCESS EXCLUSIVE on public.orders is held since line 1"* ]]
}

@test "every runner, also from the environment" {
    write a.sql <<<'CREATE INDEX CONCURRENTLY i ON orders (b);'
    for r in migrate golang-migrate flyway prisma psql; do
        run migrate lint --runner "$r" a.sql
        [ "$status" -eq 0 ]
    done
    for r in dbmate goose sqlx refinery diesel node-pg-migrate psql-1 rails-sql; do
        MIGRATE_RUNNER=$r run migrate lint a.sql
        [ "$status" -eq 1 ]
        [[ "$output" == *"$r runs the file in one transaction"* ]]
    done
}

@test "a name that is no runner" {
    write a.sql <<<'SELECT 1;'
    run migrate lint --runner gooose a.sql
    [ "$status" -eq 2 ]
    [[ "$output" == *goose* ]]
}

@test "files beside it that say: no transaction" {
    write 1_a/up.sql <<<'CREATE INDEX CONCURRENTLY i ON orders (b);'
    write 1_a/metadata.toml <<<'run_in_transaction = false'
    run migrate lint --runner diesel 1_a
    [ "$status" -eq 0 ]
    write f/V1__a.sql <<<'REINDEX INDEX CONCURRENTLY i;'
    run migrate lint --runner flyway f
    [ "$status" -eq 1 ]
    write f/V1__a.sql.conf <<<'executeInTransaction=false'
    run migrate lint --runner flyway f
    [ "$status" -eq 0 ]
}

@test "an undoing section is not judged as a step forward, nor replayed" {
    write m/1_a.sql <<'SQL'
-- +goose Up
CREATE TABLE t (a int);
-- +goose Down
DROP TABLE t;
SQL
    write m/2_b.sql <<<'ALTER TABLE t ADD COLUMN b int;'
    run migrate lint --runner goose --gate note m
    [[ "$output" != *ban-drop-table* ]]
    [[ "${lines[-1]}" == *"3 statements in 2 files"* ]]
}

@test "a file that Flyway refuses" {
    write a.sql <<'SQL'
CREATE TABLE t (a int);
VACUUM t;
SQL
    run migrate lint --runner flyway a.sql
    [ "$status" -eq 1 ]
    [[ "$output" == *"a.sql:2:1: error: flyway refuses a file of which only a part can run in a transaction"* ]]
    [[ "$output" == *"mixed-transactions"* ]]
}

@test "a DO block is judged where it stands" {
    write a.sql <<'SQL'
DO $$
BEGIN
  EXECUTE 'DROP INDEX CONCURRENTLY i';
  EXECUTE format('DROP TABLE %I', 't');
END $$;
SQL
    run migrate lint a.sql
    [ "$status" -eq 1 ]
    [[ "$output" == *"a.sql:3:12: error: CONCURRENTLY is refused inside a transaction block"* ]]
    [[ "$output" == *"not judged: EXECUTE of text that is made at run time, line 4"* ]]
}

#!/usr/bin/env bats
# ANALYZE behind migrations.

load lib

setup_file() { pg_start autovacuum=off; }
teardown_file() { pg_stop; }

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir migrations
    pg_fresh_db "analyze_$BATS_TEST_NUMBER"
    pg_sql 'CREATE TABLE filled (id int PRIMARY KEY, n int)' 'CREATE TABLE "Wide one" (id int PRIMARY KEY, n int)' \
        'CREATE TABLE named (id int PRIMARY KEY, t text)' \
        'INSERT INTO filled SELECT g FROM generate_series(1, 500) g' 'INSERT INTO "Wide one" SELECT g, g FROM generate_series(1, 500) g' \
        "INSERT INTO named SELECT g, 'A' || g FROM generate_series(1, 500) g"
    cat >migrations/1_a.sql <<'SQL'
-- migrate:up
-- migrate:backfill
UPDATE filled SET n = id;
ALTER TABLE "Wide one" ALTER COLUMN n TYPE bigint;
CREATE INDEX CONCURRENTLY named_lower ON named (lower(t));
CREATE INDEX CONCURRENTLY named_t ON named (t);
SQL
}

# The relations that have statistics, on one line.
known() { pg_sql "SELECT string_agg(DISTINCT tablename, ' ' ORDER BY tablename) FROM pg_stats WHERE schemaname = 'public'"; }

up() { migrate up --gate off "$@"; }

@test "what was backfilled, by default; the plan offers the rest" {
    run migrate plan --gate off
    [[ "$output" == *$'\n  afterwards: ANALYZE public.filled (backfilled)\n'* ]]
    [[ "$output" == *$'\n  not afterwards: ANALYZE public."Wide one" (rewritten), with --analyze always it is run\n'* ]]
    [[ "$output" == *$'\n  not afterwards: ANALYZE public.named (index on an expression), with'* ]]
    [ "$(migrate plan --gate off --json | jq -c '.migrations[0].analyze[] | [.relation, .runs]' | tr '\n' ' ')" = \
        '["public.filled",true] ["public.\"Wide one\"",false] ["public.named",false] ' ]
    run up
    [[ "$output" == *"analyzed public.filled in "* ]]
    [ "$(known)" = filled ]
    run migrate report
    [[ "$output" == *"analyzed: public.filled in "* ]]
}

@test "always and never, and from migrate.yaml" {
    run migrate plan --gate off --analyze never
    [[ "$output" == *"not afterwards: ANALYZE public.filled (backfilled)"* ]]
    echo 'analyze: always' >migrate.yaml
    run migrate plan --gate off
    [[ "$output" == *"  afterwards: ANALYZE public.named"* ]]
    up
    [ "$(known)" = "Wide one filled named named_lower" ]
    pg_fresh_db "analyze_$BATS_TEST_NUMBER"
    printf -- '-- migrate:up\nCREATE TABLE filled (id int PRIMARY KEY, n int);\n-- migrate:backfill\nUPDATE filled SET n = 1;\n' >migrations/1_a.sql
    run up --no-analyze
    [ "$status" -eq 0 ]
    [[ "$output" != *analyzed* ]]
}

@test "a file that analyzes by itself is not done again" {
    printf 'ANALYZE filled;\n' >>migrations/1_a.sql
    run up
    [ "$status" -eq 0 ]
    [[ "$output" != *"analyzed"* ]]
    [ "$(known)" = filled ]
}

@test "it leaves no trace in the history, and a failure is told and is no failure of the run" {
    pg_sql "DROP ROLE IF EXISTS app" "CREATE ROLE app LOGIN" "GRANT CREATE ON DATABASE $PGDATABASE TO app" "GRANT ALL ON filled TO app"
    printf -- '-- migrate:up\n-- migrate:backfill\nUPDATE filled SET n = id;\n' >migrations/1_a.sql
    run up --url "${DATABASE_URL/postgres@/app@}"
    [ "$status" -eq 0 ]
    [[ "$output" == *"could not analyze public.filled: this role may not analyze it (42501); the migration is done"* ]]
    [ "$(pg_sql "SELECT count(*), max(n_steps) FROM migrate.steps JOIN migrate.migrations USING (version)")" = "1|1" ]
    [ -z "$(known)" ]
    pg_sql "DROP OWNED BY app"
}

@test "a shadow change analyzes its column by itself; an index on an expression of it stays to be analyzed" {
    pg_sql "CREATE INDEX plain ON filled (n)"
    rm migrations/*
    printf -- '-- migrate:up\n-- migrate:shadow\nALTER TABLE filled ALTER COLUMN n TYPE bigint;\n' >migrations/1_a.sql
    run migrate plan --gate off
    [[ "$output" == *"by a shadow column"* && "$output" != *"afterwards"* ]] || { echo "$output"; false; }
    pg_sql "CREATE INDEX odd ON filled ((n + 1))" "CREATE INDEX other ON filled ((id + 1))"
    run migrate plan --gate off
    [[ "$output" == *"not afterwards: ANALYZE public.filled (index on an expression)"* ]] || { echo "$output"; false; }
    up
    [ "$(known)" = filled ] # the column, and nothing of the index
}

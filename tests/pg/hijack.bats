#!/usr/bin/env bats
# Whoever may create in a schema of the search_path must not get his functions called by our own SQL: the server prefers an operator
# of just the operands' types, wherever it is, to one of pg_catalog that needs a cast, and takes a bare literal for the other operand's type.

load lib

setup_file() { pg_start max_prepared_transactions=2; }
teardown_file() { pg_stop; }

# Schema public gets every binary operator that pg_catalog has under its name, for all pairs of types that pg_catalog has it not for.
traps() {
    pg_sql "SET search_path = pg_catalog" "$(
        cat <<'SQL'
DO $$
DECLARE
    types text[] := string_to_array('text name "char" bool int2 int4 int8 oid float4 float8 numeric timestamptz interval jsonb '
        'int2vector text[] int2[]', ' ');
    l text; r text; o text;
BEGIN
    FOREACH l IN ARRAY types LOOP
        FOREACH r IN ARRAY types LOOP
            EXECUTE format('CREATE FUNCTION public.trap(l %s, r %s) RETURNS bool LANGUAGE plpgsql AS '
                || '''BEGIN RAISE EXCEPTION ''''hijacked %s %s''''; END''', l, r, replace(l, '"', ''), replace(r, '"', ''));
            FOREACH o IN ARRAY string_to_array('|| = <> < > <= >= + - * / & << ->> ~ !~', ' ') LOOP
                IF NOT EXISTS (SELECT FROM pg_operator p WHERE p.oprnamespace = 'pg_catalog'::regnamespace AND p.oprname = o
                               AND p.oprleft = l::regtype AND p.oprright = r::regtype) THEN
                    EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.trap)', o, l, r);
                END IF;
            END LOOP;
        END LOOP;
    END LOOP;
END
$$
SQL
    )"
}

refute_trapped() { # STATUS OUTPUT
    if [[ "$2" == *hijacked* || "$2" == *operator* || "$2" == *"must be type boolean"* ]]; then
        echo "$2"
        return 1
    fi
}

m() { # EXPECTED-STATUS ARGUMENT…
    local expected=$1
    shift
    run migrate "$@"
    refute_trapped "$status" "$output"
    [ "$status" -eq "$expected" ] || { echo "migrate $*: $status"; echo "$output"; return 1; }
}

@test "operators planted in the search_path are not ours to call" {
    local project=$BATS_TEST_TMPDIR/project
    mkdir -p "$project"
    pg_fresh_db hijack
    traps
    # the traps work
    run pg_sql "SELECT 'a' || current_database()"
    [[ "$output" == *"hijacked name name"* ]]
    cat >"$project/1_tables.sql" <<'SQL'
-- migrate:up
CREATE TYPE mood AS ENUM ('sad');
CREATE TABLE item (id int PRIMARY KEY, n int, tag text NOT NULL);
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER nothing BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE TABLE part (id int) PARTITION BY LIST (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1);
INSERT INTO item SELECT g, 0, 'tag' FROM generate_series(1, 500) g;
CREATE VIEW items AS SELECT id FROM item;
ALTER TABLE item ADD CONSTRAINT item_n CHECK (n IS NOT NULL) NOT VALID;
-- migrate:down
DROP TABLE item CASCADE;
DROP TABLE part_1, part;
DROP FUNCTION nothing();
DROP TYPE mood;
SQL
    cat >"$project/2_steps.sql" <<'SQL'
-- migrate:up
CREATE INDEX CONCURRENTLY item_tag ON item (tag) WHERE n IS NOT NULL;
ALTER TABLE item VALIDATE CONSTRAINT item_n;
ALTER TYPE mood ADD VALUE IF NOT EXISTS 'glad';
-- migrate:backfill batch=100
UPDATE item SET n = 1;
REINDEX INDEX CONCURRENTLY item_tag;
ALTER TABLE part DETACH PARTITION part_1 CONCURRENTLY;
-- migrate:down
-- migrate:backfill batch=100
UPDATE item SET n = 0;
DROP INDEX CONCURRENTLY item_tag;
ALTER TABLE part ATTACH PARTITION part_1 FOR VALUES IN (1);
SQL
    m 0 plan --dir "$project"
    m 0 up --gate off --dir "$project" --to 1
    m 0 up --gate off --dir "$project"
    # each statement once more as one that was cut short
    local step
    for step in 1 2 3 4 5 6; do
        pg_sql "UPDATE migrate.migrations SET state = 'applying' WHERE version = '2'::text" \
            "UPDATE migrate.steps SET state = 'started' WHERE version = '2'::text AND ordinal = $step" \
            "DELETE FROM migrate.steps WHERE version = '2'::text AND ordinal > $step"
        [ $step = 6 ] || pg_sql "ALTER TABLE part ATTACH PARTITION part_1 FOR VALUES IN (1)"
        m 0 status --dir "$project"
        m 0 up --gate off --dir "$project"
    done
    m 0 status --dir "$project"
    m 0 validate --dir "$project"
    m 0 catalog pull -o "$BATS_TEST_TMPDIR/catalog"
    m 0 redo --gate off --dir "$project"
    m 0 mark 2 --pending --dir "$project"
    m 0 mark 2 --applied --dir "$project"
    printf -- '-- migrate:up\nSELECT 1 / 0;\n-- migrate:down\n' >"$project/3_fails.sql"
    m 3 up --gate off --dir "$project"
    printf -- '-- migrate:up\nALTER TABLE item ADD COLUMN x int;\n-- migrate:down\n' >"$project/3_fails.sql"
    pg_session holder "BEGIN; LOCK TABLE item IN ACCESS SHARE MODE"
    m 4 up --gate off --lock-budget 1s --dir "$project"
    [[ "$output" == *holder* ]]
    pg_session_end holder
    pg_session holder "SELECT pg_advisory_lock(('x' || left(encode(sha256(convert_to('migrate run lock|hijack|migrate', 'UTF8')), 'hex'), 16))::bit(64)::int8)"
    m 6 up --gate off --run-lock-wait 0s --dir "$project"
    [[ "$output" == *holder* ]]
    pg_session_end holder
    m 0 baseline 3 --dir "$project"
    m 0 mark 3 --pending --dir "$project"
    m 0 down --gate off --all --yes --dir "$project"
}

# shellcheck shell=bash
# Helpers for fault tests.  load lib
#
# faulty …            migrate with fault points; set MIGRATE_FAULT (and MIGRATE_FAULT_DO), see src/exec/fault.h
# project FOLDER      migrations with every kind of step
# state               schema, data and history as text, without times, pids and counters of attempts
# all_only            skip the test unless all are wanted (FAULT_ALL, as `make faults` sets it): CI runs a part
# undisturbed         (once per file) state after an undisturbed run, into $BATS_FILE_TMPDIR/undisturbed

# shellcheck source=tests/pg/lib.bash
source "$BATS_TEST_DIRNAME/../pg/lib.bash"

faulty() {
    "${MIGRATE_FAULTS_BIN:?set MIGRATE_FAULTS_BIN to the program with fault points}" "$@"
}

all_only() {
    [ -n "${FAULT_ALL:-}" ] || skip "make faults runs it"
}

up() {
    "${UP_BIN:-$MIGRATE_BIN}" up --gate off --quiet --dir "$PROJECT" "$@"
}

project() { # FOLDER
    PROJECT=$1
    mkdir -p "$PROJECT"
    cat >"$PROJECT/1_tables.sql" <<'SQL'
-- migrate:up
CREATE TYPE mood AS ENUM ('sad');
CREATE TABLE item (id bigint PRIMARY KEY, n int NOT NULL DEFAULT 0, tag text);
CREATE TABLE pair (a int, b uuid, n int NOT NULL DEFAULT 0, PRIMARY KEY (b, a));
INSERT INTO item SELECT g, 0, 'tag ' || g FROM generate_series(1, 3000) g;
INSERT INTO pair SELECT g, md5(g::text)::uuid, 0 FROM generate_series(1, 2000) g;
CREATE INDEX item_old ON item (n);
COPY item (id, tag) FROM stdin;
5001	copied
5002	copied too
\.
-- migrate:down
DROP TABLE pair;
DROP TABLE item;
DROP TYPE mood;
SQL
    cat >"$PROJECT/2_steps.sql" <<'SQL'
-- migrate:up
ALTER TABLE item ADD COLUMN size int;
CREATE UNIQUE INDEX CONCURRENTLY item_tag ON item (tag) WHERE id > 10;
ALTER TABLE item ADD CONSTRAINT item_n CHECK (n >= 0) NOT VALID;
ALTER TABLE item VALIDATE CONSTRAINT item_n;
ALTER TYPE mood ADD VALUE 'glad';
-- migrate:backfill batch=1000
UPDATE item SET n = n + 1;
-- migrate:backfill batch=900
UPDATE pair SET n = n + 1 WHERE a % 2 = 0 OR a % 2 = 1;
DROP INDEX CONCURRENTLY item_old;
REINDEX INDEX CONCURRENTLY item_tag;
INSERT INTO item (id, n) VALUES (9999, 1);
-- migrate:down
DELETE FROM item WHERE id = 9999;
CREATE INDEX CONCURRENTLY item_old ON item (n);
-- migrate:backfill batch=1500
UPDATE pair SET n = n - 1;
-- migrate:backfill batch=1500
UPDATE item SET n = n - 1;
ALTER TABLE item DROP CONSTRAINT item_n;
DROP INDEX CONCURRENTLY item_tag;
ALTER TABLE item DROP COLUMN size;
SQL
    cat >"$PROJECT/3_plain.sql" <<'SQL'
-- migrate:up
CREATE TABLE last (id int PRIMARY KEY);
-- migrate:down
DROP TABLE last;
SQL
}

state() {
    "$PG_BIN/pg_dump" --schema-only --no-owner -N migrate "$DATABASE_URL" | grep -v -e '^--' -e '^\\' -e '^$' -e '^SET'
    pg_sql "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1" \
        "SELECT conname, convalidated FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1" \
        "SELECT enumlabel FROM pg_enum ORDER BY enumsortorder"
    if [ -n "$(pg_sql "SELECT to_regclass('item')")" ]; then
        pg_sql "SELECT 'item', n, count(*), sum(id) FROM item GROUP BY n ORDER BY n" \
            "SELECT 'pair', n, count(*), sum(a) FROM pair GROUP BY n ORDER BY n"
    fi
    pg_sql "SELECT version, name, state, n_steps, sha256, file_text IS NOT NULL, applied_at IS NOT NULL FROM migrate.migrations ORDER BY 1" \
        "SELECT version, direction, ordinal, kind, statements, sha256, state, sqlstate, error FROM migrate.steps ORDER BY 1, 2, 3" \
        "SELECT version, direction, ordinal, relation, key_columns, rows, finished FROM migrate.backfills ORDER BY 1, 2, 3" \
        "SELECT apply_order > lag(apply_order) OVER (ORDER BY version) FROM migrate.migrations ORDER BY version" \
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
}

undisturbed() {
    pg_fresh_db undisturbed
    up
    state >"$BATS_FILE_TMPDIR/undisturbed"
}

same_as_undisturbed() {
    state >"$BATS_TEST_TMPDIR/state"
    diff "$BATS_FILE_TMPDIR/undisturbed" "$BATS_TEST_TMPDIR/state"
}

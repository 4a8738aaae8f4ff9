# What explain says of a statement is the same after a pulled catalog as after replaying the SQL that made it (tests/truth/same.py).
load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

@test "a slice of the measured statements, judged by a pulled catalog and by replay" {
    pg_fresh_db same
    run python3 "$BATS_TEST_DIRNAME/../truth/same.py" --bin "$MIGRATE_BIN" --set '' --set _more --every 40 --known "$BATS_TEST_DIRNAME/../truth/known_same.tsv"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "${lines[-1]}" == "0 differences that are not listed, 0 listed that are none" ]]
}

@test "rules, policies, triggers, owners, statistics and publications come along" {
    pg_fresh_db along
    cat >made.sql <<'SQL'
CREATE TYPE pair AS (a int, b text);
CREATE TABLE typed OF pair;
CREATE TABLE log (id int);
CREATE TABLE t (id int PRIMARY KEY, b int, c int);
CREATE TABLE u (id int REFERENCES t ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED);
CREATE RULE r AS ON DELETE TO t DO ALSO INSERT INTO log VALUES (OLD.id);
CREATE POLICY p ON t USING (true);
CREATE STATISTICS s ON b, c FROM t;
CREATE PUBLICATION pub FOR TABLE t;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO log VALUES (NEW.id); RETURN NEW; END';
CREATE TRIGGER g AFTER INSERT ON u FOR EACH ROW EXECUTE FUNCTION f();
CREATE PROCEDURE proc() LANGUAGE plpgsql AS 'BEGIN UPDATE t SET b = 1; END';
CREATE VIEW v AS SELECT b FROM t;
INSERT INTO t VALUES (1, 1, 1);
INSERT INTO u VALUES (1);
INSERT INTO log VALUES (1);
SQL
    psql -qX -v ON_ERROR_STOP=1 -f made.sql
    migrate catalog pull -q -o prod.catalog
    while read -r statement; do
        migrate explain --json --catalog prod.catalog "$statement" | jq -S '.statements[0] | {scan, rewrite, locks: (.locks | map({relation, mode}) | sort)}' >pulled
        migrate explain --json --after made.sql "$statement" | jq -S '.statements[0] | {scan, rewrite, locks: (.locks | map({relation, mode}) | sort)}' >replayed
        echo "$statement"
        diff pulled replayed
    done <<'SQL'
DELETE FROM t WHERE id = 1
INSERT INTO u VALUES (1)
UPDATE t SET id = 2 WHERE id = 1
CALL proc()
DROP POLICY IF EXISTS p ON t
DROP RULE IF EXISTS none ON t
DROP STATISTICS s
ALTER PUBLICATION pub SET TABLE log
ALTER TYPE pair ADD ATTRIBUTE c int CASCADE
ALTER TABLE t DROP COLUMN b CASCADE
ALTER TABLE t DROP COLUMN c CASCADE
SQL
}

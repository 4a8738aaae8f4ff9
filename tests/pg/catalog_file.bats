# The catalog file of a real server: pulled by a user who may do nothing, it judges as the server itself would, and holds no data.
load lib

setup_file() {
    pg_start autovacuum=off
    pg_sql "CREATE ROLE reader LOGIN" "CREATE ROLE stranger LOGIN"
    pg_fresh_db shop
    pg_sql "REVOKE ALL ON SCHEMA public FROM PUBLIC" "CREATE SCHEMA app" "GRANT USAGE ON SCHEMA app TO reader" \
        "CREATE TABLE app.customers (id int PRIMARY KEY, email text NOT NULL UNIQUE, note text DEFAULT 'a default', CHECK (note IS NOT NULL))" \
        "CREATE TABLE app.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int REFERENCES app.customers, secret text)" \
        "CREATE TABLE app.events (at date, what text) PARTITION BY RANGE (at)" \
        "CREATE TABLE app.events_1 PARTITION OF app.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')" \
        "CREATE INDEX ON app.events (what)" \
        "CREATE VIEW app.v AS SELECT secret FROM app.orders" \
        "COMMENT ON TABLE app.orders IS 'commentmarker'" \
        "INSERT INTO app.customers SELECT i, 'mailmarker' || i, 'notemarker' FROM generate_series(1, 50000) i" \
        "INSERT INTO app.orders (customer, secret) SELECT i, 'secretmarker' || i FROM generate_series(1, 50000) i" \
        "INSERT INTO app.events SELECT '2024-05-05', 'eventmarker' FROM generate_series(1, 50000)" \
        "ALTER ROLE reader SET search_path = app" "ALTER ROLE stranger SET search_path = app" "VACUUM ANALYZE"
}

teardown_file() { pg_stop; }

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir migrations
    cat >migrations/1_change.sql <<'SQL'
-- migrate:up
CREATE INDEX ON orders (customer);
ALTER TABLE customers ALTER note SET NOT NULL;
ALTER TABLE orders ALTER customer TYPE bigint;
ALTER TABLE events ADD COLUMN extra int DEFAULT 1;
ALTER TABLE customers DROP COLUMN email;
DROP VIEW v;
CREATE TABLE lines (id int PRIMARY KEY, orders bigint REFERENCES orders);
SQL
}

reader() { echo "postgresql://reader@/shop?host=$PG_DIR&port=5432"; }

@test "a user who may read no table pulls it" {
    run psql "$(reader)" -XAtqc "SELECT 1 FROM app.orders"
    [ "$status" -ne 0 ]
    run migrate catalog pull -o shop.catalog --url "$(reader)"
    [ "$status" -eq 0 ]
    [ "$(sqlite3 shop.catalog "SELECT value FROM settings WHERE name = 'search_path'")" = app ]
    [ "$(sqlite3 shop.catalog "SELECT rows FROM relations WHERE name = 'events' AND kind = 'partitioned table'")" = 50000 ]
}

@test "a user whose search_path leads nowhere is told" {
    run migrate catalog pull -o shop.catalog --url "postgresql://stranger@/shop?host=$PG_DIR&port=5432"
    [ "$status" -eq 0 ]
    [[ "$output" == *"search_path"*"pull as the user who runs the migrations"* ]]
    [ "$(sqlite3 shop.catalog "SELECT count(*) FROM relations WHERE name = 'orders'")" = 1 ]
}

@test "with history that the user may not read, too" {
    migrate mark 1 --applied --dir migrations
    run migrate catalog pull -o shop.catalog --url "$(reader)"
    [ "$status" -eq 0 ]
    [[ "$output" == *"the history of migrations cannot be read"* ]]
    migrate mark 1 --pending --dir migrations
    pg_sql "DROP SCHEMA migrate CASCADE"
}

@test "plans and findings are those of the server" {
    migrate catalog pull -q -o shop.catalog --url "$(reader)"
    migrate plan --url "$(reader)" >live.out 2>live.err || live=$?
    migrate plan --catalog shop.catalog >file.out 2>file.err || file=$?
    [ "$live" -eq 1 ]
    [ "$file" -eq 1 ]
    diff live.out file.out
    diff live.err file.err
    grep -q 'lock on app.orders ([0-9.]* MB, 50 k rows) while .*, about' file.err
    migrate catalog show --url "$(reader)" | grep -v ^made >live.out
    migrate catalog show shop.catalog | grep -v ^made >file.out
    diff live.out file.out
    migrate lint --catalog shop.catalog --format json >lint.json || true
    migrate lint --catalog shop.catalog >lint.out || true
    [ "$(grep -c ': error: \|: warning: ' lint.out)" -ge "$(grep -c ': error: ' file.err)" ]
}

@test "no value of any row is in it" {
    migrate catalog pull -q -o shop.catalog
    strings -n 4 shop.catalog >strings.out
    grep -q "a default" strings.out
    grep -q customers strings.out
    ! grep -q 'mailmarker\|notemarker\|secretmarker\|eventmarker\|commentmarker' strings.out
}

@test "the service that runs the server is known, live and from the file" {
    mkdir rules
    cat >rules/house.yaml <<'YAML'
rule: on-rds
on: create-table
when: platform(rds)
severity: error
title: a table on RDS
why: to see what is known of the server
source: https://example.org/
fails:
  - sql: CREATE TABLE t (a int);
    platform: rds
passes:
  - CREATE TABLE t (a int);
YAML
    echo '-- migrate:up
CREATE TABLE fresh (a int);' >migrations/1_change.sql
    migrate plan --rules rules
    pg_sql "CREATE ROLE rds_superuser"
    run migrate plan --rules rules
    live=$output
    migrate catalog pull -q -o shop.catalog
    pg_sql "DROP ROLE rds_superuser"
    run migrate plan --rules rules --catalog shop.catalog
    [ "$status" -eq 1 ]
    [[ "$output" == *"a table on RDS"* ]]
    [ "$output" = "$live" ]
    [ "$(sqlite3 shop.catalog "SELECT value FROM settings WHERE name = 'platform'")" = rds ]
}

@test "a table that somebody holds is no reason to wait" {
    pg_session holder "BEGIN; LOCK TABLE app.orders IN ACCESS EXCLUSIVE MODE"
    run timeout 20 "$MIGRATE_BIN" catalog pull -o shop.catalog
    pg_session_end holder
    [ "$status" -eq 0 ]
    [ "$(sqlite3 shop.catalog "SELECT count(*) FROM relations WHERE name = 'orders'")" = 1 ]
}

@test "estimates learn from what earlier runs took" {
    pg_fresh_db learn
    pg_sql "CREATE TABLE big (id bigint PRIMARY KEY, n int, t text)" "INSERT INTO big SELECT g, g, repeat('x', 100) FROM generate_series(1, 300000) g" "ANALYZE big"
    mkdir m
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY big_n ON big (n);\n-- migrate:down\n' >m/1_a.sql
    migrate up --dir m -q
    migrate catalog pull -q -o before.catalog
    [ "$(sqlite3 before.catalog "SELECT count(*) FROM settings WHERE name LIKE 'measured.%'")" -eq 0 ]
    # As if the build had taken ten times what the model says of it, and a backfill a second for 1,000 rows.
    pg_sql "UPDATE migrate.steps SET attempts = 1, started_at = finished_at - interval '20 seconds'" \
        "INSERT INTO migrate.steps (version, direction, ordinal, kind, statements, sha256, state, attempts, rows, started_at, finished_at)
         VALUES ('1', 'up', 7, 'backfill', 1, '', 'done', 1, 60000, now() - interval '60 seconds', now())"
    migrate catalog pull -q -o after.catalog
    sqlite3 after.catalog "SELECT name, value FROM settings WHERE name LIKE 'measured.%' ORDER BY 1"
    [ "$(sqlite3 after.catalog "SELECT value FROM settings WHERE name = 'measured.update'")" = "6000 60000" ]
    sqlite3 after.catalog "SELECT value FROM settings WHERE name = 'measured.build'" | grep -q ' 20000$'
    # Less than a second of the model's is too little to learn from: the build's estimate stays, unless the table is that large.
    sqlite3 after.catalog "UPDATE settings SET value = '2000 20000' WHERE name = 'measured.build'"
    printf 'CREATE INDEX again ON big (t);\n' >x.sql
    before=$(migrate lint x.sql --catalog before.catalog --format json | jq '.findings[0].estimate_ms')
    after=$(migrate lint x.sql --catalog after.catalog --format json | jq '.findings[0].estimate_ms')
    [ "$after" -gt $((before * 5)) ]
}

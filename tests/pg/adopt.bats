#!/usr/bin/env bats
# Taking over from other tools: from the tables that they leave, and, where they are there (make peers, sqitch), from themselves.
load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    pg_fresh_db "adopt_$BATS_TEST_NUMBER" 2>/dev/null
    dir=$BATS_TEST_TMPDIR/migrations
    mkdir -p "$dir"
    chmod 755 "$BATS_TEST_TMPDIR"
    peers=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/build/peers
    peers=${PEERS:-$peers}/node_modules
}

put() {
    mkdir -p "$(dirname "$dir/$1")"
    cat >"$dir/$1"
}

peer() { # NAME PATH
    [ -e "$2" ] || skip "$1 is not there: make peers"
}

versions() { pg_sql "SELECT string_agg(version, ' ' ORDER BY apply_order) FROM migrate.migrations"; }
tables() {
    pg_sql "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname ~ '^t[0-9]'"
}

# Three files, of which the first two are applied: adopt takes those, up runs the third.
goes_on() { # FROM VERSION1 VERSION2 VERSION3
    run migrate adopt --from "$1" --dir "$dir"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"recorded 2 migrations"* ]]
    [ "$(versions)" = "$2 $3" ]
    migrate up --dir "$dir" --quiet
    [ "$(versions)" = "$2 $3 $4" ]
    [ "$(tables)" = "t1 t2 t3" ]
    migrate validate --dir "$dir"
}

three_native() {
    for i in 1 2 3; do
        printf -- '-- migrate:up\nCREATE TABLE t%s (id int);\n-- migrate:down\nDROP TABLE t%s;\n' $i $i | put "2024010100000${i}_t$i.sql"
    done
}

made() { pg_sql "CREATE TABLE t1 (id int); CREATE TABLE t2 (id int)"; }

# ---- from their tables ----

@test "golang-migrate: all files up to the one version it keeps" {
    for i in 1 2 3; do
        echo "CREATE TABLE t$i (id int);" | put "00000${i}_t$i.up.sql"
        echo "DROP TABLE t$i;" | put "00000${i}_t$i.down.sql"
    done
    made
    pg_sql "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (2, true)"
    run migrate adopt --from golang-migrate --dir "$dir"
    [ "$status" -eq 5 ]
    [[ "$output" == *"failed half-way"* ]]
    pg_sql "UPDATE schema_migrations SET dirty = false"
    run migrate adopt --from dbmate --dir "$dir"
    [ "$status" -eq 2 ]
    [[ "$output" == *"--from golang-migrate"* ]]
    goes_on golang-migrate 000001 000002 000003
    [ "$(pg_sql "SELECT version FROM schema_migrations")" = 2 ]
}

@test "golang-migrate: it stands at a version without a file" {
    echo "CREATE TABLE t1 (id int);" | put 1_t.up.sql
    pg_sql "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (7, false)"
    run migrate adopt --from golang-migrate --dir "$dir"
    [ "$status" -eq 5 ]
    [[ "$output" == *"stands at version 7, and there is no file of that version"* ]]
}

@test "goose: the last row of each version counts" {
    for i in 1 2 3; do printf -- '-- +goose Up\nCREATE TABLE t%s (id int);\n-- +goose Down\nDROP TABLE t%s;\n' $i $i | put "0000${i}_t$i.sql"; done
    made
    pg_sql "CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL, tstamp timestamp DEFAULT now());
        INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true), (3, true), (2, true), (3, false)"
    goes_on goose 00001 00002 00003
}

@test "Flyway: checksums are compared, a repeatable file is found by its script, a baseline row covers what is below" {
    for i in 1 2 3; do printf 'CREATE TABLE t%s (id int);\r\n' $i | put "V${i}__t$i.sql"; done
    echo 'CREATE OR REPLACE VIEW v AS SELECT 1 AS one;' | put R__v.sql
    made
    pg_sql 'CREATE TABLE flyway_schema_history (installed_rank int NOT NULL PRIMARY KEY, version varchar(50), description varchar(200) NOT NULL,
        type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum int, installed_by varchar(100) NOT NULL DEFAULT current_user,
        installed_on timestamp NOT NULL DEFAULT now(), execution_time int NOT NULL DEFAULT 1, success boolean NOT NULL)'
    crc() { printf '%s' "$1" | python3 -c 'import sys, zlib; c = zlib.crc32(sys.stdin.buffer.read()); print(c - 2**32 if c >= 2**31 else c)'; }
    pg_sql "INSERT INTO flyway_schema_history (installed_rank, version, description, type, script, checksum, success) VALUES
        (1, '1', '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', NULL, true),
        (2, '2', 't2', 'SQL', 'V2__t2.sql', $(crc 'CREATE TABLE t2 (id int);'), true),
        (3, NULL, 'v', 'SQL', 'R__v.sql', $(crc 'CREATE OR REPLACE VIEW v AS SELECT 1 AS one;'), true)"
    migrate adopt --from flyway --dir "$dir"
    [ "$(versions)" = "1 2 R__v" ]
    migrate up --dir "$dir" --quiet
    [ "$(tables)" = "t1 t2 t3" ]
}

@test "Flyway: an edited file is told, nothing is recorded, and the edit can be accepted" {
    echo 'CREATE TABLE t1 (id bigint);' | put V1__t1.sql
    pg_sql "CREATE TABLE t1 (id int)" 'CREATE TABLE flyway_schema_history (installed_rank int, version varchar(50), description varchar(200),
        type varchar(20), script varchar(1000), checksum int, success boolean)' "INSERT INTO flyway_schema_history VALUES (1, '1', 't1', 'SQL', 'V1__t1.sql', 42, true)"
    run migrate adopt --from flyway --dir "$dir"
    [ "$status" -eq 5 ]
    [[ "$output" == *"changed     1  t1  the file is not what was applied"* ]]
    [ "$(pg_sql "SELECT to_regclass('migrate.migrations') IS NULL")" = t ]
    migrate adopt --from flyway --dir "$dir" --accept-changed --quiet
    [ "$(versions)" = 1 ]
}

@test "sqlx and prisma: SHA-384 and SHA-256 of the files" {
    echo 'CREATE TABLE t1 (id int);' | put x/20240101000000_t.sql
    echo 'CREATE TABLE t2 (id int);' | put p/20240101000000_t/migration.sql
    pg_sql "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL, installed_on timestamptz NOT NULL DEFAULT now(),
        success boolean NOT NULL, checksum bytea NOT NULL, execution_time bigint NOT NULL)" \
        "INSERT INTO _sqlx_migrations VALUES (20240101000000, 't', now(), true, '\\x$(sha384sum "$dir/x/20240101000000_t.sql" | cut -d' ' -f1)', 1)" \
        "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL,
        logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count int NOT NULL DEFAULT 0)" \
        "INSERT INTO _prisma_migrations VALUES ('a', '$(sha256sum "$dir/p/20240101000000_t/migration.sql" | cut -d' ' -f1)', now(), '20240101000000_t')"
    migrate adopt --from sqlx --dir "$dir/x" --layout sqlx --schema hx --quiet
    migrate adopt --from prisma --dir "$dir/p" --schema hp --quiet
    [ "$(pg_sql "SELECT count(*) FROM hx.migrations, hp.migrations")" = 1 ]
    pg_sql "UPDATE _prisma_migrations SET checksum = 'x'"
    run migrate adopt --from prisma --dir "$dir/p" --schema hp2
    [ "$status" -eq 5 ]
}

@test "tern, diesel and supabase" {
    for i in 1 2 3; do
        printf 'CREATE TABLE t%s (id int);\n---- create above / drop below ----\nDROP TABLE t%s;\n' $i $i | put "t/00${i}_t.sql"
        echo "CREATE TABLE d$i (id int);" | put "d/2024-01-0$i-000000_t/up.sql"
        echo "CREATE TABLE s$i (id int);" | put "supabase/migrations/2024010${i}000000_t.sql"
    done
    pg_sql "CREATE TABLE schema_version (version int4 NOT NULL PRIMARY KEY); INSERT INTO schema_version VALUES (2)" \
        "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp NOT NULL DEFAULT now()); INSERT INTO __diesel_schema_migrations VALUES ('20240101000000'), ('20240102000000')" \
        "CREATE SCHEMA supabase_migrations CREATE TABLE schema_migrations (version text PRIMARY KEY, statements text[], name text); INSERT INTO supabase_migrations.schema_migrations (version) VALUES ('20240101000000'), ('20240102000000')"
    migrate adopt --from tern --dir "$dir/t" --schema ht --quiet
    migrate adopt --from diesel --dir "$dir/d" --schema hd --quiet
    migrate adopt --from supabase --dir "$dir/supabase/migrations" --schema hs --quiet
    for k in t d; do [[ "$(migrate status --dir "$dir/$k" --schema h$k)" == *"2 applied, 1 pending"* ]]; done
    [[ "$(migrate status --dir "$dir/supabase/migrations" --schema hs)" == *"2 applied, 1 pending"* ]]
}

@test "a row without a file is told and not recorded; a second adopt finds nothing to do" {
    three_native
    pg_sql "CREATE TABLE schema_migrations (version varchar PRIMARY KEY); INSERT INTO schema_migrations VALUES ('20230101000000'), ('20240101000001')"
    run migrate adopt --from dbmate --dir "$dir"
    [ "$status" -eq 0 ]
    [[ "$output" == *"no file     20230101000000"* ]]
    [[ "$output" == *"1 to adopt (the tool keeps no checksums), 0 known already, 2 pending, 1 without a file (not recorded)"* ]]
    run migrate adopt --from dbmate --dir "$dir"
    [[ "$output" == *"0 to adopt, 1 known already"* ]]
    [ "$(pg_sql "SELECT count(*) FROM schema_migrations")" = 2 ]
}

@test "migrations that are programs: applied ones are adopted, one that is pending is refused until it is marked" {
    printf -- '-- Up Migration\nCREATE TABLE t1 (id int);\n' | put 1_t1.sql
    echo 'exports.up = (pgm) => { pgm.createTable(`t2_${x}`, {}); };' | put 2_t2.js
    echo 'export const up = () => {};' | put 3_t3.ts
    printf -- '-- Up Migration\nCREATE TABLE t4 (id int);\n-- Down Migration\nDROP TABLE t4;\n' | put 4_t4.sql
    made
    pg_sql "CREATE TABLE pgmigrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)" \
        "INSERT INTO pgmigrations (name, run_on) VALUES ('1_t1', now()), ('2_t2', now())"
    migrate adopt --from node-pg-migrate --dir "$dir" --quiet
    [ "$(versions)" = "1 2" ]
    run migrate up --dir "$dir" --set x=y
    echo "$output"
    [ "$status" -eq 2 ]
    [[ "$output" == *"3_t3.ts: error: this migration is a program of another tool, and migrate runs SQL only"*"migrate mark 3 --applied"* ]]
    [ "$(versions)" = "1 2" ]
    migrate mark 3 --applied --dir "$dir" --quiet
    migrate up --dir "$dir" --quiet
    [ "$(versions)" = "1 2 3 4" ]
    migrate validate --dir "$dir" --set x=z
    migrate down --dir "$dir" --quiet
    [ "$(versions)" = "1 2 3" ]
    run migrate down --dir "$dir"
    echo "$output"
    [ "$status" -ne 0 ]
    echo '// edited' >>"$dir/2_t2.js"
    run migrate up --dir "$dir"
    [ "$status" -eq 5 ]
}

@test "golang-migrate with programs in Go: the down part in SQL undoes them" {
    echo 'CREATE TABLE t1 (id int);' | put 1_t1.up.sql
    echo 'package m; // `' | put 2_t2.up.go
    echo 'DROP TABLE t2;' | put 2_t2.down.sql
    made
    pg_sql "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (2, false)"
    migrate adopt --from golang-migrate --dir "$dir" --quiet
    [ "$(migrate up --dir "$dir")" = "nothing to do" ]
    migrate down --dir "$dir" --quiet
    [ "$(tables)" = "t1" ]
    run migrate up --dir "$dir"
    [ "$status" -eq 2 ]
    [[ "$output" == *"2_t2.up.go: error: this migration is a program of another tool"* ]]
}

@test "a long history is matched with its files in seconds" {
    mkdir -p "$dir"
    for ((i = 1; i <= 1500; i++)); do printf -- '-- Up Migration\nSELECT %s;\n' "$i" >"$dir/$((1700000000000 + i))_select-$i.sql"; done
    pg_sql "CREATE TABLE pgmigrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)" \
        "INSERT INTO pgmigrations (name, run_on) SELECT (1700000000000 + i) || '_select-' || i, now() FROM generate_series(1, 1490) i" \
        "INSERT INTO pgmigrations (name, run_on) VALUES ('1600000000000_gone', now())"
    run bash -c "ulimit -t 10 && exec '$MIGRATE_BIN' adopt --from node-pg-migrate --dir '$dir'" # of CPU time
    [ "$status" -eq 0 ]
    [[ "$output" == *"no file     1600000000000_gone"* ]]
    [[ "$output" == *"1490 to adopt (the tool keeps no checksums), 0 known already, 10 pending, 1 without a file (not recorded)"* ]]
}

@test "a dry run records nothing; another folder is refused; the tool's table elsewhere" {
    three_native
    pg_sql "CREATE SCHEMA old CREATE TABLE done (version varchar PRIMARY KEY); INSERT INTO old.done VALUES ('20240101000001')"
    run migrate adopt --from dbmate --dir "$dir"
    [ "$status" -eq 2 ]
    [[ "$output" == *"there is no table schema_migrations"*"--table SCHEMA.TABLE"* ]]
    migrate adopt --from dbmate --table old.done --dir "$dir" --dry-run
    [ "$(pg_sql "SELECT to_regclass('migrate.migrations') IS NULL")" = t ]
    mkdir "$dir/other"
    printf -- '-- migrate:up\nSELECT 1;\n' >"$dir/other/9_x.sql"
    run migrate adopt --from dbmate --table old.done --dir "$dir/other"
    [ "$status" -eq 5 ]
    [[ "$output" == *"none of the 1 migrations that dbmate recorded has a file here"* ]]
    run migrate adopt --from dbmaet --dir "$dir"
    [ "$status" -eq 2 ]
    [[ "$output" == *"did you mean dbmate?"* ]]
}

@test "while the tool holds its lock, adopt gives way" {
    for i in 1 2; do printf -- '-- Up Migration\nSELECT 1;\n' | put "${i}_a.sql"; done
    pg_sql "CREATE TABLE pgmigrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)"
    pg_session holder "SELECT pg_advisory_lock(7241865325823964)"
    run migrate adopt --from node-pg-migrate --dir "$dir" --run-lock-wait 1s
    [ "$status" -eq 6 ]
    [[ "$output" == *"node-pg-migrate is running: it holds its own lock"* ]]
    pg_session_end holder
    until_true migrate adopt --from node-pg-migrate --dir "$dir" --quiet
}

# ---- from themselves ----

@test "dbmate itself applied half" {
    peer dbmate "$peers/.bin/dbmate"
    three_native
    mkdir "$BATS_TEST_TMPDIR/half"
    cp "$dir"/*1_t1.sql "$dir"/*2_t2.sql "$BATS_TEST_TMPDIR/half"
    "$peers/.bin/dbmate" --url "postgres://postgres@localhost/$PGDATABASE?socket=$PG_DIR" --migrations-dir "$BATS_TEST_TMPDIR/half" --no-dump-schema up
    goes_on dbmate 20240101000001 20240101000002 20240101000003
}

@test "node-pg-migrate itself applied half" {
    peer node-pg-migrate "$peers/.bin/node-pg-migrate"
    for i in 1 2 3; do printf -- '-- Up Migration\nCREATE TABLE t%s (id int);\n-- Down Migration\nDROP TABLE t%s;\n' $i $i | put "170000000000${i}_t$i.sql"; done
    ADOPT_URL="socket:$PG_DIR?db=$PGDATABASE" "$peers/.bin/node-pg-migrate" up 2 --migrations-dir "$dir" --database-url-var ADOPT_URL
    goes_on node-pg-migrate 1700000000001 1700000000002 1700000000003
}

@test "postgres-migrations itself applied half" {
    peer postgres-migrations "$peers/postgres-migrations"
    for i in 1 2 3; do echo "CREATE TABLE t$i (id int);" | put "${i}_t$i.sql"; done
    mkdir "$BATS_TEST_TMPDIR/half"
    cp "$dir"/1_t1.sql "$dir"/2_t2.sql "$BATS_TEST_TMPDIR/half"
    NODE_PATH=$peers node -e "
        const {Client} = require('pg'), {migrate} = require('postgres-migrations');
        (async () => { const c = new Client({host: process.env.PGHOST, user: 'postgres', database: process.env.PGDATABASE});
            await c.connect(); await migrate({client: c}, '$BATS_TEST_TMPDIR/half'); await c.end(); })().catch(e => { console.error(e); process.exit(1); });"
    MIGRATE_LAYOUT=plain goes_on postgres-migrations 1 2 3
}

@test "graphile-migrate itself committed and applied half" {
    peer graphile-migrate "$peers/.bin/graphile-migrate"
    mkdir "$BATS_TEST_TMPDIR/project"
    cd "$BATS_TEST_TMPDIR/project"
    pg_sql "CREATE DATABASE ${PGDATABASE}_shadow"
    url() { echo "postgres:///$1?host=$PG_DIR&user=postgres"; }
    gm() { DATABASE_URL=$(url "$PGDATABASE") SHADOW_DATABASE_URL=$(url "${PGDATABASE}_shadow") ROOT_DATABASE_URL=$(url postgres) "$peers/.bin/graphile-migrate" "$@"; }
    gm init >/dev/null
    for i in 1 2 3; do
        echo "CREATE TABLE t$i (id int);" >migrations/current.sql
        [ "$i" = 3 ] || gm commit -m "t$i"
    done
    gm migrate
    cp migrations/committed/*.sql "$dir"
    run migrate adopt --from graphile-migrate --dir migrations --mirror
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(versions)" = "000001 000002" ]
    gm commit -m t3
    migrate up --dir migrations --quiet
    [ "$(tables)" = "t1 t2 t3" ]
    run gm migrate
    [[ "$output" == *"Already up to date"* ]]
    run gm status
    [ "$status" -eq 0 ]
    echo "CREATE TABLE t4 (id int);" >migrations/current.sql
    gm commit
    gm migrate
    run migrate up --dir migrations/committed
    [[ "$output" == *"000004"*"was applied by graphile-migrate: recorded"* ]]
    sed -i s/t4/t5/ migrations/committed/000004.sql
    run migrate status --dir migrations
    [ "$status" -eq 2 ]
    [[ "$output" == *"the file's text is not what its hash says"* ]]
    sed -i s/t5/t4/ migrations/committed/000004.sql
    rm migrations/committed/000003*.sql
    run gm migrate
    [ "$status" -ne 0 ]
    for command in "adopt --from graphile-migrate" up status; do
        # shellcheck disable=SC2086
        run migrate $command --dir migrations
        [ "$status" -eq 2 ]
        [[ "$output" == *"000004.sql:1:1: error: it was committed behind a file that is not here, not behind 000002-t2.sql"* ]]
    done
}

@test "sqitch itself deployed half" {
    command -v sqitch >/dev/null || skip "sqitch is not there: apt-get install sqitch"
    cd "$dir"
    export HOME=$BATS_TEST_TMPDIR SQITCH_FULLNAME=Somebody SQITCH_EMAIL=some@body.example
    sqitch init shop --engine pg --quiet
    for i in 1 2 3; do
        sqitch add "t$i" -n "table $i" --quiet
        printf 'BEGIN;\nCREATE TABLE t%s (id int);\nCOMMIT;\n' $i >"deploy/t$i.sql"
        printf 'BEGIN;\nDROP TABLE t%s;\nCOMMIT;\n' $i >"revert/t$i.sql"
    done
    sqitch deploy --to t2 "db:pg://postgres@/$PGDATABASE?host=$PG_DIR" --quiet
    goes_on sqitch 1 2 3
}

# ---- side by side ----

@test "mirror: dbmate and migrate take turns, up and down" {
    peer dbmate "$peers/.bin/dbmate"
    three_native
    dbmate() { "$peers/.bin/dbmate" --url "postgres://postgres@localhost/$PGDATABASE?socket=$PG_DIR" --migrations-dir "$dir" --no-dump-schema "$@"; }
    mkdir "$BATS_TEST_TMPDIR/later"
    mv "$dir"/*3_t3.sql "$BATS_TEST_TMPDIR/later"
    mv "$dir"/*2_t2.sql "$BATS_TEST_TMPDIR/later"
    dbmate up
    migrate adopt --from dbmate --dir "$dir" --mirror
    cp "$BATS_TEST_TMPDIR/later"/*2_t2.sql "$dir"
    migrate up --dir "$dir" --quiet
    run dbmate status
    [[ "$output" == *"Applied: 2"*"Pending: 0"* ]]
    cp "$BATS_TEST_TMPDIR/later"/*3_t3.sql "$dir"
    dbmate up
    run migrate up --dir "$dir"
    [[ "$output" == *"20240101000003 t3 was applied by dbmate: recorded"* ]]
    [[ "$output" == *"nothing to do"* ]]
    migrate down --dir "$dir" --quiet
    run dbmate status
    [[ "$output" == *"Applied: 2"*"Pending: 1"* ]]
    [ "$(tables)" = "t1 t2" ]
    dbmate up
    [ "$(tables)" = "t1 t2 t3" ]
    dbmate down
    run migrate up --dir "$dir"
    [ "$status" -eq 0 ]
    [ "$(tables)" = "t1 t2 t3" ]
    dbmate down
    run migrate down --dir "$dir"
    [ "$status" -eq 5 ]
    [[ "$output" == *"is applied by our history and not by that of dbmate"* ]]
    migrate adopt --end-mirror --from dbmate # which says nothing new
    [ "$(pg_sql "SELECT count(*) FROM migrate.mirror")" = 0 ]
}

@test "mirror: node-pg-migrate sees what migrate did, and shuts it out while it runs" {
    peer node-pg-migrate "$peers/.bin/node-pg-migrate"
    for i in 1 2 3; do printf -- '-- Up Migration\nCREATE TABLE t%s (id int);\n-- Down Migration\nDROP TABLE t%s;\n' $i $i | put "170000000000${i}_t$i.sql"; done
    other() { ADOPT_URL="socket:$PG_DIR?db=$PGDATABASE" "$peers/.bin/node-pg-migrate" "$@" --migrations-dir "$dir" --database-url-var ADOPT_URL; }
    other up 1
    migrate adopt --from node-pg-migrate --dir "$dir" --mirror --quiet
    migrate up 1 --dir "$dir" --quiet
    run other up
    [ "$status" -eq 0 ]
    [[ "$output" == *t3* && "$output" != *"MIGRATION 1700000000002"* ]]
    [ "$(tables)" = "t1 t2 t3" ]
    run migrate up --dir "$dir"
    [[ "$output" == *"1700000000003 t3 was applied by node-pg-migrate: recorded"* ]]
    pg_session holder "SELECT pg_advisory_lock(7241865325823964)"
    run migrate down --dir "$dir" --run-lock-wait 1s
    [ "$status" -eq 6 ]
    pg_session_end holder
    [ "$(tables)" = "t1 t2 t3" ]
}

@test "mirror: the tables of the others are written as they write them" {
    for i in 1 2 3; do
        echo "CREATE TABLE t$i (id int);" | put "g/${i}_t.up.sql"
        echo "DROP TABLE t$i;" | put "g/${i}_t.down.sql"
        printf -- '-- +goose Up\nCREATE TABLE o%s (id int);\n-- +goose Down\nDROP TABLE o%s;\n' $i $i | put "o/${i}_t.sql"
        echo "CREATE TABLE f$i (id int);" | put "f/V${i}__my_t.sql"
        echo "DROP TABLE f$i;" | put "f/U${i}__my_t.sql"
        echo "CREATE TABLE x$i (id int);" | put "x/${i}_my_t.sql"
        printf 'CREATE TABLE e%s (id int);\n---- create above / drop below ----\nDROP TABLE e%s;\n' $i $i | put "e/${i}_t.sql"
        echo "CREATE TABLE p$i (id int);" | put "p/${i}_t/migration.sql"
    done
    pg_sql "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)" \
        "CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL, tstamp timestamp NOT NULL DEFAULT now()); INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true)" \
        "CREATE TABLE flyway_schema_history (installed_rank int NOT NULL PRIMARY KEY, version varchar(50), description varchar(200) NOT NULL, type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum int, installed_by varchar(100) NOT NULL, installed_on timestamp NOT NULL DEFAULT now(), execution_time int NOT NULL, success boolean NOT NULL)" \
        "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL, installed_on timestamptz NOT NULL DEFAULT now(), success boolean NOT NULL, checksum bytea NOT NULL, execution_time bigint NOT NULL)" \
        "CREATE TABLE schema_version (version int4 NOT NULL PRIMARY KEY); INSERT INTO schema_version VALUES (0)" \
        "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count int NOT NULL DEFAULT 0)"
    pg_sql "INSERT INTO schema_migrations VALUES (1, false); CREATE TABLE t1 (id int)"
    turn() { # FOLDER TOOL [LAYOUT]
        migrate adopt --from "$2" --dir "$dir/$1" ${3:+--layout "$3"} --schema "h_$1" --mirror --quiet
        migrate up --dir "$dir/$1" ${3:+--layout "$3"} --schema "h_$1" --quiet
    }
    turn g golang-migrate
    turn o goose
    turn f flyway
    turn x sqlx sqlx
    turn e tern
    turn p prisma
    [ "$(pg_sql "SELECT version, dirty FROM schema_migrations")" = "3|f" ]
    [ "$(pg_sql "SELECT string_agg(version_id::text, ' ' ORDER BY id) FROM goose_db_version WHERE is_applied")" = "0 1 2 3" ]
    [ "$(pg_sql "SELECT string_agg(concat_ws('/', installed_rank, version, description, type, script), ' ' ORDER BY installed_rank) FROM flyway_schema_history")" = \
        "1/1/my t/SQL/V1__my_t.sql 2/2/my t/SQL/V2__my_t.sql 3/3/my t/SQL/V3__my_t.sql" ]
    [ "$(pg_sql "SELECT string_agg(concat_ws('/', version, description, encode(checksum, 'hex') = '$(sha384sum "$dir/x/1_my_t.sql" | cut -d' ' -f1)'), ' ' ORDER BY version) FROM _sqlx_migrations")" = "1/my t/t 2/my t/f 3/my t/f" ]
    [ "$(pg_sql "SELECT version FROM schema_version")" = 3 ]
    [ "$(pg_sql "SELECT string_agg(migration_name, ' ' ORDER BY migration_name) FROM _prisma_migrations WHERE finished_at IS NOT NULL")" = "1_t 2_t 3_t" ]
    for k in g o f e; do migrate down 2 --dir "$dir/$k" --schema "h_$k" --quiet; done
    [ "$(pg_sql "SELECT version FROM schema_migrations")" = 1 ]
    [ "$(pg_sql "SELECT max(version_id) FROM goose_db_version")" = 1 ]
    [ "$(pg_sql "SELECT count(*) FROM flyway_schema_history")" = 1 ]
    [ "$(pg_sql "SELECT version FROM schema_version")" = 1 ]
    # What was written reads back as it should, checksums too.
    for k in "f flyway" "p prisma"; do
        # shellcheck disable=SC2086
        set -- $k
        migrate adopt --from "$2" --dir "$dir/$1" --schema again --dry-run >/dev/null
    done
    migrate adopt --from sqlx --dir "$dir/x" --layout sqlx --schema again --dry-run >/dev/null
}

@test "mirror: when the connection was lost, the other tool's lock is taken again before anything goes on" {
    for i in 1 2; do printf -- '-- Up Migration\nALTER TABLE base ADD c%s int;\n-- Down Migration\nSELECT 1;\n' $i | put "170000000000${i}_t$i.sql"; done
    pg_sql "CREATE TABLE base (id int)" "CREATE TABLE pgmigrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)"
    migrate adopt --from node-pg-migrate --dir "$dir" --mirror --quiet
    pg_session reader "BEGIN; LOCK TABLE base"
    "$MIGRATE_BIN" up --dir "$dir" --quiet --run-lock-wait 5s >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
    until_true holder
    first=$(holder)
    pg_sql "SELECT pg_terminate_backend($first)" >/dev/null
    until_true another "$first"
    pg_session_end reader
    wait $! || { cat "$BATS_TEST_TMPDIR/said"; false; }
    [ "$(pg_sql "SELECT string_agg(name, ' ' ORDER BY id) FROM pgmigrations")" = "1700000000001_t1 1700000000002_t2" ]
}
holder() { # the process that has node-pg-migrate's lock
    local pid
    pid=$(pg_sql "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND (classid::int8 << 32) + objid::int8 = 7241865325823964")
    [ -n "$pid" ] && echo "$pid"
}
another() { # PID: it is another one
    local pid
    pid=$(holder) && [ "$pid" != "$1" ]
}

@test "mirror: what another tool applied while the connection was lost is not applied twice" {
    printf -- '-- Up Migration\nALTER TABLE base ADD c int;\n-- Down Migration\nSELECT 1;\n' | put 1700000000001_t.sql
    pg_sql "CREATE TABLE base (id int)" "CREATE TABLE pgmigrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)"
    migrate adopt --from node-pg-migrate --dir "$dir" --mirror --quiet
    pg_session reader "BEGIN; LOCK TABLE base"
    "$MIGRATE_BIN" up --dir "$dir" --run-lock-wait 60s >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
    run=$!
    until_true holder
    pg_session_send other "SELECT pg_advisory_lock(7241865325823964)"
    until_true waiting
    pg_sql "SELECT pg_terminate_backend($(holder))" >/dev/null
    pg_session other "ALTER TABLE pgmigrations ADD x int; INSERT INTO pgmigrations (name, run_on) VALUES ('1700000000001_t', now()); SELECT pg_advisory_unlock(7241865325823964)"
    pg_session_end reader
    status=0
    wait $run || status=$?
    cat "$BATS_TEST_TMPDIR/said"
    [ "$status" -eq 5 ]
    grep -q "was applied by another tool while the connection was lost" "$BATS_TEST_TMPDIR/said"
    run migrate up --dir "$dir"
    [[ "$output" == *"was applied by node-pg-migrate: recorded"*"nothing to do"* ]]
}
waiting() { [ "$(pg_sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")" = 1 ]; }

@test "mirror: mark and baseline are told to the other tool, too" {
    for i in 1 2 3; do
        echo "CREATE TABLE t$i (id int);" | put "g/${i}_t.up.sql"
        echo "DROP TABLE t$i;" | put "g/${i}_t.down.sql"
        echo "CREATE TABLE p$i (id int);" | put "p/${i}_t/migration.sql"
    done
    pg_sql "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (1, false)" \
        "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count int NOT NULL DEFAULT 0)"
    migrate adopt --from golang-migrate --dir "$dir/g" --schema hg --mirror --quiet
    migrate adopt --from prisma --dir "$dir/p" --schema hp --mirror --quiet
    migrate baseline 2 --dir "$dir/g" --schema hg --quiet
    [ "$(pg_sql "SELECT version FROM schema_migrations")" = 2 ]
    migrate mark 3 --applied --dir "$dir/g" --schema hg --quiet
    [ "$(pg_sql "SELECT version FROM schema_migrations")" = 3 ]
    migrate mark 3 --pending --dir "$dir/g" --schema hg --quiet
    [ "$(pg_sql "SELECT version FROM schema_migrations")" = 2 ]
    migrate baseline 2 --dir "$dir/p" --schema hp --quiet
    migrate mark 2 --applied --dir "$dir/p" --schema hp --quiet
    [ "$(pg_sql "SELECT string_agg(migration_name, ' ' ORDER BY migration_name) FROM _prisma_migrations")" = "1_t 2_t" ]
    migrate mark 2 --pending --dir "$dir/p" --schema hp --quiet
    migrate up --dir "$dir/p" --schema hp --quiet
    [ "$(tables)" = "" ]
    [ "$(pg_sql "SELECT to_regclass('p2') IS NOT NULL AND to_regclass('p1') IS NULL")" = t ]
    [ "$(pg_sql "SELECT count(*) FROM _prisma_migrations WHERE rolled_back_at IS NULL")" = 3 ]
}

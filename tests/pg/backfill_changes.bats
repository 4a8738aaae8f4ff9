#!/usr/bin/env bats
# Somebody changes the table in the middle of a backfill: every row exactly once all the same, or the reason is said and nothing is lost.

load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    pg_fresh_db "backfill_changes_$BATS_TEST_NUMBER" 2>/dev/null
}

backfill() { # OPTIONS STATEMENT
    printf -- '-- migrate:up\n-- migrate:backfill batch=300 %s\n%s;\n' "$1" "$2" >"$PROJECT/1_a.sql"
}

partitions() {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, v int) PARTITION BY RANGE (id)" "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (1001)" \
        "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (1001) TO (2001)" "CREATE TABLE t3 PARTITION OF t FOR VALUES FROM (2001) TO (3001)" "INSERT INTO t SELECT g FROM generate_series(1, 3000) g" \
        "CREATE TABLE t4 (LIKE t INCLUDING ALL)" "INSERT INTO t4 SELECT g FROM generate_series(3001, 3100) g"
}

table() {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, v int)" "INSERT INTO t SELECT g FROM generate_series(1, 3000) g"
}

meanwhile() { # SQL: behind the third batch, in the first of three partitions
    MIGRATE_FAULT=batch-after:3 MIGRATE_FAULT_DO="psql -Xqc '$1' >/dev/null" run "$MIGRATE_FAULTS_BIN" up --gate off --dir "$PROJECT"
}

once() { # TABLE ROWS
    [ "$(pg_sql "SELECT n, count(*) FROM $1 GROUP BY n")" = "1|$2" ] || { echo "$output"; pg_sql "SELECT n, count(*) FROM $1 GROUP BY n" "TABLE migrate.backfills"; return 1; }
}

@test "a partition is detached: its rows were the table's when it began" {
    for which in t3 t1; do
        pg_sql "DROP SCHEMA IF EXISTS migrate CASCADE" "DROP TABLE IF EXISTS t, t1, t2, t3, t4"
        partitions
        backfill "" "UPDATE t SET n = n + 1"
        meanwhile "ALTER TABLE t DETACH PARTITION $which"
        [ "$status" -eq 0 ] && [[ "$output" == *"public.$which is no partition any more: its rows were gone over all the same"* ]] || { echo "$output"; false; }
        once t 2000
        once "$which" 1000
    done
    pg_sql "DROP SCHEMA migrate CASCADE" "DROP TABLE t, t1, t2, t3, t4"
    partitions
    backfill "" "UPDATE t SET v = id WHERE v IS NULL"
    meanwhile "ALTER TABLE t DETACH PARTITION t3"
    [ "$status" -eq 0 ]
    [ "$(pg_sql "SELECT count(v) FROM t")|$(pg_sql "SELECT count(v) FROM t3")|$(pg_sql "SELECT max(pass) FROM migrate.backfills")" = "2000|1000|2" ]
}

@test "a partition is detached while the backfill is paused, and the run that takes it up is another one" {
    partitions
    backfill "" "UPDATE t SET n = n + 1"
    MIGRATE_FAULT=batch-after:3 run "$MIGRATE_FAULTS_BIN" up --gate off --dir "$PROJECT"
    [ "$status" -eq 137 ]
    pg_sql "ALTER TABLE t DETACH PARTITION t1" "ALTER TABLE t DETACH PARTITION t2" "DROP TABLE t2" "ALTER TABLE t ATTACH PARTITION t4 FOR VALUES FROM (3001) TO (4001)"
    run migrate up --gate off --dir "$PROJECT"
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    [[ "$output" == *"public.t1 is no partition any more"* && "$output" == *"partition public.t2 is gone: nothing of it is left to do"* && "$output" == *"partition public.t4 came meanwhile: its rows are as they were"* ]] || { echo "$output"; false; }
    once t1 1000
    once t3 1000
    [ "$(pg_sql "SELECT n, count(*) FROM t4 GROUP BY n")" = "0|100" ]
}

@test "a partition is dropped, one to come and the one in hand; with several workers, too" {
    local options which
    for options in "" "workers=2"; do
        for which in t3 t1; do
            pg_sql "DROP SCHEMA IF EXISTS migrate CASCADE" "DROP TABLE IF EXISTS t, t4"
            partitions
            backfill "$options" "UPDATE t SET n = n + 1"
            meanwhile "DROP TABLE $which"
            [ "$status" -eq 0 ] || { echo "$options $which: $output"; false; }
            once t 2000
        done
    done
    pg_sql "DROP SCHEMA migrate CASCADE" "DROP TABLE t, t4"
    partitions
    backfill "" "UPDATE t SET v = id WHERE v IS NULL"
    meanwhile "DROP TABLE t1"
    [ "$status" -eq 0 ]
    [ "$(pg_sql "SELECT count(*), count(v) FROM t")" = "2000|2000" ]
}

@test "a partition is attached: taken along by what may meet a row twice, else it is said" {
    partitions
    backfill "" "UPDATE t SET v = id WHERE v IS NULL"
    meanwhile "ALTER TABLE t ATTACH PARTITION t4 FOR VALUES FROM (3001) TO (4001)"
    [ "$status" -eq 0 ] && [[ "$output" == *"partition public.t4 came meanwhile: its rows are gone over, too"* ]] || { echo "$output"; false; }
    [ "$(pg_sql "SELECT count(*), count(v) FROM t")" = "3100|3100" ]
    [ "$(pg_sql "SELECT sum(rows), bool_and(finished) FROM migrate.backfills")" = "3100|t" ]
    pg_sql "DROP SCHEMA migrate CASCADE" "DROP TABLE t"
    partitions
    backfill "" "UPDATE t SET n = n + 1"
    meanwhile "ALTER TABLE t ATTACH PARTITION t4 FOR VALUES FROM (3001) TO (4001)"
    [ "$status" -eq 0 ] && [[ "$output" == *"partition public.t4 came meanwhile: its rows are as they were"* ]] || { echo "$output"; false; }
    [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n ORDER BY n")" = $'0|100\n1|3000' ]
}

@test "another table gets the name: it is left alone; with its name back the first one is done" {
    local when
    for when in meanwhile between; do
        pg_sql "DROP SCHEMA IF EXISTS migrate CASCADE" "DROP TABLE IF EXISTS t, s"
        table
        pg_sql "CREATE TABLE s (LIKE t INCLUDING ALL)" "INSERT INTO s SELECT g FROM generate_series(1, 3000) g"
        backfill "" "UPDATE t SET n = n + 1"
        if [ "$when" = meanwhile ]; then
            meanwhile "ALTER TABLE t RENAME TO x; ALTER TABLE s RENAME TO t; ALTER TABLE x RENAME TO s"
            [ "$status" -eq 7 ]
        else
            MIGRATE_FAULT=batch-after:3 run "$MIGRATE_FAULTS_BIN" up --gate off --dir "$PROJECT"
            pg_sql "ALTER TABLE t RENAME TO x" "ALTER TABLE s RENAME TO t" "ALTER TABLE x RENAME TO s"
            run migrate up --gate off --dir "$PROJECT"
            [ "$status" -eq 5 ]
        fi
        [[ "$output" == *"another table is called public.t by now than when the backfill began"*"its name back"* ]] || { echo "$output"; false; }
        [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "0|3000" ]
        pg_sql "ALTER TABLE t RENAME TO x" "ALTER TABLE s RENAME TO t" "ALTER TABLE x RENAME TO s"
        migrate up --quiet --gate off --dir "$PROJECT"
        once t 3000
    done
}

@test "the table is dropped, renamed, or loses a column: said, and renamed back it goes on" {
    table
    backfill "" "UPDATE t SET n = n + 1"
    meanwhile "ALTER TABLE t RENAME TO s"
    [ "$status" -eq 7 ] && [[ "$output" == *'relation "public.t" does not exist'*"900 rows are done and stay so"* ]] || { echo "$output"; false; }
    run migrate up --gate off --dir "$PROJECT"
    [ "$status" -eq 2 ] && [[ "$output" == *"table t does not exist"* ]]
    pg_sql "ALTER TABLE s RENAME TO t"
    migrate up --quiet --gate off --dir "$PROJECT"
    once t 3000
    pg_sql "DROP SCHEMA migrate CASCADE" "DROP TABLE t"
    table
    meanwhile "ALTER TABLE t DROP COLUMN n"
    [ "$status" -eq 7 ] && [[ "$output" == *'column "n" does not exist'* ]] || { echo "$output"; false; }
    pg_sql "DROP SCHEMA migrate CASCADE" "DROP TABLE t"
    table
    meanwhile "DROP TABLE t"
    [ "$status" -eq 7 ] && [[ "$output" == *'relation "public.t" does not exist'* ]] || { echo "$output"; false; }
}

@test "its key's index is dropped: a run goes on by the same ranges, a later one wants it back" {
    table
    backfill "" "UPDATE t SET n = n + 1"
    meanwhile "ALTER TABLE t DROP CONSTRAINT t_pkey"
    [ "$status" -eq 0 ]
    once t 3000
    pg_sql "DROP SCHEMA migrate CASCADE" "DROP TABLE t"
    table
    MIGRATE_FAULT=batch-after:3 run "$MIGRATE_FAULTS_BIN" up --gate off --dir "$PROJECT"
    pg_sql "ALTER TABLE t DROP CONSTRAINT t_pkey"
    run migrate up --gate off --dir "$PROJECT"
    [ "$status" -eq 5 ] && [[ "$output" == *"the key of public.t that this backfill was begun with is gone"*"bring its unique index back"* ]] || { echo "$output"; false; }
    pg_sql "CREATE UNIQUE INDEX ON t (id)"
    migrate up --quiet --gate off --dir "$PROJECT"
    once t 3000
}

@test "the table is emptied; a unique index comes that a batch would break" {
    table
    backfill "" "UPDATE t SET n = n + 1"
    meanwhile "TRUNCATE t"
    [ "$status" -eq 0 ]
    [ "$(pg_sql "SELECT rows, finished FROM migrate.backfills")|$(pg_sql "SELECT count(*) FROM t")" = "900|t|0" ]
    pg_sql "DROP SCHEMA migrate CASCADE" "DROP TABLE t"
    table
    backfill "" "UPDATE t SET v = id % 1500"
    meanwhile "CREATE UNIQUE INDEX t_v ON t (v)"
    [ "$status" -eq 7 ] && [[ "$output" == *"duplicate key"*"t_v"* && "$output" == *"id = 1501"* ]] || { echo "$status $output"; false; }
    pg_sql "DROP INDEX t_v"
    migrate up --quiet --gate off --dir "$PROJECT"
    [ "$(pg_sql "SELECT count(*) FROM t WHERE v = id % 1500")|$(pg_sql "SELECT rows FROM migrate.backfills")" = "3000|3000" ]
}

@test "the table is emptied and filled again: rows that are new are left alone until somebody says what they are" {
    local between way
    refilled() { # WAY: what is said, then the run that ends it
        run migrate up --gate off --dir "$PROJECT"
        [ "$status" -eq 7 ] && [[ "$output" == *"the rows of public.t are others than when the backfill began"*"relation_file = NULL"*"finished = true"*"DELETE FROM"*"900 rows are done"* ]] || { echo "$status $output"; return 1; }
        [ "$(pg_sql "SELECT n, count(*) FROM t GROUP BY n")" = "0|3000" ]
        pg_sql "$1"
        migrate up --quiet --gate off --dir "$PROJECT"
    }
    # In one transaction, and in two.
    for between in "; " "' -c '"; do
        pg_sql "DROP SCHEMA IF EXISTS migrate CASCADE" "DROP TABLE IF EXISTS t"
        table
        backfill "" "UPDATE t SET n = n + 1"
        meanwhile "TRUNCATE t${between}INSERT INTO t SELECT g FROM generate_series(1, 3000) g"
        [ "$status" -eq 7 ] && [[ "$output" == *"the rows of public.t are others than when the backfill began"* ]] || { echo "$status $output"; false; }
        refilled "DELETE FROM migrate.backfills WHERE version = '1'"
        once t 3000
    done
    for way in "finished = true" "relation_file = NULL"; do
        pg_sql "DROP SCHEMA IF EXISTS migrate CASCADE" "DROP TABLE IF EXISTS t"
        table
        MIGRATE_FAULT=batch-after:3 run "$MIGRATE_FAULTS_BIN" up --gate off --dir "$PROJECT"
        pg_sql "TRUNCATE t" "INSERT INTO t SELECT g FROM generate_series(1, 3000) g"
        refilled "UPDATE migrate.backfills SET $way WHERE version = '1'"
        [ "$(pg_sql "SELECT count(*) FROM t WHERE n = 1")" = "$([ "$way" = "finished = true" ] && echo 0 || echo 2100)" ]
    done
    # What may meet a row twice takes new ones along.
    pg_sql "DROP SCHEMA migrate CASCADE" "DROP TABLE t"
    table
    backfill "" "UPDATE t SET v = id WHERE v IS NULL"
    meanwhile "TRUNCATE t; INSERT INTO t SELECT g FROM generate_series(1, 3000) g"
    [ "$status" -eq 0 ]
    [ "$(pg_sql "SELECT count(v) FROM t")" = 3000 ]
}

@test "the table's rows get another file: VACUUM FULL, CLUSTER and another tablespace are nobody's business" {
    local what
    as_pg mkdir "$PG_DIR/other"
    pg_sql "CREATE TABLESPACE other LOCATION '$PG_DIR/other'"
    for what in "VACUUM FULL t" "CLUSTER t USING t_pkey" "ALTER TABLE t SET TABLESPACE other"; do
        pg_sql "DROP SCHEMA IF EXISTS migrate CASCADE" "DROP TABLE IF EXISTS t"
        table
        backfill "" "UPDATE t SET n = n + 1"
        # Somebody has changed all that is left: only what the batches did is from before.
        meanwhile "UPDATE t SET v = 1 WHERE n = 0' -c '$what"
        [ "$status" -eq 0 ] || { echo "$status $output"; false; }
        once t 3000
        [ "$(pg_sql "SELECT relation_file = pg_relation_filenode('"'t'"') FROM migrate.backfills")" = t ]
    done
    # Emptied for good: nothing is left to do, and that is said.
    pg_sql "DROP SCHEMA migrate CASCADE" "UPDATE t SET n = 0"
    meanwhile "TRUNCATE t"
    [ "$status" -eq 0 ] && [[ "$output" == *"public.t was emptied meanwhile: nothing of it is left to do"* ]] || { echo "$status $output"; false; }
}

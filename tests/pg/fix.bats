#!/usr/bin/env bats
# What lint --fix writes leaves the schema that the original leaves: the original by psql in one database, the fixed file by migrate up in
# another, both with rows, then pg_dump of both. tests/cases/fix/server/*.sql: setup, a line "----", the migration. A first line "-- rules: …"
# names the findings that must be gone; with "-- catalog"
# the setup is told by a catalog file, too.

load lib

setup_file() {
    pg_start
    FIX_DIR=$BATS_FILE_TMPDIR/cases
    export FIX_DIR
}
teardown_file() { pg_stop; }

# The schema without the tool's own, and without what differs from run to run.
schema_of() {
    "$PG_BIN/pg_dump" -s -N migrate --no-owner "$(pg_url "$1")" | grep -v '^\\\(un\)\?restrict ' | grep -v '^--' | grep -v '^$'
}

# All that the catalogs say of constraints and indexes, whether they are valid among it, which pg_dump does not always show.
catalog_of() {
    psql -XAtq "$(pg_url "$1")" -c "
        SELECT conrelid::regclass, conname, contype, convalidated, condeferrable, pg_get_constraintdef(oid), coninhcount, contype = 'c' AND connoinherit
          FROM pg_constraint WHERE connamespace <> 'migrate'::regnamespace AND connamespace::regnamespace::text !~ '^(pg_|information)' ORDER BY 1, 2;
        SELECT indexrelid::regclass, indisvalid, indisready, indisunique, indisprimary, pg_get_indexdef(indexrelid)
          FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace::regnamespace::text !~ '^(pg_|information|migrate)' ORDER BY 1;
        SELECT attrelid::regclass, attname, attnotnull, atthasdef, format_type(atttypid, atttypmod) FROM pg_attribute a
          JOIN pg_class c ON c.oid = attrelid WHERE relnamespace::regnamespace::text !~ '^(pg_|information|migrate)' AND attnum > 0
          AND relkind IN ('r', 'p', 'm') AND NOT attisdropped ORDER BY 1, attnum"
}

rows_of() {
    psql -XAtq "$(pg_url "$1")" -c "SELECT relname, (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I.%I', relnamespace::regnamespace, relname), false, true, '')))[1]
        FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text !~ '^(pg_|information|migrate)' ORDER BY 1"
}

same() { # CASE
    local name=${1##*/} rule
    name=${name%.sql}
    local dir=$FIX_DIR/$name
    mkdir -p "$dir/a" "$dir/b"
    sed '/^----$/,$d' "$1" >"$dir/a/1_setup.sql"
    sed '1,/^----$/d' "$1" >"$dir/a/2_case.sql"
    grep -q '^-- migrate:up' "$dir/a/2_case.sql" || sed -i '1i -- migrate:up' "$dir/a/2_case.sql"
    sed -i '1i -- migrate:up' "$dir/a/1_setup.sql"
    cp "$dir/a/"*.sql "$dir/b/"
    pg_fresh_db "${name}_a"
    pg_fresh_db "${name}_b"
    psql -XAtq -v ON_ERROR_STOP=1 "$(pg_url "${name}_a")" -c 'CREATE SCHEMA migrate' -f "$dir/a/1_setup.sql" -f "$dir/a/2_case.sql" >/dev/null || return 1
    local catalog=()
    if grep -q '^-- catalog' "$1"; then
        migrate up --no-config --url "$(pg_url "${name}_b")" --dir "$dir/b" --to 1 --gate off >/dev/null 2>&1 || return 1
        migrate catalog pull --no-config --url "$(pg_url "${name}_b")" -o "$dir/catalog" >/dev/null 2>&1 || return 1
        catalog=(--catalog "$dir/catalog")
    fi
    migrate lint --gate off --no-config "${catalog[@]}" --fix "$dir/b/2_case.sql" >/dev/null 2>"$dir/fixed" || return 1
    for rule in $(sed -n 's/^-- rules: //p' "$1"); do
        grep -q "^  [0-9]*: $rule\(, and .*\)\?$" "$dir/fixed" || { echo "$name: $rule is not fixed"; cat "$dir/fixed"; return 1; }
        migrate lint --gate off --no-config "${catalog[@]}" --format json "$dir/b/2_case.sql" | jq -e --arg r "$rule" '[.findings[] | select(.rule == $r)] == []' >/dev/null ||
            { echo "$name: $rule is still found"; cat "$dir/b/2_case.sql"; return 1; }
        echo "$rule" >>"$FIX_DIR/rules"
    done
    cp "$dir/b/2_case.sql" "$dir/once.sql"
    migrate lint --gate off --no-config "${catalog[@]}" --fix "$dir/b/2_case.sql" >/dev/null 2>&1 || return 1
    cmp "$dir/once.sql" "$dir/b/2_case.sql" || return 1
    migrate up --no-config --url "$(pg_url "${name}_b")" --dir "$dir/b" --gate off >"$dir/up" 2>&1 || { cat "$dir/up" "$dir/b/2_case.sql"; return 1; }
    for what in schema catalog rows; do
        "${what}_of" "${name}_a" >"$dir/$what.a"
        "${what}_of" "${name}_b" >"$dir/$what.b"
        diff -u "$dir/$what.a" "$dir/$what.b" || { echo "$name: another $what"; cat "$dir/b/2_case.sql"; return 1; }
    done
    [ -s "$dir/schema.a" ]
}

all() { # PATTERN
    local f failed=0
    for f in "$BATS_TEST_DIRNAME"/../cases/fix/server/$1.sql; do
        same "$f" || failed=1
    done
    return $failed
}

@test "indexes" { all 'index_*'; }
@test "constraints" { all 'constraint_*'; }
@test "columns" { all 'column_*'; }
@test "partitions" { all 'partition_*'; }
@test "rows, views, names" { all 'other_*'; }
@test "transactions" { all 'transaction_*'; }

@test "a type change by a second column: the same schema once it is closed, but for the column's place" {
    local dir=$BATS_TEST_TMPDIR/shadow
    mkdir -p "$dir"
    printf -- '-- migrate:up\nCREATE TABLE o (id int PRIMARY KEY, total numeric(10,2) NOT NULL DEFAULT 1 CHECK (total > 0), note text);\nCREATE INDEX o_total ON o (total);\nINSERT INTO o SELECT g, g FROM generate_series(1, 300) g;\n-- migrate:down\n' >"$dir/1_o.sql"
    pg_fresh_db fix_shadow_plain 2>/dev/null
    migrate up --dir "$dir" --quiet
    pg_sql "ALTER TABLE o ALTER COLUMN total TYPE bigint"
    pg_fresh_db fix_shadow 2>/dev/null
    migrate up --dir "$dir" --quiet
    printf -- '-- migrate:up\nALTER TABLE o ALTER COLUMN total TYPE bigint;\n-- migrate:down\n' >"$dir/2_type.sql"
    migrate lint --fix "$dir" --parts up || true
    grep -qx -- '-- migrate:shadow' "$dir/2_type.sql"
    run migrate lint "$dir/2_type.sql" --parts up
    [[ "$output" != *changing-column-type* ]]
    migrate up --dir "$dir" --quiet
    file=$(migrate new --dir "$dir" --contract 2)
    migrate up --dir "$dir" --quiet --gate off
    unordered() {
        psql -XAtq "$(pg_url "$1")" -c "SELECT attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid) FROM pg_attribute
            LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = 'o'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY 1;
            SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE conrelid = 'o'::regclass ORDER BY 1;
            SELECT indexrelid::regclass, indisvalid, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'o'::regclass ORDER BY 1;
            SELECT tgname FROM pg_trigger WHERE tgrelid = 'o'::regclass; SELECT count(*), sum(total) FROM o"
    }
    diff <(unordered fix_shadow_plain) <(unordered fix_shadow)
    [ -s "$file" ]
}

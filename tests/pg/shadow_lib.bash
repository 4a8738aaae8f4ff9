# shellcheck shell=bash
# For the tests of shadow changes, behind lib.bash.
#
# shadow UP DOWN [DIRECTIVE]   the project's one migration; DOWN may be empty
# schema                       what the catalog has, see shadow_schema.sql
# as_alter STATEMENT DOWN      by STATEMENT on one database and by a shadow change on another the schema and the rows of t are the same, and so they
#                              are behind DOWN and without it. fill makes the tables; hang makes what ALTER TYPE itself refuses: plainly behind it,
#                              before the shadow change
#
# A file that says nothing else has a server with a role clerk, PROJECT, and MAJOR, the server's version.

setup_file() {
    pg_start
    pg_sql "CREATE ROLE clerk"
}
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    mkdir -p "$PROJECT"
    MAJOR=$(pg_sql "SHOW server_version_num")
    MAJOR=$((MAJOR / 10000))
}

shadow() {
    printf -- '-- migrate:up\n-- migrate:shadow%s\n%s;\n' "${3:+ $3}" "$1" >"$PROJECT/1_a.sql"
    [ -z "$2" ] || printf -- '-- migrate:down\n-- migrate:shadow\n%s;\n' "$2" >>"$PROJECT/1_a.sql"
}

schema() {
    psql -XAtq -v ON_ERROR_STOP=1 -f "$BATS_TEST_DIRNAME/shadow_schema.sql"
}

hang() { :; }

all_of_it() {
    schema
    pg_sql "SELECT md5(string_agg(x, ',' ORDER BY x)) FROM (SELECT (SELECT jsonb_object_agg(k, v) FROM jsonb_each(to_jsonb(t)) e(k, v) WHERE k !~ '_migrate_')::text AS x FROM t) y"
}

as_alter() { # STATEMENT DOWN
    local before plain by_shadow
    pg_fresh_db "shadow_plain" 2>/dev/null
    fill
    pg_sql "$1"
    hang
    plain=$(all_of_it)
    pg_fresh_db "shadow_change" 2>/dev/null
    fill
    hang
    before=$(all_of_it)
    shadow "$1" "$2"
    run migrate up --dir "$PROJECT"
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    by_shadow=$(all_of_it)
    diff <(echo "$plain") <(echo "$by_shadow") || return 1
    run migrate down --dir "$PROJECT"
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    diff <(echo "$before") <(all_of_it)
}

# shellcheck shell=bash
# For the tests of steps that wait for locks, behind lib.bash: PROJECT's files, a run whose output goes to $OUT, and sessions called holder and
# reader or reader_1 to reader_3, which end with the test.

teardown() {
    local name
    for name in holder reader reader_1 reader_2 reader_3; do
        pg_session_end "$name"
    done
}

file() { # NAME SQL
    printf -- '-- migrate:up\n%s\n' "$2" >"$PROJECT/$1.sql"
}

up() {
    migrate up --gate off --dir "$PROJECT" "$@"
}

in_output() {
    grep -q "$1" "$OUT"
}

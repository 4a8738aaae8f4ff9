#!/usr/bin/env bats
# Programs of the user's before and after a run.

load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir migrations tools
    pg_fresh_db "hooks_$BATS_TEST_NUMBER"
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n-- migrate:down\nDROP TABLE a;\n' >migrations/1_a.sql
    # Writes down what it was given, says a line on each stream, and ends as HOOK_ENDS says.
    cat >tools/hook <<'SH'
#!/bin/sh
name=$MIGRATE_HOOK
{ for a in "$@"; do printf '[%s]' "$a"; done; echo; pwd; } >"$name.args"
cat >"$name.json"
env | sort >"$name.env"
printf 'said \033[2J %s\n' "$name"
echo "complained" >&2
exit "${HOOK_ENDS:-0}"
SH
    chmod +x tools/hook
    cat >migrate.yaml <<'YAML'
hooks:
  before: [tools/hook, "$(touch no-shell); a  b"]
  after: tools/hook
  failure: [tools/hook]
YAML
}
teardown() { pg_session_end holder; }

@test "before and after: arguments without a shell, facts in the environment and as JSON" {
    mkdir below
    cd below
    run migrate up --dir ../migrations
    [ "$status" -eq 0 ]
    [[ "$output" == *'hook before: said \x1B[2J before'* ]]
    [[ "$output" == *"hook after: complained"* ]]
    cd ..
    [ "$(head -n 1 before.args)" = '[$(touch no-shell); a  b]' ]
    [ "$(tail -n 1 before.args)" = "$PWD" ]
    [ ! -e no-shell ] && [ ! -e failure.json ]
    [ "$(jq -c '[.hook, .command, .direction, .migrations[0].version, .migrations[0].steps, .result]' before.json)" = \
        '["before","up","up","1",1,null]' ]
    [ "$(jq -c '[.hook, .result, .exit_code, .done]' after.json)" = '["after","done",0,1]' ]
    [ "$(jq -r .run before.json)" = "$(pg_sql "SELECT id FROM migrate.runs")" ]
    grep -qx MIGRATE_HOOK_RUN="$(jq -r .run after.json)" after.env
    grep -qx MIGRATE_HOOK_RESULT=done after.env
    [ "$(migrate runs --json | jq -r '.runs[0].id')" = "$(jq -r .run after.json)" ]
}

@test "a hook that says no: nothing is run, exit 1" {
    HOOK_ENDS=5 run migrate up
    [ "$status" -eq 1 ]
    [[ "$output" == *"hooks.before: tools/hook ended with 5"* ]]
    [ -z "$(pg_sql "SELECT to_regclass('a')")" ]
    [ -z "$(pg_sql "SELECT to_regclass('migrate.runs')")" ]
    HOOK_ENDS=5 migrate up --no-hooks
    [ -n "$(pg_sql "SELECT to_regclass('a')")" ]
}

@test "a failure: its hook, with the error" {
    printf -- '-- migrate:up\nSELECT 1/0;\n' >migrations/2_b.sql
    run migrate up
    [ "$status" -eq 3 ]
    [ ! -e after.json ]
    [ "$(jq -c '[.hook, .result, .exit_code, .done, .sqlstate]' failure.json)" = '["failure","failed",3,1,"22012"]' ]
    grep -qx "MIGRATE_HOOK_ERROR=division by zero" failure.env
}

@test "a hook behind the run that fails is told and changes nothing" {
    printf 'hooks: {after: ["false"]}\n' >migrate.yaml
    run migrate up
    [ "$status" -eq 0 ]
    [[ "$output" == *"warning: hooks.after: false ended with 1; the run itself succeeded"* ]]
}

@test "one that is not there is a configuration error, with its place; one that hangs is stopped" {
    printf 'hooks: {before: [no-such-program]}\n' >migrate.yaml
    run migrate up
    [ "$status" -eq 2 ]
    [[ "$output" == *"migrate.yaml:1:17: error: hooks.before: cannot run no-such-program"* ]]
    printf 'hooks: {before: [sh, -c, "sleep 1000"], timeout: 100ms}\n' >migrate.yaml
    run migrate up
    [ "$status" -eq 4 ]
    [[ "$output" == *"did not end within 100 ms"* ]]
    [ -z "$(pg_sql "SELECT to_regclass('a')")" ]
}

@test "no way into the database is in its environment, what is not a secret is" {
    printf 'url: "postgresql://postgres:${DB_SECRET}@/%s?host=%s&port=5432"\nhooks: {before: [tools/hook]}\n' "$PGDATABASE" "$PG_DIR" >migrate.yaml
    unset DATABASE_URL
    DB_SECRET=geheim PGPASSWORD=geheim MIGRATE_PASSWORD_FILE='' SLACK_URL=https://example.com/x run migrate up
    [ "$status" -eq 0 ]
    ! grep -q geheim before.env before.json
    grep -qx SLACK_URL=https://example.com/x before.env
    [[ "$(jq -r .database before.json)" == "postgresql://postgres@/"* ]]
    DATABASE_URL=$(pg_url "$PGDATABASE") run migrate down
    ! grep -q ^DATABASE_URL before.env
}

@test "nothing to do and --dry-run call none; an interrupted run calls failure" {
    migrate up --dry-run
    [ ! -e before.json ]
    migrate up
    rm ./*.json
    migrate up
    [ ! -e before.json ]
    pg_sql "CREATE TABLE t (id int)"
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY i ON t (id);\n' >migrations/2_b.sql
    pg_session holder "BEGIN; INSERT INTO t VALUES (1)"
    "$MIGRATE_BIN" up >out 2>&1 3>&- &
    local pid=$!
    until_true grep -q holder out
    kill -TERM "$pid"
    wait "$pid" || [ $? -eq 143 ]
    [ "$(jq -c '[.result, .exit_code]' failure.json)" = '["interrupted",143]' ]
}

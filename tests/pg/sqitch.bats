#!/usr/bin/env bats
# sqitch itself and migrate on one database, taking turns.
load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    command -v sqitch >/dev/null || skip "sqitch is not there: apt-get install sqitch libdbd-pg-perl"
    pg_fresh_db "sqitch_$BATS_TEST_NUMBER" 2>/dev/null
    mkdir "$BATS_TEST_TMPDIR/project"
    cd "$BATS_TEST_TMPDIR/project" || return 1
    export HOME=$BATS_TEST_TMPDIR SQITCH_FULLNAME="Some Body" SQITCH_EMAIL=some@body.example
    sq init shop --engine pg --uri HTTP://Example.com >/dev/null
    target=db:pg://postgres@/$PGDATABASE?host=$PG_DIR
}

sq() { sqitch --quiet "$@"; }

change() { # NAME [sqitch add's options]
    local name=$1
    shift
    sq add "$name" -n "makes $name" "$@"
    printf 'BEGIN;\nCREATE TABLE %s (id int);\nCOMMIT;\n' "$name" >"deploy/$name.sql"
    printf 'BEGIN;\nDROP TABLE %s;\nCOMMIT;\n' "$name" >"revert/$name.sql"
    printf 'BEGIN;\nSELECT id FROM %s WHERE false;\nROLLBACK;\n' "$name" >"verify/$name.sql"
}

tables() {
    pg_sql "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
}

# What the registry says, but for times.
registry() {
    pg_sql "SELECT 'change', change_id, script_hash, change, project, note, planned_at, planner_name, planner_email, committer_name, committer_email FROM sqitch.changes ORDER BY planned_at, change_id" \
        "SELECT 'depends', change_id, type, dependency, dependency_id FROM sqitch.dependencies ORDER BY 2, 4" \
        "SELECT 'tag', tag_id, tag, project, change_id, note, planned_at, planner_name, planner_email, committer_name, committer_email FROM sqitch.tags ORDER BY 2" \
        "SELECT 'event', event, change_id, change, project, note, requires, conflicts, tags, planned_at, planner_name, planner_email, committer_name FROM sqitch.events ORDER BY committed_at" \
        "SELECT 'project', project, uri, creator_name FROM sqitch.projects"
}

# Everything a plan can say: notes with line ends, requirements of each kind, conflicts, tags, a rework.
whole_plan() {
    change a
    change b -r a -n "second
line \\ with back"
    sq tag v1 -n "the first"
    sq tag v1b -n "and again"
    change c -r a -r b@v1 -r @v1 -x other:nothing
    printf 'd [shop:c] 2026-01-31T12:00:00Z J\xc3\xb6rg O'"'"'Neill <joerg@o.example>\n' >>sqitch.plan
    cp deploy/c.sql deploy/d.sql && sed -i 's/ c / d /' deploy/d.sql
    printf 'DROP TABLE d;\n' >revert/d.sql
    sq rework a -n "again"
    printf 'BEGIN;\nALTER TABLE a ADD more int;\nCOMMIT;\n' >deploy/a.sql
    printf 'BEGIN;\nALTER TABLE a DROP more;\nCOMMIT;\n' >revert/a.sql
    sq tag v2 -n "the second"
}

@test "mirror: the registry is what sqitch itself would have made of the same plan" {
    whole_plan
    createdb "${PGDATABASE}_own"
    sq deploy "db:pg://postgres@/${PGDATABASE}_own?host=$PG_DIR"
    PGDATABASE=${PGDATABASE}_own registry >"$BATS_TEST_TMPDIR/wanted"
    sq deploy --to a@v1 "$target"
    migrate adopt --from sqitch --dir . --mirror --quiet
    migrate up --dir . --quiet --gate off
    registry >"$BATS_TEST_TMPDIR/got"
    diff "$BATS_TEST_TMPDIR/wanted" "$BATS_TEST_TMPDIR/got"
}

@test "they take turns, up and down, and each sees the truth" {
    whole_plan
    sq deploy --to @v1 "$target"
    migrate adopt --from sqitch --dir . --mirror
    migrate up 2 --dir . --quiet --gate off
    [ "$(tables)" = "a b c d" ]
    run sqitch status "$target"
    [[ "$output" == *"Undeployed change:"*"a @v2"* ]]
    sq deploy "$target"
    run migrate up --dir . --gate off
    [[ "$output" == *"5 a was applied by sqitch: recorded"* ]]
    run sqitch status "$target"
    [[ "$output" == *"Nothing to deploy (up-to-date)"* ]]
    migrate down 2 --dir . --quiet
    [ "$(tables)" = "a b c" ]
    run sqitch status "$target"
    [[ "$output" == *"Undeployed changes:"*"d"*"a @v2"* ]]
    sq verify "$target"
    sq revert -y --to b "$target"
    run migrate down --dir .
    [ "$status" -eq 5 ]
    migrate mark 3 --pending --dir . --quiet
    migrate up --dir . --quiet --gate off
    run sqitch status "$target"
    [[ "$output" == *"Nothing to deploy (up-to-date)"* ]]
    [ "$(pg_sql "SELECT string_agg(event, ' ' ORDER BY committed_at) FROM sqitch.events WHERE change = 'd'")" = "deploy revert deploy" ]
    sq revert -y "$target"
    [ -z "$(tables)" ]
}

@test "each keeps the other out while it works" {
    change a
    sq deploy "$target"
    migrate adopt --from sqitch --dir . --mirror --quiet
    change b
    printf 'BEGIN;\nCREATE TABLE b (id int);\nALTER TABLE a ADD b int;\nCOMMIT;\n' >deploy/b.sql
    pg_session sqitch_itself "SELECT pg_advisory_lock(75474063)"
    run migrate up --dir . --run-lock-wait 1s
    [ "$status" -eq 6 ]
    [[ "$output" == *"sqitch is running: it holds its own lock"* ]]
    pg_session_end sqitch_itself
    pg_session reader "BEGIN; LOCK TABLE a"
    "$MIGRATE_BIN" up --dir . --quiet 3>&- &
    until_true locked
    run sqitch deploy --lock-timeout 1 "$target"
    [ "$status" -ne 0 ]
    [[ "$output" == *"Timed out waiting"* ]]
    pg_session_end reader
    wait $!
    sq deploy "$target" || [ "$(tables)" = "a b" ]
    [ "$(tables)" = "a b" ]
}
locked() { [ "$(pg_sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 75474063 AND granted")" = 1 ]; }

@test "adopt --mirror: a plan that sqitch would not find its changes in is refused" {
    change a
    change b
    sq deploy --to a "$target"
    sed -i 's/# makes a/# made a/' sqitch.plan
    run migrate adopt --from sqitch --dir . --mirror
    [ "$status" -eq 5 ]
    [[ "$output" == *"the plan was edited since"* ]]
    [ "$(pg_sql "SELECT to_regclass('migrate.migrations') IS NULL")" = t ]
    migrate adopt --from sqitch --dir . --quiet
}

@test "two projects in one registry: rows of the other one are not ours" {
    change a
    sq deploy "$target"
    mkdir other
    cd other
    sq init other --engine pg >/dev/null
    change a
    change b
    sed -i 's/ a / o /' deploy/a.sql
    sq deploy --to a "$target"
    run migrate adopt --from sqitch --dir . --mirror
    [ "$status" -eq 0 ]
    [[ "$output" == *"1 to adopt, 0 known already, 1 pending"* && "$output" != *"without a file"* ]]
    migrate up --dir . --quiet
    run sqitch status "$target"
    [[ "$output" == *"up-to-date"* ]]
}

@test "verify scripts: behind each change, and what they refuse is reverted" {
    change a
    change b
    change c
    printf 'CREATE TABLE bb (id int);\n' >deploy/b.sql
    printf 'DROP TABLE bb;\n' >revert/b.sql
    migrate up --dir . --quiet --dry-run >/dev/null
    run migrate up --dir . --verify
    echo "$output"
    [ "$status" -eq 3 ]
    [[ "$output" == *"verify/b.sql:2:16: error: the verify script of b says no"*'relation "b" does not exist'*"the change was reverted"* ]]
    [ "$(tables)" = a ]
    [[ "$(migrate status --dir .)" == *"1 applied, 2 pending"* ]]
    migrate up --dir . --quiet
    run migrate validate --dir . --verify
    [ "$status" -eq 1 ]
    [[ "$output" == *"migration 2 b: its verify script says no"*"verify/b.sql:2"* && "$output" != *"migration 3"* ]]
    migrate validate --dir .
    pg_sql "CREATE TABLE b (id int)"
    migrate validate --dir . --verify
}

@test "verify scripts: by the project's own sqitch.conf, leave nothing behind" {
    change a
    printf 'BEGIN;\nABORT;\nCREATE TABLE left_behind (id int);\nSET search_path = pg_catalog;\nSELECT 1/0;\nCOMMIT;\n' >verify/a.sql
    sqitch config deploy.verify true
    run migrate up --dir . --gate off
    [ "$status" -eq 3 ]
    [ -z "$(tables)" ]
    sed -i 's/SELECT 1.0/SELECT 1/' verify/a.sql
    change b
    migrate up --dir . --gate off --quiet
    [ "$(tables)" = "a b" ]
}

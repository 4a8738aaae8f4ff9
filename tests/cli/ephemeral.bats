# The throw-away server, as root and as an ordinary user.
load lib.bash
bats_require_minimum_version 1.5.0

setup() { common_setup; }

@test "a command runs with the server, its exit code is ours, nothing is left" {
    run migrate ephemeral -- sh -c 'echo "$DATABASE_URL" >url; "$MIGRATE_BIN" wait --timeout 1s && exit 9'
    [ "$status" -eq 9 ]
    [ -s url ]
    run migrate wait --timeout 100ms --url "$(cat url)"
    [ "$status" -eq 4 ]
}

@test "a command that is not there, or is killed" {
    run -127 migrate ephemeral -- ./nothing-here
    [[ "$output" == *"cannot run ./nothing-here"* ]]
    run migrate ephemeral -- sh -c 'kill -TERM $$'
    [ "$status" -eq 143 ]
}

@test "options behind -- are the command's" {
    run migrate ephemeral -- echo --help -x
    [ "$output" = "--help -x" ]
}

@test "up and status on one that lives for one command only" {
    write migrations/1_a.sql <<<$'-- migrate:up\nCREATE TABLE t (a int);'
    run migrate up --url ephemeral:
    [ "$status" -eq 0 ]
    [[ "$output" == *"applied 1 migration in "* ]]
    run migrate status --url ephemeral: --quiet
    [ "$output" = "1 pending" ]
}

@test "the rulebook's claims hold on a server" {
    run migrate rules verify --url ephemeral: --only create-index
    [ "$status" -eq 0 ]
    [[ "${lines[-1]}" == *" 0 differences, 0 could not be tried" ]]
}

@test "verify tells a false claim" {
    write own/forms/lies.yaml <<'YAML'
- form: create-index
  title: CREATE INDEX
  match: CREATE [ UNIQUE ] INDEX !CONCURRENTLY [ IF NOT EXISTS ] [ $index ] ON [ ONLY ] $table …
  locks: { $table: ACCESS EXCLUSIVE }
  source: https://www.postgresql.org/docs/current/sql-createindex.html
  examples:
    - setup: CREATE TABLE t (a int); INSERT INTO t SELECT 1;
      sql: CREATE INDEX i ON t (a);
YAML
    run migrate rules verify --url ephemeral: --rules own --only create-index
    [ "$status" -eq 1 ]
    [[ "$output" == *"lock on public.t: the rulebook says ACCESS EXCLUSIVE, PostgreSQL"*"SHARE"* ]]
    [[ "$output" == *"building public.i: the rulebook says no"* ]]
    [[ "$output" == *"reading all of public.t: the rulebook says no"* ]]
}

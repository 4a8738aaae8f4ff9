# What the repository brings for CI: action.yml, .pre-commit-hooks.yaml, docs/gitlab-ci.yml.
#
# Read by others where they are there: pre-commit itself, and ACTION_VALIDATOR (npm's @action-validator/cli) for action.yml.
load lib.bash

setup() {
    common_setup
    unset "${!GIT_@}" "${!GITHUB_@}" "${!CI_@}"
    export HOME=$BATS_TEST_TMPDIR GIT_CONFIG_NOSYSTEM=1
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    git init -q -b main origin
    cd origin
    git config user.name t
    git config user.email t@example.com
    write migrations/1_a.sql <<<$'-- migrate:up\nCREATE TABLE t (a int); DROP TABLE old;'
    git add -A && git commit -qm first
    cd ..
    git clone -q "file://$PWD/origin" work
    cd work
    git config user.name t
    git config user.email t@example.com
    mkdir ../bin
    PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

action() { "$root/tests/lib/run-action" "$root/action.yml" "$PWD" "binary=$MIGRATE_BIN" "$@"; }

# gh that writes down what it is asked, and knows of the comments in ../comments.
fake_gh() {
    write ../bin/gh <<'SH'
#!/bin/bash
echo "$GH_TOKEN gh $*" >>../gh.log
for a; do [[ $a == body=@* ]] && cp "${a#body=@}" ../body.md; done
[[ " $* " == *" --jq "* ]] && cat ../comments
[ ! -e ../gh-fails ] || [[ " $* " == *" --jq "* ]]
SH
    chmod +x ../bin/gh
    touch ../comments
}

@test "action.yml: annotations, a summary, the exit code" {
    write migrations/2_b.sql <<<$'-- migrate:up\nCREATE INDEX i ON u (a);'
    run action
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *"::error file=migrations/2_b.sql,line=2,col=1,"* ]]
    [[ "$output" == *"::warning file=migrations/1_a.sql,"* ]]
    [[ "$output" == *"output exit-code=1"* ]]
    [[ "$output" != *"uses github"* ]]
    grep -q '^### migrate lint: 1 error, 1 warning' ../summary.md
    rm migrations/2_b.sql
    run action args="--gate off"
    [ "$status" -eq 0 ]
    run action paths=$'migrations/1_a.sql\nmissing file.sql'
    [ "$status" -eq 2 ]
    [[ "$output" == *"missing file.sql"* ]]
    run action binary=no-such-program
    [ "$status" -eq 2 ]
}

@test "action.yml: a pull request is judged by what it changes, also in a shallow clone" {
    git -C ../origin switch -qc branch
    (cd ../origin && write migrations/2_b.sql <<<$'-- migrate:up\nDROP TABLE u;' && git add -A && git commit -qm second)
    (cd ../origin && git switch -q main && write migrations/3_c.sql <<<$'-- migrate:up\nDROP TABLE v;' && git add -A && git commit -qm third)
    git clone -q --depth 1 --branch branch "file://$BATS_TEST_TMPDIR/origin" ../shallow
    cd ../shallow
    run action github.base_ref=main args="--gate warning"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *"file=migrations/2_b.sql,"* ]]
    [[ "$output" != *"file=migrations/1_a.sql,"* ]]
    run action github.base_ref=main since=
    [[ "$output" == *"file=migrations/1_a.sql,"* ]]
    run action github.base_ref=nowhere
    [ "$status" -eq 2 ]
    [[ "$output" == *"::error::cannot fetch the base branch nowhere"* ]]
}

@test "action.yml: SARIF for code scanning, before the job fails" {
    write 'db/m 2/2_b.sql' <<<'CREATE INDEX i ON u (a);'
    run action working-directory=db paths='m 2' upload-sarif=true sarif=out.sarif
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *"uses github/codeql-action/upload-sarif@v3 {\"sarif_file\": \"$PWD/db/out.sarif\""* ]]
    "$root/tests/lib/check-sarif" db/out.sarif
    run action upload-sarif=true
    [[ "$output" == *"uses github/codeql-action/upload-sarif@v3"*"migrate-lint.sarif"* ]]
}

@test "action.yml: one comment, edited later, not begun for nothing" {
    fake_gh
    export GITHUB_REPOSITORY=o/r
    pr="github.event.pull_request.number=7"
    run action comment=true
    [ ! -e ../gh.log ]
    run action comment=true $pr args="--gate off"
    echo "$output"
    [ "$status" -eq 0 ]
    grep -q '^a-token gh api --silent --method POST repos/o/r/issues/7/comments -F body=@' ../gh.log
    [[ "$(head -1 ../body.md)" == "<!-- migrate lint -->" ]]
    echo 99 >../comments
    run action comment=true $pr args="--gate off"
    grep -q 'method PATCH repos/o/r/issues/comments/99 ' ../gh.log
    rm ../gh.log
    : >../comments
    write migrations/1_a.sql <<<$'-- migrate:up\nCREATE TABLE t (a int);'
    run action comment=true $pr
    [ "$(grep -c POST ../gh.log)" = 0 ]
    echo 99 >../comments
    run action comment=true $pr
    grep -q PATCH ../gh.log
    grep -q 'nothing found' ../body.md
    touch ../gh-fails
    run action comment=true $pr
    [ "$status" -eq 0 ]
    [[ "$output" == *"::warning::the comment could not be written"* ]]
}

@test "action.yml: what others say of it" {
    [ -n "${ACTION_VALIDATOR:-}" ] || skip "no ACTION_VALIDATOR"
    "$ACTION_VALIDATOR" "$root/action.yml"
}

# A repository with the hooks, as pre-commit would clone it, whose program is the one under test.
hooks_repository() {
    mkdir -p ../hooks/tools
    cp "$root/.pre-commit-hooks.yaml" ../hooks
    cp "$root/tools/ci-pre-commit" ../hooks/tools
    printf 'migrate:\n\tln -s "%s" migrate\n' "$MIGRATE_BIN" >../hooks/Makefile
    git -C ../hooks init -q -b main
    (cd ../hooks && git config user.name t && git config user.email t@e && git add -A && git commit -qm hooks)
    ln -s "$MIGRATE_BIN" ../bin/migrate
}

# commit FILE: try to commit it by a real git commit.
commit() { git add -- "$1" && git commit -qm "$1"; }

@test "the hooks, through pre-commit and a real commit" {
    command -v pre-commit >/dev/null || skip "no pre-commit"
    hooks_repository
    export PRE_COMMIT_HOME=$BATS_TEST_TMPDIR/pre-commit
    pre-commit validate-manifest "$root/.pre-commit-hooks.yaml"
    for id in migrate-lint migrate-lint-build; do
        write .pre-commit-config.yaml <<YAML
repos:
  - repo: file://$BATS_TEST_TMPDIR/hooks
    rev: $(git -C ../hooks rev-parse HEAD)
    hooks:
      - id: $id
        args: [--gate, warning]
YAML
        pre-commit install >/dev/null
        write migrations/2_b.sql <<<$'-- migrate:up\nALTER TABLE t ADD COLUMN b int;'
        commit migrations/2_b.sql
        write readme.txt <<<'DROP TABLE x;'
        commit readme.txt
        write "migrations/3_c d.sql" <<<$'-- migrate:up\nDROP TABLE x;'
        run commit "migrations/3_c d.sql"
        echo "$output"
        [ "$status" -ne 0 ]
        [[ "$output" == *"migrations/3_c d.sql:2:1: warning: dropping public.x"* ]]
        git reset -q
        rm "migrations/3_c d.sql"
        git reset -q --hard HEAD~2
    done
}

@test "the hooks' entries, through a real commit without pre-commit" {
    hooks_repository
    for id in migrate-lint migrate-lint-build; do
        /usr/bin/python3 - "$id" "$BATS_TEST_TMPDIR/hooks" >.git/hooks/pre-commit <<'PY'
import sys, yaml
hook = next(h for h in yaml.safe_load(open(sys.argv[2] + "/.pre-commit-hooks.yaml")) if h["id"] == sys.argv[1])
entry = hook["entry"] if hook["language"] == "system" else sys.argv[2] + "/" + hook["entry"]
print("#!/bin/bash\nset -e -o pipefail")
print(f"git diff --cached --name-only -z --diff-filter=ACMRT | grep -zP '{hook['files']}' | xargs -0 -r {entry}")
PY
        chmod +x .git/hooks/pre-commit
        write migrations/2_b.sql <<<$'-- migrate:up\nCREATE INDEX i ON t (a);'
        run commit migrations/2_b.sql
        echo "$output"
        [ "$status" -ne 0 ]
        [[ "$output" == *"migrations/2_b.sql:2:1: error: index built without CONCURRENTLY"* ]]
        write migrations/2_b.sql <<<$'-- migrate:up\nCREATE INDEX CONCURRENTLY i ON t (a);'
        commit migrations/2_b.sql
        git reset -q --hard HEAD~1
    done
}

# gitlab NAME=VALUE…: run the template's job, as GitLab's runner does, line after line.
gitlab() {
    /usr/bin/python3 - "$root/docs/gitlab-ci.yml" >../job.sh <<'PY'
import sys, yaml
job = yaml.safe_load(open(sys.argv[1]))["migrate-lint"]
assert set(job) == {"stage", "image", "variables", "rules", "before_script", "script", "artifacts"}
assert set(job["artifacts"]["reports"]) == {"codequality", "junit"}
assert job["artifacts"]["when"] == "always"
print("set -eo pipefail")
for name, value in job["variables"].items():
    assert isinstance(value, str)
    print(f': "${{{name}={value}}}"')
for line in job["before_script"] + job["script"]:
    assert isinstance(line, str)
    print(line)
PY
    env "$@" bash ../job.sh
}

@test "docs/gitlab-ci.yml: reports for the widgets, findings in the log, the exit code" {
    write migrations/2_b.sql <<<$'-- migrate:up\nCREATE INDEX i ON u (a);'
    run gitlab MIGRATE="$MIGRATE_BIN"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *"migrations/2_b.sql:2:1: error: index built"* ]]
    [ "$(jq length gl-code-quality-report.json)" = 2 ]
    xmllint --noout --schema "$root/tests/lib/junit.xsd" migrate-lint.xml
    run gitlab MIGRATE="$MIGRATE_BIN" LINT_ARGS="--gate off"
    [ "$status" -eq 0 ]
    run gitlab MIGRATE="$MIGRATE_BIN" CI_MERGE_REQUEST_DIFF_BASE_SHA="$(git rev-parse HEAD)"
    [ "$(jq length gl-code-quality-report.json)" = 1 ]
    run gitlab MIGRATE="$MIGRATE_BIN" LINT_ARGS="--since nowhere"
    [ "$status" -ne 0 ]
    [[ "$output" == *"no such revision"* ]]
}

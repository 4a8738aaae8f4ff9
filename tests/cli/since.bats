# lint --since REV: only what a branch changes is judged.
load lib.bash

setup() {
    common_setup
    unset "${!GIT_@}"
    export HOME=$BATS_TEST_TMPDIR GIT_CONFIG_NOSYSTEM=1
    git init -q -b main repo
    cd repo
    git config user.name t
    git config user.email t@example.com
    write m/1_a.sql <<<'CREATE TABLE t (a int, b int NOT NULL); DROP TABLE q;'
    write m/2_b.sql <<<'ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL);'
    save first
}

save() { git add -A && git commit -qm "$1"; }
judged() { migrate lint --gate off --quiet --format junit "$@" | xmllint --xpath '//testcase/@name' - 2>/dev/null | sed 's/ name="\(.*\)"/\1/' | paste -sd' '; }

@test "added, changed, staged, untracked and ignored files are judged, on top of the others" {
    git switch -qc branch
    write m/3_committed.sql <<<'ALTER TABLE t ALTER a SET NOT NULL;'
    save second
    write m/4_staged.sql <<<'SELECT 1;'
    git add m/4_staged.sql
    write m/5_untracked.sql <<<'SELECT 1;'
    echo '6*' >.gitignore
    write m/6_ignored.sql <<<'SELECT 1;'
    [ "$(judged --since main m)" = "m/3_committed.sql m/4_staged.sql m/5_untracked.sql m/6_ignored.sql" ]
    [ "$(judged --since HEAD m)" = "m/4_staged.sql m/5_untracked.sql m/6_ignored.sql" ]
    [ "$(judged --since HEAD~1 m/3_committed.sql m/1_a.sql)" = "m/3_committed.sql" ]
    # The constraint of the second file proves what the third needs.
    run migrate lint --since main m/3_committed.sql --gate note
    [ "$status" -eq 0 ]
    echo '-- more' >>m/2_b.sql
    [ "$(judged --since HEAD m/2_b.sql m/1_a.sql)" = "m/2_b.sql" ]
}

@test "a renamed file is judged, a deleted one is no trouble" {
    git switch -qc branch
    git mv m/2_b.sql m/9_b.sql
    git rm -q m/1_a.sql
    save second
    [ "$(judged --since main m)" = "m/9_b.sql" ]
    git config diff.renames copies
    [ "$(judged --since main m)" = "m/9_b.sql" ]
}

@test "what the other branch did since is not this branch's" {
    git switch -qc branch
    write m/3_c.sql <<<'SELECT 1;'
    save second
    git switch -q main
    echo '-- edited on main' >>m/1_a.sql
    save third
    git switch -q branch
    [ "$(judged --since main m)" = "m/3_c.sql" ]
}

@test "nothing changed: nothing judged, and it is said" {
    run migrate lint --since HEAD m
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "0 errors, 0 warnings, 0 notes; 0 statements in 0 files; 0 could not be read" ]
    [ "${lines[1]}" = "note: 2 files not judged: not changed since HEAD" ]
}

@test "from any folder, through links, with any name" {
    mkdir -p sub
    ln -s "$PWD/m" "$BATS_TEST_TMPDIR/link"
    write $'m/3_ü "x"\n.sql' <<<'SELECT 1;'
    save second
    [ "$(cd sub && judged --since HEAD~1 ../m)" = "$(printf '../m/3_ü &quot;x&quot;&#10;.sql')" ]
    [[ "$(judged --since HEAD~1 "$BATS_TEST_TMPDIR/link")" == *link/3_* ]]
    git worktree add -q ../tree -b other
    echo 'SELECT 2;' >../tree/m/4_d.sql
    [[ "$(judged --since main ../tree/m)" == *tree/m/4_d.sql ]]
}

@test "two repositories, one in the other" {
    git init -q -b main inner
    write inner/m/1_x.sql <<<'SELECT 1;'
    write inner/m/2_y.sql <<<'SELECT 1;'
    (cd inner && git config user.name t && git config user.email t@e && git add m/1_x.sql && git commit -qm x)
    [ "$(judged --since main m inner/m)" = "inner/m/2_y.sql" ]
}

@test "standard input is always new" {
    run bash -c 'echo "DROP TABLE q" | "$MIGRATE_BIN" lint --since HEAD --stdin-filename m/1_a.sql --gate note'
    [ "$status" -eq 1 ]
}

@test "the user's configuration and a hook's environment change nothing" {
    git config core.pager false
    git config diff.external false
    git config diff.relative true
    git config core.fsmonitor "$PWD/hook"
    git config core.quotePath true
    git config color.ui always
    write hook <<<$'#!/bin/sh\ntouch "$0.ran"'
    chmod +x hook
    write m/3_ü.sql <<<'SELECT 1;'
    [ "$(GIT_DIR=/nowhere GIT_INDEX_FILE=/nowhere GIT_WORK_TREE=/ GIT_EXTERNAL_DIFF=false GIT_LITERAL_PATHSPECS=1 judged --since main m)" = "m/3_ü.sql" ]
    [ ! -e hook.ran ]
}

@test "what cannot be told is exit 2 and says why" {
    for rev in nowhere '' '--output=x' 'main:m'; do
        run migrate lint --since "$rev" m
        echo "$rev: $output"
        [ "$status" -eq 2 ]
        [[ "$output" == *"no such revision"* ]]
    done
    [ ! -e x ]
    git clone -q . ../clone
    run migrate lint --since feature ../clone/m
    [ "$status" -eq 2 ]
    git branch feature
    git -C ../clone fetch -q
    run migrate lint --since feature ../clone/m
    [[ "$output" == *"did you mean --since origin/feature?"* ]]
    write ../outside/1_a.sql <<<'SELECT 1;'
    run migrate lint --since main ../outside
    [ "$status" -eq 2 ]
    [[ "$output" == *"../outside/1_a.sql is in no git repository"* ]]
}

@test "a shallow clone" {
    git switch -qc branch
    write m/3_c.sql <<<'SELECT 1;'
    save second
    git switch -q main
    write m/4_d.sql <<<'SELECT 1;'
    save third
    git clone -q --depth 1 --no-single-branch "file://$PWD" ../shallow
    run migrate lint --since origin/branch ../shallow/m
    echo "$output"
    [ "$status" -eq 2 ]
    [[ "$output" == *"no history in common with HEAD"*"shallow"*"--unshallow"* ]]
    run migrate lint --since HEAD~1 ../shallow/m
    [ "$status" -eq 2 ]
    [[ "$output" == *"no such revision"*"shallow"* ]]
    git -C ../shallow fetch -q --unshallow
    [[ "$(judged --since origin/branch ../shallow/m)" == *m/4_d.sql ]]
}

@test "without git" {
    mkdir empty
    run env PATH="$PWD/empty" "$MIGRATE_BIN" lint --since main m
    [ "$status" -eq 2 ]
    [[ "$output" == *"there is no program git"* ]]
}

# The documentation's pages lead to each other. What they show is held against the program by tests/pg/docs.bats.

setup() { cd "$BATS_TEST_DIRNAME/../.."; }

@test "every link leads somewhere" { tests/lib/check-links $(find . -name "*.md" -not -path "*/build/*" -not -path "./.git/*" -printf "%P\n"); }

@test "the index names every page" {
    for page in $(find docs -name '*.md' ! -name README.md); do
        grep -qF "(${page#docs/})" docs/README.md || { echo "$page is not in docs/README.md"; return 1; }
    done
}

@test "troubleshooting knows every exit code, and quotes what the program says" {
    tests/lib/check-messages docs/troubleshooting.md src
}

@test "a page that shows something else is told, by line; placeholders, exit codes and files are heeded" {
    unset PGHOST
    cd "$BATS_TEST_TMPDIR"
    page() { cat >page.md && run "$BATS_TEST_DIRNAME/../lib/run-docs" page.md; }
    page <<'MD'
Make `a.txt`:

```text file=a.txt
one
two
```

```console exit=3
$ cat a.txt
o…
two
$ printf '1\n2\n3\n'
1
…
$ echo done in 31 ms
done in 2.4 s
$ exit_is() { return "$1"; }
$ exit_is 3
```
MD
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"5 commands, 0 not run, 0 errors" ]]
    page <<<$'```console\n$ echo hello\nhullo\n```'
    [ "$status" -eq 1 ]
    [[ "$output" == *"page.md:3: \$ echo hello"*"-hullo"*"+hello"* ]]
    page <<<$'```console\n$ false\n```'
    [[ "$output" == *"page.md:2: ended with 1, not 0"* ]]
    page <<<$'```console\n$ echo 1\n1\n$ sh -c \'exit 4\'\n$ echo $?\n4\n```'
    [ "$status" -eq 0 ]
    page <<<$'Nothing is said.\n\n```sql file=b.sql\nSELECT 1;\n```'
    [[ "$output" == *"does not say that this is b.sql"* ]]
    page <<<$'```text\n$ echo never run\n```'
    [[ "$output" == *"page.md:2: a command in a block that is not run"* ]]
    page <<<$'    $ echo never run'
    [ "$status" -eq 1 ]
    page <<<$'<!-- not run: because -->\n```console\n$ false\n```'
    [[ "$output" == *"0 commands, 1 not run, 0 errors"* ]]
}

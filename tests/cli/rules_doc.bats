# The rulebook's manual: what is in the repository is what the program writes, and mandoc has nothing to complain about.
load lib.bash

setup() {
    common_setup
    root=$BATS_TEST_DIRNAME/../..
}

# same FILE FORMAT
same() {
    migrate rules doc --format "$2" >written
    diff -u "$root/$1" written | head -n 30 >difference
    [ -s difference ] || return 0
    cat difference
    echo "$1 is not what rules/ says: run \`make docs\` and commit it"
    return 1
}

@test "man/migrate-rules.5 is up to date" { same man/migrate-rules.5 man; }

@test "docs/rules.md is up to date" { same docs/rules.md markdown; }

@test "mandoc is content with the page" {
    command -v mandoc >/dev/null || skip "no mandoc"
    migrate rules doc --format man >migrate-rules.5
    # Pages of this project may not be installed yet.
    run bash -c 'mandoc -Tlint migrate-rules.5 2>/dev/null | grep -v "referenced manual not found: Xr migrate"'
    [ -z "$output" ]
}

@test "every rule and form stands in the documents, and every link leads somewhere" {
    migrate rules doc >rules.md
    migrate rules doc --format man >page
    for id in $(migrate rules list --json | jq -r '.rules[].rule'); do
        grep -qx "### $id" rules.md
        grep -q "^\.It Ic $id " page
    done
    sed -n 's/^### //p; s/.*<a id="\([^"]*\)".*/\1/p' rules.md | sort >anchors
    [ -z "$(uniq -d anchors)" ]
    grep -oE '\]\(#[^)]*\)' rules.md | sed 's/](#//; s/)//' | sort -u >links
    [ "$(wc -l <links)" -gt 100 ]
    run comm -23 links anchors
    [ -z "$output" ]
}

@test "effects are told by version" {
    migrate rules doc >rules.md
    grep -q '^| .*`detach-partition-concurrently` .*refused by the server (up to 13)' rules.md
    grep -q '^| .*`reindex-table` .*SHARE: `partitions($table)` (from 14)' rules.md
    # A condition that asks for more than the version keeps the rest.
    grep -q '^| .*`detach-partition` .*(up to 13, when `any(referencing($parent)) or has_row_triggers($parent)`)' rules.md
    grep -q '^| .*`create-index` .*SHARE: `$table`' rules.md
}

@test "the safe way is SQL that fits the example" {
    migrate rules doc >rules.md
    sed -n '/^### require-concurrent-index-creation$/,/^### /p' rules.md >section
    grep -qx 'CREATE INDEX CONCURRENTLY orders_customer_idx ON app.orders (customer_id);' section
    ! grep -q '{' section
}

@test "a manual of one's own rules" {
    write own/a.yaml <<'YAML'
rule: our-rule
on: create-table
severity: note
title: "{table} | has *stars* and <tags>"
why: |
  First line.

  .Second \paragraph. It has "quotes" and 'those'.
source: https://example.com/
fails:
  - CREATE TABLE a (b int);
passes:
  - DROP TABLE a;
YAML
    migrate rules doc --rules own >rules.md
    grep -qF '| *table* \| has \*stars\* and \<tags\> |' rules.md
    migrate rules doc --rules own --format man >page.5
    grep -qxF '\&.Second \eparagraph.' page.5
    if command -v mandoc >/dev/null; then
        run bash -c 'mandoc -Tlint page.5 2>/dev/null | grep -v "referenced manual not found: Xr migrate"'
        [ -z "$output" ]
    fi
    run migrate rules doc --format html
    [ "$status" -eq 2 ]
}

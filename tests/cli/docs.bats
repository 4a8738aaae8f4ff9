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

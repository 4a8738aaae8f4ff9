# The manual page knows every command and every option that help shows, and mandoc has nothing to complain about.
load lib.bash

setup() {
    common_setup
    manual=$BATS_TEST_DIRNAME/../../man/migrate.1
}

@test "every command" {
    for c in $(migrate help | sed -n 's/^    \([a-z]*\) .*/\1/p'); do
        grep -q "^\.It Cm $c\b" "$manual" || { echo "$c is not in the manual"; return 1; }
    done
}

@test "every option" {
    for c in $(migrate help | sed -n 's/^    \([a-z]*\) .*/\1/p'); do
        for o in $(migrate help "$c" | grep -oE '^    (-., |    )--[a-z0-9-]+' | sed 's/.*--//'); do
            grep -qE "Fl -$o( |$)" "$manual" || { echo "--$o of $c is not in the manual"; return 1; }
        done
    done
}

@test "every exit code" {
    for code in 0 1 2 3 4 5 6 7 8 70 71; do
        grep -qx "\.It $code" "$manual"
    done
}

@test "mandoc is content" {
    command -v mandoc >/dev/null || skip "no mandoc"
    for page in "$BATS_TEST_DIRNAME"/../../man/migrate.1 "$BATS_TEST_DIRNAME"/../../man/migrate-json.7; do
        # Pages of this project may not be installed yet.
        run bash -c 'mandoc -Tlint "$1" 2>/dev/null | grep -v "referenced manual not found: Xr migrate"' _ "$page"
        [ -z "$output" ]
    done
}

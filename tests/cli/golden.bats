# Folders of tests/cases/golden, byte for byte in every format. GOLDEN_UPDATE=1 writes what is found now, to be read before it is kept.
load lib.bash

setup() {
    common_setup
    cases=$BATS_TEST_DIRNAME/../cases/golden
    formats="text json github sarif gitlab junit checkstyle markdown"
}

@test "every format of every folder" {
    for folder in "$cases"/*/; do
        cp -r "$folder" "$BATS_TEST_TMPDIR/work"
        cd "$BATS_TEST_TMPDIR/work"
        for format in $formats; do
            # The version of the program is not what is looked at.
            { migrate lint --format "$format" migrations 2>/dev/null || true; } | sed 's/\("[a-zA-Z]*[vV]ersion":\)"[0-9]*\.[0-9]*\.[0-9]*"/\1"V"/g' >now
            [ -z "${GOLDEN_UPDATE:-}" ] || cp now "$folder/expected.$format"
            diff -u "$folder/expected.$format" now
        done
        cd .. && rm -r work
    done
}

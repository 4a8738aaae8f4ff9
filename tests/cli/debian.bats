# The Debian package, as far as can be said without building it: `make deb` builds it and has lintian read it, `make check-deb` installs it.
load lib.bash

setup() {
    common_setup
    root=$BATS_TEST_DIRNAME/../..
}

@test "its version is the program's" {
    [ "$(sed -n '1s/^migrate (\([^)]*\)) .*/\1/p' "$root/debian/changelog")" = "$(sed -n 's/^VERSION := //p' "$root/Makefile")" ]
}

@test "it is built with what building needs, and depends on what is loaded when it is wanted" {
    for package in $(sed -n "s/^build='\(.*\)'/\1/p" "$root/tools/setup" | tr ' ' '\n' | grep -- '-dev$' | grep -v libc6-dev); do
        sed -n '/^Build-Depends/,/^[A-Z]/p' "$root/debian/control" | grep -qw -- "$package" || { echo "$package is not in Build-Depends"; return 1; }
    done
    for package in libpq5 libsqlite3-0; do
        sed -n '/^Depends/,/^R/p' "$root/debian/control" | grep -qw -- "$package"
    done
    for package in libcurl4 libexpat1; do
        grep -q "^Recommends:.*\b$package\b" "$root/debian/control"
    done
    [ -x "$root/debian/rules" ]
}

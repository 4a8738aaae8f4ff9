# The release: its source tarball, and the program with libraries linked in.
load lib.bash

setup() {
    common_setup
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
}

@test "the source is what is committed, the same bytes each time" {
    git -C "$root" rev-parse HEAD >/dev/null 2>&1 || skip "no git repository"
    # In a clone: nothing is written here.
    git clone -q --no-hardlinks "$root" clone
    version=$(sed -n 's/^VERSION := //p' "$root/Makefile")
    for k in 1 2; do
        clone/tools/dist "$version" source >sums
        mv "clone/build/dist/migrate-$version.tar.gz" "$k.tar.gz"
        (umask 077 && touch clone/stray && git -C clone gc -q)
    done
    cmp 1.tar.gz 2.tar.gz
    grep -qx "$(sha256sum <2.tar.gz | cut -d ' ' -f 1)  migrate-$version.tar.gz" sums
    tar -tzf 1.tar.gz | sed "s,^migrate-$version/,," | grep -v '/$' | grep . | sort >packed
    git -C clone ls-files | sort | diff - packed
}

@test "with libraries linked in it needs the C library alone" {
    [ -z "$SAN" ] || skip "with sanitizers"
    static=$(dirname "$MIGRATE_BIN")/migrate-static
    [ -x "$static" ] || skip "not built: make BUILD/migrate-static"
    run bash -c 'readelf -dW "$1" | grep NEEDED | grep -vE "lib(c|m)\.so\.6"' _ "$static"
    [ -z "$output" ]
    three_migrations
    env -i "$static" version
    run env -i "$static" lint migrations/10_orders.sql --catalog "$BATS_TEST_DIRNAME/../cases/nothing"
    [ "$status" -eq 2 ] # SQLite is there: it is the file that is missing
    [[ "$output" == *"nothing"* ]]
    [[ "$output" != *"cannot load"* ]]
    MIGRATE_BIN=$static migrate runs --journal "$PWD/none.sqlite"
    [ "$(env -i "$static" lint migrations)" = "$(migrate lint migrations)" ]
}

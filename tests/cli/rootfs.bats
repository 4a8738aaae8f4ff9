# The files of the container's image: the program runs with them alone, as the user of the image.
load lib.bash

setup() {
    common_setup
    root=$BATS_TEST_DIRNAME/../..
}

@test "the program starts, lints, and loads libpq and SQLite, with nothing but these files" {
    [ -z "$SAN" ] || skip "with sanitizers"
    [ "$(id -u)" = 0 ] || skip "chroot wants root"
    "$root/tools/rootfs" "$MIGRATE_BIN" image
    inside() { env -i PATH=/usr/sbin:/usr/bin HOME=/work XDG_STATE_HOME=/tmp chroot --userspec=65532:65532 image /usr/bin/migrate "$@"; }
    [ "$(inside version)" = "$(migrate version)" ]
    printf -- '-- migrate:up\nCREATE INDEX i ON t (a);\n' >image/work/1_a.sql
    chmod 644 image/work/1_a.sql
    run inside lint /work/1_a.sql
    [ "$status" -eq 1 ]
    [[ "$output" == *require-concurrent-index-creation* ]]
    # libpq is there: no server is
    run inside status --dir /work --url host=/nowhere
    [ "$status" -eq 3 ]
    # SQLite is there: no run is
    run inside runs
    [ "$status" -eq 0 ]
    # libcurl and libexpat with all that they need
    for library in $(find image -name 'lib*.so*'); do
        run bash -c 'LC_ALL=C ldd "$1" | grep "not found"' _ "$library"
        [ -z "$output" ]
    done
    [ -z "$(find image -name '*sh' -type f -perm /111 ! -name '*.so*')" ]
    [ "$(find image -type f -perm /6000)" = "" ]
}

@test "the Dockerfile copies what is there, and ends as another user than root" {
    dockerfile=$root/Dockerfile
    for path in $(sed -n 's/^COPY \([^-].*\) [^ ]*$/\1/p' "$dockerfile"); do
        [ -e "$root/$path" ]
        grep -qxF "!$path" "$root/.dockerignore"
    done
    [ "$(grep -E '^(FROM|USER)' "$dockerfile" | tail -n 1)" = "USER 65532:65532" ]
    grep -qx 'FROM scratch' "$dockerfile"
    # what is to be installed is what building needs
    for package in $(sed -n "s/^build='\(.*\)'/\1/p" "$root/tools/setup" | tr ' ' '\n' | grep -v postgresql); do
        grep -qw -- "$package" "$dockerfile" || { echo "$package is not in the Dockerfile"; return 1; }
    done
}

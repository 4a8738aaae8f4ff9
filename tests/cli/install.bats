# make install and make uninstall: the program and every page of the manual, and nothing else.
load lib.bash

setup() {
    common_setup
    root=$BATS_TEST_DIRNAME/../..
    build=$(dirname "$MIGRATE_BIN")
    # Nothing is built here: what stands there is what is installed. (V=1 would print the recipes.)
    make_it() { env -u MAKEFLAGS -u MAKELEVEL make -s -C "$root" BUILD="${build#"$(cd "$root" && pwd)"/}" -o migrate "$@"; }
}

@test "everything lands where it belongs, and is gone again" {
    make_it install DESTDIR="$PWD/dest" PREFIX=/opt/m
    (cd dest && find . -type f | sort) >installed
    {
        echo ./opt/m/bin/migrate
        (cd "$root/man" && for page in *; do echo "./opt/m/share/man/man${page##*.}/$page"; done)
    } | sort >expected
    diff -u expected installed
    [ "$(wc -l <installed)" -ge 5 ]
    [ -x dest/opt/m/bin/migrate ]
    dest/opt/m/bin/migrate version >/dev/null
    for page in "$root"/man/*; do
        cmp "$page" "dest/opt/m/share/man/man${page##*.}/${page##*/}"
    done
    # A neighbour stays.
    echo other >dest/opt/m/bin/other
    echo other >dest/opt/m/share/man/man1/other.1
    make_it uninstall DESTDIR="$PWD/dest" PREFIX=/opt/m
    [ "$(cd dest && find . -type f | sort | paste -sd ' ')" = "./opt/m/bin/other ./opt/m/share/man/man1/other.1" ]
}

@test "installing twice, and uninstalling what is not there" {
    make_it install DESTDIR="$PWD/dest"
    make_it install DESTDIR="$PWD/dest"
    [ -x dest/usr/local/bin/migrate ]
    make_it uninstall DESTDIR="$PWD/dest"
    make_it uninstall DESTDIR="$PWD/dest"
    [ -z "$(find dest -type f)" ]
}

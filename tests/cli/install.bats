# make install and make uninstall: the program, the manual, completions and documents, each in its place, and nothing else.
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
        echo ./opt/m/share/bash-completion/completions/migrate
        echo ./opt/m/share/zsh/site-functions/_migrate
        echo ./opt/m/share/fish/vendor_completions.d/migrate.fish
        (cd "$root" && find README.md rules/README.md docs migrations-example -type f | sed 's,^,./opt/m/share/doc/migrate/,')
    } | sort >expected
    diff -u expected installed
    [ "$(wc -l <installed)" -ge 5 ]
    [ -x dest/opt/m/bin/migrate ]
    dest/opt/m/bin/migrate version >/dev/null
    for page in "$root"/man/*; do
        cmp "$page" "dest/opt/m/share/man/man${page##*.}/${page##*/}"
    done
    cmp "$root/completions/migrate.bash" dest/opt/m/share/bash-completion/completions/migrate
    [ -z "$(find dest -type f ! -path '*/bin/*' -perm /111)" ]
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
    # bash finds it under the prefix; zsh by the folder of its functions
    [ -f dest/usr/local/share/bash-completion/completions/migrate ]
    make_it uninstall DESTDIR="$PWD/dest"
    make_it uninstall DESTDIR="$PWD/dest"
    [ -z "$(find dest -type f)" ]
    [ ! -e dest/usr/local/share/doc/migrate ]
}

@test "a prefix with other places for zsh and documents" {
    make_it install DESTDIR="$PWD/dest" PREFIX=/usr ZSHDIR=share/zsh/vendor-completions
    [ -f dest/usr/share/zsh/vendor-completions/_migrate ]
    make_it uninstall DESTDIR="$PWD/dest" PREFIX=/usr ZSHDIR=share/zsh/vendor-completions
    [ -z "$(find dest -type f)" ]
}

# What docs/security.md promises of a checkout that a stranger wrote, and that its table names tests that are there.
load lib.bash

setup() { common_setup; }

# A library that leaves a file behind when a program loads it.
hostile_library() {
    printf '#include <fcntl.h>\n__attribute__((constructor)) static void run(void) { open("%s/loaded", O_CREAT | O_WRONLY, 0600); }\n' \
        "$PWD" >hostile.c
    "${CC:-cc}" -shared -fPIC -o hostile.so hostile.c
    LD_PRELOAD=$PWD/hostile.so /bin/true && [ -e loaded ] && rm loaded # it would work
}

@test ".env of a checkout loads no code, neither into us nor into git" {
    [ -z "${SAN:-}" ] || skip "the sanitizer's library comes before any other"
    hostile_library
    write migrations/1_a.sql <<<'-- migrate:up
CREATE TABLE a (id int);'
    git init -q && git add migrations && git -c user.name=a -c user.email=a@example.com commit -qm first
    mkdir -p xdg/git && echo '*.sql filter=x' >.gitattributes
    printf '[core]\n\tfsmonitor = "touch %s/loaded"\n[filter "x"]\n\tclean = "touch %s/loaded; cat"\n' "$PWD" "$PWD" >xdg/git/config
    printf 'openssl_conf = a\n[a]\nengines = b\n[b]\nc = d\n[d]\nengine_id = dynamic\ndynamic_path = %s/hostile.so\nLOAD = EMPTY\ninit = 1\n' \
        "$PWD" >openssl.cnf
    echo 'DROP TABLE b;' >>migrations/1_a.sql
    cat >.env <<END
LD_PRELOAD=$PWD/hostile.so
OPENSSL_CONF=$PWD/openssl.cnf
GIT_CONFIG_GLOBAL=$PWD/xdg/git/config
GIT_TRACE=$PWD/loaded
XDG_CONFIG_HOME=$PWD/xdg
MIGRATE_FORMAT=github
END
    unset XDG_CONFIG_HOME
    run migrate lint --since HEAD
    [[ "$output" == *"::"* ]] # the file was read
    [ ! -e loaded ]
    # The same from the environment itself is its owner's: it would have worked.
    GIT_TRACE=$PWD/loaded run migrate lint --since HEAD
    [ -e loaded ]
}

@test "no core is dumped, nor by what we start" {
    ulimit -Sc unlimited 2>/dev/null || skip "cores cannot be allowed here"
    run migrate ephemeral -- sh -c "ulimit -Sc; ulimit -Hc" 2>/dev/null
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = 0 ]
    [ "${lines[1]}" = "$(ulimit -Hc)" ]
}

@test "what steers a terminal, and what turns text around, is shown as bytes" {
    printf -- '-- migrate:up\nDROP TABLE "a\e[2J"; -- \e]0;title\a \xc2\x9b31m \xe2\x80\xae \xe2\x81\xa6\nfoo \e[2J;\n' |
        write "migrations/1_a"$'\e[31m'".sql"
    local args
    for args in "lint" "lint --format markdown" "plan --url postgresql://127.0.0.1:1/x" "new a"$'\e[31m'; do
        # shellcheck disable=SC2086
        run migrate $args
        [[ "$output" != *$'\e'* && "$output" != *$'\xc2\x9b'* && "$output" != *$'\xe2\x80\xae'* && "$output" != *$'\a'* ]]
    done
    run migrate lint
    [[ "$output" == *'a\x1B[2J'* ]]
}

@test "an output that is a link: the link is replaced, what it points to is left alone" {
    printf 'mine\n' >victim
    printf -- '-- migrate:up\nDROP TABLE a;\n' | write migrations/1_a.sql
    migrate lint --baseline new.json --write-baseline && ln -sf victim new.json
    run migrate lint --baseline new.json --write-baseline
    [ "$(cat victim)" = mine ]
    mkdir state && ln -s victim state/out.catalog
    run migrate ephemeral -- "$MIGRATE_BIN" catalog pull -o state/out.catalog
    [ "$status" -eq 0 ] && [ ! -L state/out.catalog ]
    [ "$(cat victim)" = mine ]
}

@test "the journal is its owner's alone" {
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n' | write migrations/1_a.sql
    (umask 000 && migrate up --url ephemeral:)
    [ "$(stat -c %a .state/migrate .state/migrate/journal.sqlite)" = $'700\n600' ]
}

@test "every test that docs/security.md names is there" {
    local root=$BATS_TEST_DIRNAME/../.. n=0 file name
    while IFS=$'\t' read -r file name; do
        [ -f "$root/$file" ] || { echo "no $file"; return 1; }
        [ -z "$name" ] || grep -qF -e "@test \"$name\"" "$root/$file" || { echo "no test '$name' in $file"; return 1; }
        n=$((n + 1))
    done < <(grep -oE '`tests/[^`]+`(: "[^"]+")?' "$root/docs/security.md" | sed -E 's/^`([^`]+)`(: "([^"]+)")?$/\1\t\3/')
    [ "$n" -ge 25 ]
}

# The manual pages know every command and every option that help shows and no other, and mandoc has nothing to complain about.
load lib.bash

setup() {
    common_setup
    man=$BATS_TEST_DIRNAME/../../man
    manual=$man/migrate.1
    commands=$(migrate completion answer -- '' | cut -f 1)
}

# The long options that a command takes, as the parser knows them; of all commands without one.
options_of() { for c in ${1:-$commands}; do migrate completion answer -- "$c" -- | cut -f 1; done | sort -u; }

@test "every command" {
    for c in $commands; do
        grep -q "^\.It Cm $c\b" "$manual" || { echo "$c is not in the manual"; return 1; }
    done
}

@test "every option" {
    for c in $commands; do
        for o in $(migrate help "$c" | grep -oE '^    (-., |    )--[a-z0-9-]+' | sed 's/.*--//'); do
            grep -qE "Fl -$o( |$)" "$manual" || { echo "--$o of $c is not in the manual"; return 1; }
        done
    done
}

@test "no option that there is not" {
    # --name and --no-name stand for any; psql, pg_dump and rails have options of their own.
    diff <(sed -n '/^\.Sh OPTIONS/,$ s/^\.\(It \)\{0,1\}\(.*Fl -.*\)/\2/p' "$manual" | grep -oE 'Fl -[a-z][a-z0-9-]*' | sed 's/Fl -/--/' |
        grep -vxE -- '--(name|no-|no-[a-z-]+)' | sort -u | comm -23 - <(options_of)) /dev/null
}

@test "a page for each command, as the program writes it" {
    diff <(cd "$man" && ls migrate-*.1) <(for c in $commands; do echo "migrate-$c.1"; done | sort)
    for c in $commands; do
        migrate help "$c" --format man >page
        cmp page "$man/migrate-$c.1" || { echo "man/migrate-$c.1 is not what the program has: run \`make docs\` and commit it"; return 1; }
        # all that the parser takes, in page and help, and nothing else
        diff <(sed -n 's/^\.It \(Fl . , \)\{0,1\}Fl -\([a-z0-9-]*\).*/--\2/p' page | sort) <(options_of "$c")
        diff <(migrate help "$c" | grep -oE '^    (-., |    )--[a-z0-9-]+' | sed 's/.*--/--/' | sort) <(options_of "$c")
        for section in NAME SYNOPSIS DESCRIPTION OPTIONS ENVIRONMENT FILES "EXIT STATUS" EXAMPLES "SEE ALSO"; do
            grep -qx "\.Sh $section" page || { echo "$c: no $section"; return 1; }
        done
        # it leads only to pages that are there
        for page in $(sed -n 's/^\.Xr \(migrate[a-z.-]*\) \([0-9]\).*/\1.\2/p' page); do
            [ -f "$man/$page" ] || { echo "$c: $page"; return 1; }
        done
    done
    run migrate help up --format schema
    [ "$status" -eq 2 ]
}

@test "what help says and shows is taken by the command" {
    options_of >all
    for c in $commands; do
        # prose names options of this command or, as "migrate X --option", of another
        migrate help "$c" --format man | sed -n '/^\.Sh DESCRIPTION/,/^\.Sh OPTIONS/p' | sed 's/\\-/-/g' | grep -oE -- '(^|[ (])--[a-z][a-z0-9-]+' | tr -d ' (' |
            sort -u | comm -23 - <((cat all; echo --schema-only) | sort) >unknown
        [ ! -s unknown ] || { echo "$c: $(cat unknown)"; return 1; }
        # examples are command lines
        migrate help "$c" | sed -n '/^Examples/,/^Exit codes/p' | grep -oE "migrate [a-z]+[^|&>']*" | sed 's/ -- .*//' | while read -r _ command rest; do
            grep -qx "$command" <<<"$commands" || { echo "$c: $command"; return 1; }
            for o in $(grep -oE -- '(^| )--[a-z][a-z0-9-]+' <<<"$rest"); do
                options_of "$command" | grep -qx -- "$o" || { echo "$c: migrate $command $o"; return 1; }
            done
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
    for page in "$man"/*.1 "$man/migrate-json.7"; do
        # Pages of this project may not be installed yet.
        run bash -c 'mandoc -Tlint "$1" 2>/dev/null | grep -v "referenced manual not found: Xr migrate"' _ "$page"
        [ -z "$output" ]
    done
}

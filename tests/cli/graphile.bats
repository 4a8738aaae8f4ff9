# graphile-migrate signs each committed file and names the one before it: what was edited, lost or put elsewhere since is told.
load lib.bash

setup() {
    common_setup
    mkdir -p m/committed
    : >m/current.sql
    last=-
    commit 000001-a 'CREATE TABLE a (id int);'
    commit 000002 'CREATE TABLE b (id int);'
    commit 000003-c 'CREATE TABLE c (id int);'
}

# commit NAME SQL: behind the file whose hash is $last, as the tool writes it
commit() {
    local signed=$2
    [ "$last" = - ] || signed=$last$'\n'$2
    local hash
    hash=sha1:$(sha1sum <<<"$signed" | cut -d' ' -f1)
    printf -- '--! Previous: %s\n--! Hash: %s\n\n%s\n' "$last" "$hash" "$2" >"m/committed/$1.sql"
    last=$hash
}

found() { migrate lint "$@" --gate off --quiet --format json 2>/dev/null | jq -r '.findings[] | select(.rule == "refused-by-up") | "\(.file):\(.line)"' | paste -sd' '; }

# up and lint say the same of the folder. up asks no server first: there is none.
refused() { # PLACE TEXT HINT
    run migrate up --dir m --url postgres://nobody@127.0.0.1:1/none
    echo "$output"
    [ "$status" -eq 2 ]
    [[ "$output" == "m/committed/$1:"*"error: $2"*"hint: "*"$3"* ]]
    run migrate lint m
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *"m/committed/$1:"*"migrate up refuses this: $2"*"$3"* ]]
}

@test "a folder as the tool left it is fine" {
    [ "$(found m)" = "" ]
    run migrate lint m
    [ "$status" -eq 0 ]
    run migrate up --dir m --url postgres://nobody@127.0.0.1:1/none
    [ "$status" -eq 3 ]
}

@test "an edited file" {
    sed -i 's/TABLE b/TABLE bb/' m/committed/000002.sql
    refused 000002.sql:1 "the file's text is not what its hash says: it was edited" "AllowInvalidHash"
    sed -i '2a --! AllowInvalidHash' m/committed/000002.sql
    [ "$(found m)" = "" ]
}

@test "a file is gone" {
    mv m/committed/000002.sql .
    refused 000003-c.sql:1 "it was committed behind a file that is not here, not behind 000001-a.sql" "restore the file"
    mv 000002.sql m/committed
    rm m/committed/000001-a.sql
    refused 000002.sql:1 "it was committed behind another migration, and no file comes before it" "restore them"
}

@test "two branches committed behind the same file" {
    last=$(sed -n 's/.*Hash: //p' m/committed/000002.sql)
    commit 000004-d 'CREATE TABLE d (id int);'
    refused 000004-d.sql:1 "it was committed behind 000002.sql, and stands behind 000003-c.sql" "graphile-migrate uncommit"
}

@test "committed as the first, with another before it" {
    last=-
    commit 000004-d 'CREATE TABLE d (id int);'
    refused 000004-d.sql:1 "it was committed as the first one, and stands behind 000003-c.sql" "restore the file"
}

@test "only what is judged is told of, and not where the files have another layout" {
    sed -i 's/TABLE c/TABLE cc/' m/committed/000003-c.sql
    [ "$(found m)" = m/committed/000003-c.sql:1 ]
    [ "$(found m/committed/000003-c.sql)" = m/committed/000003-c.sql:1 ]
    [ "$(found m/committed/000002.sql)" = "" ]
    [ "$(found m --layout plain)" = "" ]
    [ "$(found m --layout graphile-migrate)" = m/committed/000003-c.sql:1 ]
}

load lib.bash

setup() { common_setup; }

@test "a new migration has a version of now and both markers" {
    run migrate new "Add user's e-mail"
    [ "$status" -eq 0 ]
    [[ "$output" =~ ^migrations/[0-9]{14}_add_users_e_mail\.sql$ ]]
    grep -qx -- '-- migrate:up' "$output"
    grep -qx -- '-- migrate:down' "$output"
    [ "$(ls migrations)" = "$(basename "$output")" ]
}

@test "words make one name; the folder is made" {
    run migrate create -d deep/er add index
    [ "$status" -eq 0 ]
    [[ "$output" =~ ^deep/er/[0-9]{14}_add_index\.sql$ ]]
}

@test "two in the same second keep their order" {
    a=$(migrate new a)
    b=$(migrate new b)
    [[ "$a" < "$b" ]]
    [ "$(basename "$a" | cut -c1-14)" != "$(basename "$b" | cut -c1-14)" ]
}

@test "an existing db/migrations is used" {
    mkdir -p db/migrations
    run migrate new x
    [[ "$output" == db/migrations/* ]]
}

@test "a name without a letter or digit, or without end, is refused" {
    run migrate new "--" "!!!"
    [ "$status" -eq 2 ]
    run migrate new "$(printf 'x%.0s' {1..300})"
    [ "$status" -eq 2 ]
    [ ! -e migrations ]
}

@test "a folder that cannot be made or written" {
    touch file
    run migrate new -d file/x a
    [ "$status" -eq 71 ]
    [[ "$output" == *"file/x"* || "$output" == *"file"* ]]
}

@test "in a folder of another layout the files are that layout's" {
    mkdir -p g p f d
    echo "-- +goose Up" >g/00007_a.sql
    touch p/000009_a.up.sql f/V3__a.sql
    mkdir d/2024-01-31-120000_a
    touch d/2024-01-31-120000_a/up.sql
    [ "$(migrate new --dir g b)" = g/00008_b.sql ]
    grep -q "^-- +goose Down" g/00008_b.sql
    [ "$(migrate new --dir p b)" = $'p/000010_b.up.sql\np/000010_b.down.sql' ]
    [ "$(migrate new --dir f b)" = f/V4__b.sql ]
    [[ "$(migrate new --dir d b)" =~ ^d/20[0-9]{2}-[0-9]{2}-[0-9]{2}-[0-9]{6}_b/up\.sql ]]
    [ "$(migrate new --dir r --layout refinery a)" = r/V001__a.sql ]
}

@test "a sqitch project is told its own command" {
    touch sqitch.plan
    run migrate new --dir . orders
    [ "$status" -eq 2 ]
    [[ "$output" == *"sqitch add orders"* ]]
}

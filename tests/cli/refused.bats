# What `up` would refuse of a folder of native migrations, lint finds.
load lib.bash

setup() {
    common_setup
    write m/1_a.sql <<<$'-- migrate:up\nSELECT 1;'
}

refused() { migrate lint "$@" --gate off --quiet --format json 2>/dev/null | jq -r '.findings[] | select(.rule == "refused-by-up") | .file' | paste -sd' '; }

@test "each thing that up refuses is found, and up does refuse it" {
    for bad in 'm/3_x.SQL' 'm/nov.sql' 'm/01_b.sql' 'm/4_nomark.sql' 'm/5_empty.sql' 'm/6_link.sql' 'm/dir.sql'; do
        case $bad in
        m/4*) echo 'SELECT 2;' >$bad ;;
        m/5*) : >$bad ;;
        m/6*) ln -s nowhere $bad ;;
        m/dir*) mkdir $bad ;;
        *) cp m/1_a.sql $bad ;;
        esac
        found=$(refused m)
        echo "$bad: $found"
        [ "$found" = "$bad" ] || [[ "$bad $found" == "m/01_b.sql m/1_a.sql" ]]
        run migrate lint m
        [ "$status" -ne 0 ]
        [[ "$output" == *"migrate up refuses this: "* ]]
        run migrate up --dir m --url postgres://nobody@127.0.0.1:1/none
        echo "$output"
        [[ "$status" -eq 2 && "$output" != *connect* ]]
        rm -r "$bad"
    done
    run migrate lint m
    [ "$status" -eq 0 ]
}

@test "not where another tool runs the files, not in folders without markers, not of single files" {
    cp m/1_a.sql m/nov.sql
    [ "$(refused m)" = m/nov.sql ]
    [ "$(refused m --runner dbmate)" = "" ]
    [ "$(refused m --layout plain)" = "" ]
    [ "$(refused m/1_a.sql)" = "" ]
    write p/nov.sql <<<'SELECT 1;'
    write p/1_a.sql <<<'SELECT 1;'
    [ "$(refused p)" = "" ]
    write migrate.yaml <<<$'rules:\n  severity:\n    refused-by-up: off'
    [ "$(refused m)" = "" ]
}

@test "a file that cannot be read is counted" {
    printf 'SELECT \xff;\n' >m/2_b.sql
    run migrate lint m
    [ "$status" -eq 2 ]
    [[ "$output" == *"; 1 statement in 1 file; 1 file and 0 statements could not be read"* ]]
    [ "$(migrate lint m --format json 2>/dev/null | jq -c '[.summary.failed, .summary.unreadable]')" = "[1,0]" ]
}

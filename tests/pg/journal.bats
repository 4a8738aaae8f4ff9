#!/usr/bin/env bats
# The journal: runs and report, on a real server; the page in a real browser.

load lib

setup_file() { pg_start; }
teardown_file() { pg_stop; }

setup() {
    PROJECT=$BATS_TEST_TMPDIR/project
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
    JOURNAL=$XDG_STATE_HOME/migrate/journal.sqlite
    mkdir -p "$PROJECT"
    pg_fresh_db "journal_$BATS_TEST_NUMBER"
    cd "$BATS_TEST_TMPDIR"
}
teardown() { pg_session_end holder; }

file() { # NAME: standard input
    cat >"$PROJECT/$1.sql"
}

up() {
    migrate up --gate off --dir "$PROJECT" "$@"
}

in_output() { grep -q "$1" "$BATS_TEST_TMPDIR/out"; }

# A run with a table that somebody holds for a while, and a backfill.
eventful() {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, n int)" "INSERT INTO t SELECT g, 0 FROM generate_series(1, 20000) g"
    printf -- '-- migrate:up\nALTER TABLE t ADD COLUMN x int;\n-- migrate:backfill batch=1000 rate=20000\nUPDATE t SET n = n + 1;\n' | file 1_a
    pg_session holder "BEGIN; SELECT count(*), '<script>alert(1)</script>' FROM t"
    up >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$!
    until_true in_output "try 1 gave way"
    until_true in_output "waiting for pid .* holder" # on a slow machine not before a later try
    pg_session holder "COMMIT"
    wait "$pid"
}

@test "a run is listed under the id that the history has" {
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n-- migrate:down\nDROP TABLE a;\n' | file 1_a
    up
    migrate down --dir "$PROJECT"
    run migrate runs
    [ "${#lines[@]}" -eq 2 ]
    [[ "${lines[0]}" == *"down"*"done"*"1 of 1 migration"* ]]
    [[ "${lines[1]}" == "$(pg_sql "SELECT left(id, 12) FROM migrate.runs WHERE direction = 'up'")"*" up "*"done"* ]]
    [ "$(migrate runs --json | jq -c '[.runs[] | [.command, .state, .result, .exit_code]]')" = \
        '[["down","ended","done",0],["up","ended","done",0]]' ]
    [ "$(migrate runs -n 1 | wc -l)" -eq 2 ]
    run migrate runs -n 1
    [[ "$output" == *"and 1 older"* ]]
}

@test "a home with nothing in it yet" {
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n' | file 1_a
    mkdir "$BATS_TEST_TMPDIR/home"
    run env -u XDG_STATE_HOME HOME="$BATS_TEST_TMPDIR/home" "$MIGRATE_BIN" up --dir "$PROJECT"
    [[ "$output" != *journal* ]]
    [ -s "$BATS_TEST_TMPDIR/home/.local/state/migrate/journal.sqlite" ]
    # Nothing is left of a place that is too deep to be meant.
    migrate down --dir "$PROJECT" --yes --journal "$BATS_TEST_TMPDIR/home/a/b/c/d/journal" || true
    [ ! -e "$BATS_TEST_TMPDIR/home/a" ]
}

@test "nothing to do is no run" {
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n' | file 1_a
    up
    up
    [ "$(migrate runs --json | jq '.runs | length')" = 1 ]
}

@test "a failure is told with its place and step" {
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\nINSERT INTO a VALUES (1), (1);\nCREATE UNIQUE INDEX CONCURRENTLY i ON a (id);\n' | file 1_a
    run up
    [ "$status" -eq 3 ]
    run migrate report
    [[ "$output" == *"up "*": failed"* ]]
    [[ "$output" == *"1_a.sql:4:1: could not create unique index"*"(23505)"* ]]
    [[ "$output" == *"step 2 of 2  CREATE UNIQUE INDEX CONCURRENTLY"*"failed after"* ]]
    [ "$(migrate report --json | jq -r '.run.exit_code, .steps[1].outcome')" = $'3\nfailed' ]
}

@test "tries, blockers and the backfill's course are in the report; the other's strings are not" {
    eventful
    run migrate report last
    [[ "$output" == *"2 tries"* || "$output" == *"3 tries"* ]]
    [[ "$output" == *"blocked by pid "*"holder"*"'***'"* ]]
    [[ "$output" != *"alert(1)"* ]]
    migrate report last --json >"$BATS_TEST_TMPDIR/report.json"
    [ "$(jq '[.events[] | select(.event == "progress")] | length > 0' "$BATS_TEST_TMPDIR/report.json")" = true ]
    [ "$(jq '.steps[1].rows' "$BATS_TEST_TMPDIR/report.json")" = 20000 ]
    [ "$(jq '[.events[] | select(.event == "step-retry")][0].sqlstate' "$BATS_TEST_TMPDIR/report.json")" = '"55P03"' ]
}

@test "the wait outside of the queue is no work: text, JSON and page tell how long it was and for whom" {
    pg_sql "CREATE TABLE t (id int)"
    printf -- '-- migrate:up\nALTER TABLE t ADD COLUMN x int;\n' | file 1_a
    pg_session holder "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE"
    until_true eval '[ "$(pg_sql "SELECT clock_timestamp() - xact_start > '\''300 ms'\'' FROM pg_stat_activity WHERE application_name = '\''holder'\''")" = t ]'
    up >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$!
    until_true in_output "waiting for pid .* holder"
    [[ "$(migrate report)" == *"under way after "*" of it waiting"*"blocked by pid "*"holder"* ]]
    pg_session holder "COMMIT"
    wait "$pid"
    migrate report --json >report.json
    cat report.json
    # One wait, which ended before the only try; the step took at least that long.
    [ "$(jq -c '[.events[] | select(.number) | .event]' report.json)" = '["step-begin","wait-begin","blocked","wait-end","step-end"]' ]
    [ "$(jq '[.events[] | select(.event == "wait-end")][0].ms > 0 and .steps[0].gave_way_ms == 0 and .steps[0].paused_ms == 0' report.json)" = true ]
    [ "$(jq '(.events[] | select(.event == "wait-end")) as $over | (.events[] | select(.event == "step-begin")) as $begin
        | .steps[0].waited_ms == $over.at_ms - $begin.at_ms and .steps[0].waited_ms <= .steps[0].to_ms - .steps[0].from_ms' report.json)" = true ]
    [[ "$(migrate report)" == *"done in "*" of it waiting"* ]]
    migrate report --html -o page.html
    grep -q '<rect class=wait [^>]*><title>waited outside of the queue for ' page.html
    grep -q 'waiting until the way is clear' page.html
    grep -q '<p class=for>waited .* for pid [0-9]*, user postgres, holder, idle in transaction</p>' page.html
    ! grep -q '<b>0 ms</b><span>lost to locks of others' page.html
}

@test "no password reaches the journal" {
    printf -- "-- migrate:up\nCREATE ROLE journal_role PASSWORD 'geheim-1';\n-- migrate:down\nDROP ROLE journal_role;\n" | file 1_a
    up --url "postgresql://postgres:geheim-2@/$PGDATABASE?host=$PG_DIR&port=5432"
    migrate down --dir "$PROJECT"
    ! grep -aq geheim "$JOURNAL"
    [[ "$(migrate runs)" == *"postgresql://postgres@/"* ]]
    [ "$(stat -c %a "$JOURNAL" "$(dirname "$JOURNAL")" | tr '\n' ' ')" = "600 700 " ]
}

@test "a run that is killed is listed with all that it did" {
    pg_sql "CREATE TABLE t (id int)"
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n' | file 1_a
    printf -- '-- migrate:up\nCREATE INDEX CONCURRENTLY i ON t (id);\n' | file 2_b
    pg_session holder "BEGIN; INSERT INTO t VALUES (1)"
    "$MIGRATE_BIN" up --gate off --dir "$PROJECT" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$!
    until_true in_output "holder"
    [[ "$(migrate runs)" == *" running "* ]]
    kill -KILL "$pid"
    wait "$pid" || true
    run migrate report
    [[ "$output" == *"up "*": died"* ]]
    [[ "$output" == *"1 a"*"done in"*"2 b"*"blocked by pid"* ]]
    pg_session holder "COMMIT"
    until_true up
    [ "$(migrate runs --json | jq -r '.runs[-1].state')" = died ]
}

@test "a journal that cannot be written costs a note, once, and not the run" {
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n' | file 1_a
    printf -- '-- migrate:up\nCREATE TABLE b (id int);\n' | file 2_b
    : >"$BATS_TEST_TMPDIR/file"
    run up --journal "$BATS_TEST_TMPDIR/file/below" 1
    [ "$status" -eq 0 ]
    [ "$(grep -c "note: cannot open the journal" <<<"$output")" = 1 ]
    echo "no database" >"$BATS_TEST_TMPDIR/file"
    run up --journal "$BATS_TEST_TMPDIR/file"
    [ "$status" -eq 0 ]
    [[ "$output" == *"damaged, or no journal at all"* ]]
    [ "$(cat "$BATS_TEST_TMPDIR/file")" = "no database" ]
    [ "$(pg_sql "SELECT count(*) FROM migrate.migrations")" = 2 ]
    run migrate runs --journal "$BATS_TEST_TMPDIR/file"
    [ "$status" -eq 2 ]
}

@test "--no-journal and journal: none keep nothing, journal: FILE keeps it there" {
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n' | file 1_a
    printf -- '-- migrate:up\nCREATE TABLE b (id int);\n' | file 2_b
    printf -- '-- migrate:up\nCREATE TABLE c (id int);\n' | file 3_c
    up --no-journal 1
    echo "journal: none" >migrate.yaml
    up 1
    [ ! -e "$JOURNAL" ]
    run migrate runs
    [ "$status" -eq 2 ]
    echo "journal: kept/here.sqlite" >migrate.yaml
    up
    [ -e kept/here.sqlite ] && [ ! -e "$JOURNAL" ]
    [ "$(migrate runs --json | jq '.runs | length')" = 1 ]
}

@test "an id that is none, and one of several" {
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\n' | file 1_a
    run migrate report
    [ "$status" -eq 2 ]
    [[ "$output" == *"no run is recorded"* ]]
    up
    run migrate report zzz
    [ "$status" -eq 2 ]
    [[ "$output" == *"migrate runs lists them"* ]]
}

@test "the page needs nothing else and shows hostile text as text" {
    # shellcheck disable=SC2016
    printf -- '-- migrate:up\nCREATE TABLE a (id int);\nDO $$ BEGIN RAISE WARNING %s; END $$;\n' "'<img src=x onerror=alert(1)>'" >"$PROJECT/1_<b>&'\"x.sql"
    up
    migrate report --html -o page.html
    [ "$(head -c 15 page.html)" = "<!DOCTYPE html>" ]
    ! grep -Eiq '<script|<img|<b>&|javascript:|<link|@import|url\(' page.html
    ! grep -Eoiq 'https?://' page.html
    grep -q "1 &lt;b&gt;&amp;&apos;&quot;x" page.html
    grep -q "&lt;img src=x onerror=alert(1)&gt;" page.html
    run xmllint --html --noout page.html
    ! grep -Ev 'Tag (main|section|header|footer|figure|figcaption|svg|rect|line|circle|path|title) invalid|^ *\^|^[^:]*$|htmlParse' <<<"$output" | grep -q "error"
}

@test "what counts anew is a curve of its own: a shadow change's phases and passes are not joined" {
    pg_sql "CREATE TABLE t (id int PRIMARY KEY, a int)" "INSERT INTO t SELECT g, g FROM generate_series(1, 20000) g" "CREATE INDEX ON t (id, a)"
    printf -- '-- migrate:up\n-- migrate:shadow\nALTER TABLE t ALTER COLUMN id TYPE bigint;\n' | file 1_a
    up
    migrate report --html -o page.html
    local curve
    curve=$(sed -n 's/.*aria-label="Progress".*<path class=curve d="\([^"]*\)".*/\1/p' page.html)
    [ -n "$curve" ] || { cat page.html; false; }
    # Heights fall towards the top: within a curve, from M to M, progress never goes back, and no curve is a point.
    awk 'BEGIN { RS = "M" } NF { n = split($0, at, "L"); if (n < 2) exit 1; for (i = 2; i <= n; i++) { split(at[i - 1], a, " "); split(at[i], b, " "); if (b[2] > a[2]) exit 1 } }' <<<"$curve" || { echo "$curve"; false; }
}

chromium_page() { # what follows: arguments
    timeout 60 "$CHROMIUM" --headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update \
        --disable-sync --no-first-run --hide-scrollbars --user-data-dir="$BATS_TEST_TMPDIR/chromium-$RANDOM" "$@" 2>/dev/null 3>&-
}

@test "in a browser: everything is drawn, nothing is wider than a phone, and it prints" {
    CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "no chromium is installed"
    eventful
    migrate report last --html -o page.html
    # The page allows no script: a copy that may run one measures it, in a frame as wide as a phone.
    sed -e 's/<meta http-equiv=Content-Security-Policy[^>]*>//' page.html >measured.html
    cat >>measured.html <<'HTML'
<script>
const r = e => e.getBoundingClientRect(), all = q => [...document.querySelectorAll(q)];
document.title = JSON.stringify({
    width: document.documentElement.scrollWidth, view: innerWidth,
    bars: all('.bars rect').filter(e => r(e).width > 0).length,
    gave_way: all('.bars .away').length, spots: all('.bars .spot').length,
    curves: all('.curve').filter(e => r(e).width > 100 && r(e).height > 5).length,
    rows: all('tbody tr').length });
</script>
HTML
    cat >phone.html <<'HTML'
<iframe src=measured.html width=360 height=3000></iframe><pre id=out></pre>
<script>onload = () => { out.textContent = frames[0].document.title }</script>
HTML
    chromium_page --allow-file-access-from-files --virtual-time-budget=5000 --dump-dom "file://$PWD/phone.html" >dom.html
    sed -n 's/.*<pre id="out">\(.*\)<\/pre>.*/\1/p' dom.html >facts.json
    cat facts.json
    [ "$(jq '.width <= .view and .view == 360' facts.json)" = true ]
    [ "$(jq '.bars >= 4 and .gave_way >= 1 and .spots >= 1 and .rows >= 3' facts.json)" = true ]
    [ "$(jq '.curves >= 2' facts.json)" = true ]
    chromium_page --window-size=1200,1600 --screenshot="$PWD/page.png" "file://$PWD/page.html"
    [ "$(head -c 8 page.png | od -An -c | tr -d ' \n')" = '211PNG\r\n032\n' ]
    chromium_page --no-pdf-header-footer --print-to-pdf="$PWD/page.pdf" "file://$PWD/page.html"
    [ "$(head -c 5 page.pdf)" = "%PDF-" ]
}

# shellcheck shell=bash
# What the benchmarks share: rows for the table of `make bench`, which tests/bench/all puts together.
#
# bench_row GROUP WHAT PEER OURS THEIRS UNIT     one line of JSON to the file $BENCH_JSON, if that is set: our number, the peer's, both in UNIT;
#                                                less is better, except where UNIT ends with /s
bench_row() {
    [ -n "${BENCH_JSON:-}" ] || return 0
    printf '{"group":"%s","what":"%s","peer":"%s","ours":%s,"theirs":%s,"unit":"%s"}\n' "$@" >>"$BENCH_JSON"
}

# Where npm's packages are: what `make peers` installed.
bench_modules() {
    local built
    built=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build/peers
    echo "${PEERS:-$built}/node_modules"
}

# Where a peer's program is: $NAME (squawk: $SQUAWK), what `make peers` installed, or on PATH; of npm's packages the program itself, not the script
# for node that starts it. Nothing is said when it is nowhere.
bench_peer() { # NAME
    local variable=${1^^} modules path
    variable=${variable//-/_}
    modules=$(bench_modules)
    for path in "${!variable:-}" "$modules"/@"$1"*/linux-*/bin/"$1" "$modules/.bin/$1" "$(command -v "$1" || true)"; do
        if [ -x "$path" ]; then
            echo "$path"
            return
        fi
    done
}

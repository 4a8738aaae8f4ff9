# Helpers for tests against the fake of AWS (tests/aws/fake_aws.py). Load after lib:   load aws
#
# aws_no_settings      no MIGRATE_ variable of the user's own, but for the program under test
# aws_start [JSON]     start it with this scenario; AWS_ENDPOINT_URL and credentials lead to it, and nothing of the user's own is seen
# aws_stop             end it
# aws_set JSON         change what it holds
# aws_log [FILTER]     its log of requests through jq (default: action and code of each, one per line)
# aws_state FILTER     what it holds, through jq

AWS_FAKE=${BATS_TEST_DIRNAME%/*}/aws/fake_aws.py

aws_no_settings() {
    local name
    for name in "${!MIGRATE_@}"; do
        case $name in MIGRATE_BIN | MIGRATE_FAULTS_BIN) ;; *) unset "$name" ;; esac
    done
}

aws_clean() {
    local name
    for name in "${!AWS_@}"; do
        case $name in AWS_FAKE | AWS_PID | AWS_PORT | AWS_DIR) ;; *) unset "$name" ;; esac
    done
    export HOME=$BATS_TEST_TMPDIR AWS_EC2_METADATA_DISABLED=true
    unset HTTPS_PROXY HTTP_PROXY https_proxy http_proxy NO_PROXY no_proxy
}

aws_start() { # [JSON] [ARGUMENTS OF THE FAKE]
    local scenario=${1:-{\}}
    [ $# -eq 0 ] || shift
    aws_clean
    AWS_DIR=$(mktemp -d "$BATS_TEST_TMPDIR/aws.XXXXXX")
    echo "$scenario" >"$AWS_DIR/scenario.json"
    # A fresh group, so that nothing of it outlives the test; bats waits for whatever holds its descriptor 3.
    /usr/bin/python3 "$AWS_FAKE" "$AWS_DIR/scenario.json" "$AWS_DIR/port" "$@" >"$AWS_DIR/out" 2>&1 3>&- &
    AWS_PID=$!
    disown $AWS_PID
    local i
    for ((i = 0; i < 500; i++)); do
        [ ! -e "$AWS_DIR/port" ] || break
        sleep 0.02
    done
    AWS_PORT=$(cat "$AWS_DIR/port") || { cat "$AWS_DIR/out" >&2; return 1; }
    export AWS_ENDPOINT_URL=http://127.0.0.1:$AWS_PORT AWS_REGION=us-east-1
    export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
}

aws_stop() {
    [ -z "${AWS_PID:-}" ] || kill "$AWS_PID" 2>/dev/null || true
    unset AWS_PID
}

aws_curl() { curl -sS --noproxy '*' "http://127.0.0.1:$AWS_PORT/_fake/$1" "${@:2}"; }
aws_set() { aws_curl set -d "$1" >/dev/null; }
aws_log() { aws_curl log | jq -r "${1:-.[] | \"\\(.action) \\(.code // \"ok\")\"}"; }
aws_state() { aws_curl state | jq -r "$1"; }

# migrate lsp: a scripted client (tests/lib/lsp-test), and real ones where they are there.
load lib.bash

setup() {
    common_setup
    talk=$BATS_TEST_DIRNAME/../lib/lsp-test
}

@test "beginning and end" { "$talk" lifecycle; }
@test "diagnostics while typing, on top of the folder, saved or not" { "$talk" typing; }
@test "a down part" { "$talk" rollback; }
@test "positions in UTF-16 and UTF-8, changes by range" { "$talk" positions; }
@test "hover explains by version; a cancelled request" { "$talk" hover; }
@test "a finding is allowed by a comment" { "$talk" actions; }
@test "a finding is fixed" { "$talk" fixes; }
@test "migrate.yaml is read again" { "$talk" settings; }
@test "what no client should send" { "$talk" survives; }

two_migrations() {
    write m/1_a.sql <<<$'-- migrate:up\nCREATE TABLE t (a int, b int);\nALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL);'
    write m/2_b.sql <<<$'-- migrate:up\nALTER TABLE t ALTER b SET NOT NULL;'
}

@test "Neovim" {
    command -v nvim >/dev/null || skip "no nvim"
    two_migrations
    export HOME=$BATS_TEST_TMPDIR
    run timeout 60 nvim --headless -u NONE -i NONE -n -S "$BATS_TEST_DIRNAME/../lib/lsp-neovim.lua"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *ok* ]]
}

@test "Microsoft's client library" {
    NODE_PATH=${LSP_NODE_PATH:-} node -e "require('vscode-languageserver-protocol/node')" 2>/dev/null ||
        skip "no vscode-languageserver-protocol in LSP_NODE_PATH"
    two_migrations
    NODE_PATH=$LSP_NODE_PATH run timeout 60 node "$BATS_TEST_DIRNAME/../lib/lsp-node.js"
    echo "$output"
    [ "$status" -eq 0 ]
}

// Microsoft's client library for the Language Server Protocol (npm's vscode-languageserver-protocol, found by NODE_PATH) with
// `migrate lsp`: its types say what an answer is to be.
const { spawn } = require('child_process');
const { pathToFileURL } = require('url');
const assert = require('assert');
const lsp = require('vscode-languageserver-protocol/node');

const server = spawn(process.env.MIGRATE_BIN, ['lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
const connection = lsp.createProtocolConnection(new lsp.StreamMessageReader(server.stdout), new lsp.StreamMessageWriter(server.stdin));
const waiting = [];
connection.onNotification(lsp.PublishDiagnosticsNotification.type, p => {
    p.diagnostics.forEach(d => assert(lsp.Diagnostic.is(d)));
    for (const w of waiting.splice(0)) (p.version === w.version ? w.resolve(p.diagnostics) : waiting.push(w));
});
connection.onError(e => { throw e[0]; });
connection.listen();
const published = version => new Promise(resolve => waiting.push({ version, resolve }));
const uri = pathToFileURL('m/2_b.sql').href;

(async () => {
    const capabilities = { general: { positionEncodings: ['utf-8', 'utf-16'] } };
    const init = await connection.sendRequest(lsp.InitializeRequest.type,
        { processId: process.pid, rootUri: pathToFileURL('.').href, capabilities, workspaceFolders: null });
    assert.strictEqual(init.capabilities.positionEncoding, lsp.PositionEncodingKind.UTF8);
    assert.strictEqual(init.capabilities.textDocumentSync.change, lsp.TextDocumentSyncKind.Incremental);
    await connection.sendNotification(lsp.InitializedNotification.type, {});
    let found = published(1);
    const text = '-- migrate:up\nALTER TABLE t ALTER b SET NOT NULL;\n';
    await connection.sendNotification(lsp.DidOpenTextDocumentNotification.type,
        { textDocument: lsp.TextDocumentItem.create(uri, 'sql', 1, text) });
    assert.deepStrictEqual((await found).map(d => d.code), ['adding-not-nullable-field']);
    const hover = await connection.sendRequest(lsp.HoverRequest.type, { textDocument: { uri }, position: { line: 1, character: 3 } });
    assert(lsp.Hover.is(hover) && lsp.MarkupContent.is(hover.contents));
    const actions = await connection.sendRequest(lsp.CodeActionRequest.type,
        { textDocument: { uri }, range: lsp.Range.create(1, 0, 1, 30), context: { diagnostics: [] } });
    assert(actions.length > 0 && actions.every(a => lsp.CodeAction.is(a) && lsp.WorkspaceEdit.is(a.edit)));
    const cancel = new lsp.CancellationTokenSource();
    const late = connection.sendRequest(lsp.HoverRequest.type, { textDocument: { uri }, position: { line: 1, character: 3 } }, cancel.token);
    cancel.cancel();
    await late.catch(e => assert.strictEqual(e.code, lsp.LSPErrorCodes.RequestCancelled));
    found = published(2);
    await connection.sendNotification(lsp.DidChangeTextDocumentNotification.type, {
        textDocument: { uri, version: 2 },
        contentChanges: [{ range: lsp.Range.create(1, 20, 1, 21), text: 'a' }],
    });
    assert.deepStrictEqual(await found, []);
    await connection.sendRequest(lsp.ShutdownRequest.type);
    await connection.sendNotification(lsp.ExitNotification.type);
    const code = await new Promise(resolve => server.on('exit', resolve));
    assert.strictEqual(code, 0);
    console.log('ok');
    process.exit(0);
})().catch(e => { console.error(e); process.exit(1); });

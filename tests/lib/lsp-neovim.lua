-- Neovim as a client of `migrate lsp`: nvim --headless -u NONE -i NONE -l-like script; prints "ok" at the end, or what is wrong.
local function fail(what) io.stdout:write('FAILED ' .. what .. '\n'); vim.cmd('cquit 1') end
local function wait(what, condition) if not vim.wait(20000, condition, 20) then fail(what) end end
local function same(what, got, wanted)
    if not vim.deep_equal(got, wanted) then fail(what .. ': ' .. vim.inspect(got)) end
end

vim.cmd('edit m/2_b.sql')
local buffer = vim.api.nvim_get_current_buf()
local client = vim.lsp.start_client({ name = 'migrate', cmd = { os.getenv('MIGRATE_BIN'), 'lsp' }, root_dir = vim.fn.getcwd() })
if not client then fail('it does not start') end
vim.lsp.buf_attach_client(buffer, client)

local function codes()
    local all = {}
    for _, d in ipairs(vim.diagnostic.get(buffer)) do
        all[#all + 1] = d.lnum .. ':' .. d.col .. ' ' .. d.code .. ' ' .. d.severity
    end
    return all
end
local function wait_for(wanted) wait(vim.inspect(wanted), function() return vim.deep_equal(codes(), wanted) end) end

wait_for({ '1:14 adding-not-nullable-field 1' })
-- A keystroke, with what is wide before it: c proves a.
vim.api.nvim_buf_set_text(buffer, 1, 20, 1, 21, { 'a' })
vim.api.nvim_buf_set_lines(buffer, 0, 0, false, { '-- 日本 😀' })
wait_for({})
vim.api.nvim_buf_set_lines(buffer, -1, -1, false, { "SELECT '😀'; DROP TABLE q;" })
wait_for({ '3:15 ban-drop-table 2' }) -- in bytes, as Neovim counts columns

local answer = vim.lsp.buf_request_sync(buffer, 'textDocument/hover',
    { textDocument = vim.lsp.util.make_text_document_params(buffer), position = { line = 3, character = 16 } }, 20000)
local value = answer[client].result.contents.value
if not value:find('ACCESS EXCLUSIVE on public.q: reads and writes wait', 1, true) then fail('hover: ' .. value) end

local range = { start = { line = 3, character = 16 }, ['end'] = { line = 3, character = 16 } }
answer = vim.lsp.buf_request_sync(buffer, 'textDocument/codeAction', { textDocument = vim.lsp.util.make_text_document_params(buffer),
    range = range, context = { diagnostics = {} } }, 20000)
for _, action in ipairs(answer[client].result) do
    if action.title:find('^Allow') then vim.lsp.util.apply_workspace_edit(action.edit, 'utf-16') end
end
same('the edit', vim.api.nvim_buf_get_lines(buffer, 3, -1, false),
    { "SELECT '😀'; ", '-- migrate:allow ban-drop-table because ', 'DROP TABLE q;' })
wait_for({ '4:3 allow-without-reason 1' })
vim.api.nvim_buf_set_lines(buffer, 4, 5, false, { '-- migrate:allow ban-drop-table because it is a test' })
wait_for({})

vim.lsp.stop_client(client)
wait('it does not stop', function() return vim.lsp.client_is_stopped(client) end)
io.stdout:write('ok\n')
vim.cmd('quitall!')

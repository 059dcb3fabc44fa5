-- Everything that needs no decision, at once: `:EctoMigrations fix`, and before each write with `fix_on_save`.

local plugin = require('ecto_migrations')
local clients = require('ecto_migrations.client')

local M = {}

local KIND = 'source.fixAll.ecto-migrations'
-- A file is not kept from being written for longer.
local PATIENCE_MS = 2000

--- Fixes the buffer before it returns. True where there was something to fix.
function M.all(bufnr)
  local client = clients.of(bufnr)
  if not client then
    return false
  end
  local params = {
    textDocument = vim.lsp.util.make_text_document_params(bufnr),
    range = { start = { line = 0, character = 0 }, ['end'] = { line = vim.api.nvim_buf_line_count(bufnr), character = 0 } },
    context = { only = { KIND }, diagnostics = {} },
  }
  local answer = client:request_sync('textDocument/codeAction', params, PATIENCE_MS, bufnr)
  local action = answer and answer.result and answer.result[1]
  if action and not action.edit then
    local resolved = client:request_sync('codeAction/resolve', action, PATIENCE_MS, bufnr)
    action = resolved and resolved.result
  end
  if not action or not action.edit then
    return false
  end
  vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
  return true
end

--- The same as a command, which says where there is nothing.
function M.command(bufnr)
  if not clients.of(bufnr) then
    plugin.notify(clients.missing() or 'this buffer has no migration', vim.log.levels.WARN)
  elseif not M.all(bufnr) then
    plugin.notify('nothing can be fixed without a decision; see the code actions of the findings')
  end
end

return M

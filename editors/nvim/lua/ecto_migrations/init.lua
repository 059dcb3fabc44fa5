-- Everything is optional: `vim.lsp.enable('ecto_migrations')` alone starts the server.

local M = {}

M.name = 'ecto_migrations'

M.defaults = {
  -- The command that starts the server; nil: `ecto-migrations server`.
  cmd = nil,
  -- What stands under `ectoMigrations`: the keys of .ecto-migrations.toml, `codeLens` and `inlayHints`.
  settings = {},
  code_lens = true,
  inlay_hints = false,
  -- Neovim's own completion, as you type. With a completion plugin: false.
  completion = false,
  -- What needs no decision is fixed before each write.
  fix_on_save = false,
  -- The new files of a split are written at once. False: they stay unsaved, and a message says so.
  write_new_files = true,
}

M.options = vim.deepcopy(M.defaults)

local TYPES = {
  cmd = 'table',
  settings = 'table',
  code_lens = 'boolean',
  inlay_hints = 'boolean',
  completion = 'boolean',
  fix_on_save = 'boolean',
  write_new_files = 'boolean',
}

function M.notify(message, level)
  vim.notify('ecto-migrations: ' .. message, level or vim.log.levels.INFO)
end

local function checked(given)
  local options = {}
  for key, value in pairs(given or {}) do
    if TYPES[key] == nil then
      M.notify(('setup() has no option %s'):format(key), vim.log.levels.WARN)
    elseif type(value) ~= TYPES[key] then
      local message = ('%s of setup() is to be a %s, got %s'):format(key, TYPES[key], vim.inspect(value))
      M.notify(message, vim.log.levels.WARN)
    else
      options[key] = value
    end
  end
  return vim.tbl_extend('force', vim.deepcopy(M.defaults), options)
end

local function attach(client, bufnr)
  local group = vim.api.nvim_create_augroup('ecto_migrations_lens_' .. bufnr, {})
  if M.options.code_lens then
    -- `refresh` does nothing while an answer is on its way, so that an event alone may come to nothing: new
    -- diagnostics follow each change of the text.
    vim.api.nvim_create_autocmd({ 'BufEnter', 'InsertLeave', 'TextChanged', 'DiagnosticChanged' }, {
      group = group,
      buffer = bufnr,
      desc = 'Code lens of ecto-migrations',
      callback = function()
        vim.lsp.codelens.refresh({ bufnr = bufnr })
      end,
    })
    vim.lsp.codelens.refresh({ bufnr = bufnr })
  else
    vim.lsp.codelens.clear(client.id, bufnr)
  end
  if M.options.inlay_hints then
    vim.lsp.inlay_hint.enable(true, { bufnr = bufnr })
  end
  vim.api.nvim_clear_autocmds({ group = group, event = 'BufWritePre' })
  if M.options.fix_on_save then
    vim.api.nvim_create_autocmd('BufWritePre', {
      group = group,
      buffer = bufnr,
      desc = 'ecto-migrations fixes what needs no decision',
      callback = function()
        require('ecto_migrations.fix').all(bufnr)
      end,
    })
  end
  if M.options.completion then
    vim.lsp.completion.enable(true, client.id, bufnr, { autotrigger = true })
  end
end

--- Configures the server, enables it, and shows what it has to show. May be called again.
function M.setup(options)
  if vim.fn.has('nvim-0.11') == 0 then
    M.notify('Neovim 0.11 or later is needed', vim.log.levels.ERROR)
    return
  end
  M.options = checked(options)
  local ours = vim.tbl_extend('force', { inlayHints = M.options.inlay_hints }, M.options.settings)
  local settings = { ectoMigrations = ours }
  vim.lsp.config(M.name, { cmd = M.options.cmd, settings = settings })
  vim.api.nvim_create_autocmd('LspAttach', {
    group = vim.api.nvim_create_augroup('ecto_migrations_attach', {}),
    desc = 'Shows what ecto-migrations has to show',
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if client and client.name == M.name then
        attach(client, event.buf)
      end
    end,
  })
  for _, client in ipairs(vim.lsp.get_clients({ name = M.name })) do
    client.settings = settings
    client:notify('workspace/didChangeConfiguration', { settings = settings })
    for bufnr in pairs(client.attached_buffers) do
      attach(client, bufnr)
    end
  end
  vim.lsp.enable(M.name)
end

return M

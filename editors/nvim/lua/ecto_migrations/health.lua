-- `:checkhealth ecto_migrations`.

local plugin = require('ecto_migrations')

local M = {}

local INSTALL = {
  '`uv tool install ecto-migrations`, or `pipx install ecto-migrations`',
  'or name the command: `vim.lsp.config("ecto_migrations", { cmd = { "/path/to/ecto-migrations", "server" } })`',
}

local function check_server(cmd)
  if type(cmd) ~= 'table' then
    vim.health.info('`cmd` is a function; what it starts is not looked at')
    return
  end
  if vim.fn.executable(cmd[1]) == 0 then
    local python = vim.fn.executable('python3') == 1 and '' or ' It needs Python 3.11 or later, which is not in PATH.'
    vim.health.error(('The server is missing: `%s` cannot be executed.%s'):format(cmd[1], python), INSTALL)
    return
  end
  local path = vim.fn.exepath(cmd[1])
  local started, process = pcall(vim.system, { path, '--version' }, { text = true, timeout = 20000 })
  local answer = started and process:wait()
  if answer and answer.code == 0 then
    vim.health.ok(('`%s`: %s'):format(path, vim.trim(answer.stdout)))
  else
    local said = answer and vim.trim((answer.stderr or '') .. (answer.stdout or '')) or tostring(process)
    vim.health.error(('`%s --version` failed: %s'):format(path, said), INSTALL)
  end
end

local function check_clients()
  local clients = vim.lsp.get_clients({ name = plugin.name })
  if #clients == 0 then
    vim.health.info('The server is not running: it starts with the first Elixir file of a project')
  end
  for _, client in ipairs(clients) do
    local count = vim.tbl_count(client.attached_buffers)
    local root = client.root_dir or 'no project'
    vim.health.ok(('Running for %s, %d %s'):format(root, count, count == 1 and 'buffer' or 'buffers'))
    for bufnr in pairs(client.attached_buffers) do
      for _, other in ipairs(vim.lsp.get_clients({ bufnr = bufnr })) do
        if other.offset_encoding ~= client.offset_encoding then
          local message = ('%s counts columns in %s in the same buffer'):format(other.name, other.offset_encoding)
          vim.health.warn(message, { 'set `capabilities.general.positionEncodings = { "utf-16" }` for it' })
        end
      end
    end
  end
end

function M.check()
  vim.health.start('ecto-migrations')
  if vim.fn.has('nvim-0.11') == 0 then
    vim.health.error('Neovim 0.11 or later is needed')
    return
  end
  vim.health.ok(('Neovim %s'):format(tostring(vim.version())))
  local files = vim.api.nvim_get_runtime_file('lsp/ecto_migrations.lua', true)
  if #files > 1 then
    vim.health.warn('`lsp/ecto_migrations.lua` is there more than once: ' .. table.concat(files, ', '), {
      'they are merged; keep the one of the plugin',
    })
  end
  local config = vim.lsp.config[plugin.name]
  if not config then
    vim.health.error('There is no configuration of the server', { "put the plugin on 'runtimepath'" })
    return
  end
  if vim.lsp.is_enabled and not vim.lsp.is_enabled(plugin.name) then
    vim.health.warn('The server is not enabled', { 'call `vim.lsp.enable("ecto_migrations")` in init.lua' })
  else
    vim.health.ok('The server is enabled')
  end
  check_server(config.cmd)
  check_clients()
end

return M

-- The running server, and its own commands.

local plugin = require('ecto_migrations')

local M = {}

--- What keeps the server from being started, in a sentence; nil where nothing does.
function M.missing()
  local config = vim.lsp.config[plugin.name]
  local cmd = config and config.cmd
  if type(cmd) == 'table' and vim.fn.executable(cmd[1]) == 0 then
    return ('%s is not in PATH. Install it with `uv tool install ecto-migrations` '):format(cmd[1])
      .. 'or `pipx install ecto-migrations`, or set `cmd` with vim.lsp.config().'
  end
end

--- The client of this buffer, or nil.
function M.of(bufnr)
  return vim.lsp.get_clients({ bufnr = bufnr, name = plugin.name })[1]
end

--- Some client: that of the current buffer, one that runs, or a new one. Nil, with a message, where there is none.
function M.any()
  local client = M.of(0) or vim.lsp.get_clients({ name = plugin.name })[1]
  if client then
    return client
  end
  local missing = M.missing()
  if missing then
    plugin.notify(missing, vim.log.levels.WARN)
    return
  end
  local config = vim.deepcopy(vim.lsp.config[plugin.name])
  config.root_dir = vim.fs.root(0, 'mix.exs') or vim.fs.root(vim.fn.getcwd(), 'mix.exs')
  local id = vim.lsp.start(config, { attach = false })
  client = id and vim.lsp.get_client_by_id(id)
  if not client or not vim.wait(20000, function()
    return client.initialized
  end, 20) then
    plugin.notify('the server did not start; see :checkhealth ecto_migrations', vim.log.levels.ERROR)
    return
  end
  return client
end

--- Runs a command of the server (`report`, `templates`, …) and calls `callback` with what it answers.
function M.run(client, command, arguments, callback)
  local params = { command = 'ectoMigrations.server.' .. command, arguments = arguments }
  client:request('workspace/executeCommand', params, function(failure, result)
    if failure then
      plugin.notify(failure.message, vim.log.levels.ERROR)
    else
      callback(result ~= vim.NIL and result or nil)
    end
  end)
end

local answers = {}

--- The same for completion, where the answer never changes: what a running server answers soon, or nil.
function M.ask(command)
  local client = M.of(0) or vim.lsp.get_clients({ name = plugin.name })[1]
  if client and not answers[command] then
    local params = { command = 'ectoMigrations.server.' .. command }
    local answer = client:request_sync('workspace/executeCommand', params, 5000)
    answers[command] = answer and answer.result
  end
  return answers[command]
end

return M

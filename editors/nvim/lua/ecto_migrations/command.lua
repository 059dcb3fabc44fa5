-- `:EctoMigrations`.

local plugin = require('ecto_migrations')
local clients = require('ecto_migrations.client')

local M = {}

local function restart()
  local missing = clients.missing()
  if missing then
    plugin.notify(missing, vim.log.levels.WARN)
    return
  end
  vim.lsp.enable(plugin.name, false)
  vim.wait(5000, function()
    return #vim.lsp.get_clients({ name = plugin.name }) == 0
  end, 20)
  vim.lsp.enable(plugin.name)
end

local function named(items, key)
  return vim.tbl_map(function(item)
    return item[key]
  end, items or {})
end

-- By name: what it does, and what its first argument may be.
local COMMANDS = {
  report = {
    function()
      require('ecto_migrations.pages').report(0)
    end,
  },
  fix = {
    function()
      require('ecto_migrations.fix').command(vim.api.nvim_get_current_buf())
    end,
  },
  release = {
    function(range)
      require('ecto_migrations.pages').release(range)
    end,
  },
  rehearse = {
    function()
      require('ecto_migrations.rehearsal').rehearse(0)
    end,
  },
  new = {
    function(template, name)
      require('ecto_migrations.new').new(template, name)
    end,
    function()
      return named(clients.ask('templates'), 'name')
    end,
  },
  rule = {
    function(name)
      require('ecto_migrations.pages').rule(name)
    end,
    function()
      return named(clients.ask('rules'), 'id')
    end,
  },
  restart = { restart },
  log = {
    function()
      vim.cmd.tabedit(vim.fn.fnameescape(vim.lsp.get_log_path()))
    end,
  },
}

function M.run(arguments)
  local name = arguments[1]
  local command = COMMANDS[name]
  if command then
    command[1](unpack(arguments, 2))
  else
    local known = vim.tbl_keys(COMMANDS)
    table.sort(known)
    plugin.notify(('%s is none of %s'):format(name, table.concat(known, ', ')), vim.log.levels.WARN)
  end
end

function M.complete(lead, line)
  local words = vim.split(line:gsub('^%s*%S+%s+', '', 1), '%s+')
  local found = {}
  if #words <= 1 then
    found = vim.tbl_keys(COMMANDS)
  elseif #words == 2 and COMMANDS[words[1]] and COMMANDS[words[1]][2] then
    found = COMMANDS[words[1]][2]()
  end
  table.sort(found)
  return vim.tbl_filter(function(word)
    return vim.startswith(word, lead)
  end, found)
end

return M

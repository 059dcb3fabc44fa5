-- A new migration from a template: `:EctoMigrations new`.

local plugin = require('ecto_migrations')
local clients = require('ecto_migrations.client')

local M = {}

--- Calls `callback` with the folder for new migrations: that of the current one, else one of the project's.
local function with_folder(callback)
  local path = vim.api.nvim_buf_get_name(0)
  local folder = vim.fs.dirname(path)
  if path:match('/priv/.*migrations.*%.exs$') and vim.fn.isdirectory(folder) == 1 then
    callback(folder)
    return
  end
  local root = vim.fs.root(0, 'mix.exs') or vim.fs.root(vim.fn.getcwd(), 'mix.exs') or vim.fn.getcwd()
  local folders = {}
  for _, pattern in ipairs({ 'priv/*/migrations', 'apps/*/priv/*/migrations' }) do
    vim.list_extend(folders, vim.fn.globpath(root, pattern, true, true))
  end
  if #folders == 0 then
    plugin.notify(('no priv/*/migrations in %s'):format(root), vim.log.levels.WARN)
  elseif #folders == 1 then
    callback(folders[1])
  else
    local function format_item(item)
      return vim.fs.relpath and vim.fs.relpath(root, item) or item
    end
    vim.ui.select(folders, { prompt = 'Folder', format_item = format_item }, function(item)
      if item then
        callback(item)
      end
    end)
  end
end

local function open(files)
  for index = #files, 1, -1 do
    local file = files[index]
    vim.cmd.edit(vim.fn.fnameescape(vim.uri_to_fname(file.uri)))
  end
  local snippet = #files == 1 and files[1].snippet
  if snippet and snippet ~= vim.NIL then
    vim.api.nvim_buf_set_lines(0, 0, -1, false, {})
    vim.snippet.expand((snippet:gsub('\n$', '')))
  elseif #files > 1 then
    plugin.notify(('wrote %d migrations; the first is shown'):format(#files))
  end
end

local function write(client, template, folder, name)
  local wanted = { template = template.name, folder = vim.uri_from_fname(folder), name = name }
  clients.run(client, 'newMigration', { wanted }, open)
end

local function make(client, template, name)
  with_folder(function(folder)
    -- Several migrations have names of their own.
    if name or template.files > 1 then
      write(client, template, folder, name)
      return
    end
    vim.ui.input({ prompt = 'Name of the migration: ' }, function(given)
      if given and given ~= '' then
        write(client, template, folder, given)
      end
    end)
  end)
end

--- Asks for what is not given.
function M.new(wanted, name)
  local client = clients.any()
  if not client then
    return
  end
  clients.run(client, 'templates', nil, function(templates)
    for _, template in ipairs(templates) do
      if template.name == wanted then
        make(client, template, name)
        return
      end
    end
    if wanted then
      plugin.notify(('there is no template %s'):format(wanted), vim.log.levels.WARN)
      return
    end
    local function format_item(template)
      return ('%s: %s'):format(template.name, template.title)
    end
    vim.ui.select(templates, { prompt = 'Template', format_item = format_item }, function(template)
      if template then
        make(client, template, name)
      end
    end)
  end)
end

return M

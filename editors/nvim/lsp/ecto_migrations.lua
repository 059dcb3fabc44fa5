---@brief
---
--- Language server for Ecto migrations: says what a migration will do to the database, and rewrites it into the
--- safe form.
---
---     uv tool install ecto-migrations
---
--- It stands beside the Elixir server of your choice: it offers no formatting, symbols or renaming.
--- This file works by itself; with the plugin around it there are the report, rehearsals, new migrations from
--- templates, and the new files of a split are written.

local function is_migration(path)
  local below = path:match('/priv/(.+)$')
  return below ~= nil and below:find('migrations', 1, true) ~= nil and path:match('%.exs$') ~= nil
end

-- What the server may ask the editor to do (a lens, the end of a fix) is in the plugin.
local commands = nil
if #vim.api.nvim_get_runtime_file('lua/ecto_migrations/pages.lua', false) > 0 then
  commands = {
    ['ectoMigrations.showReport'] = function(_, context)
      require('ecto_migrations.pages').report(context.bufnr)
    end,
    ['ectoMigrations.rehearse'] = function(_, context)
      require('ecto_migrations.rehearsal').rehearse(context.bufnr)
    end,
    ['ectoMigrations.filesCreated'] = function(command)
      require('ecto_migrations.files').created(command.arguments[1])
    end,
  }
end

---@type vim.lsp.Config
return {
  cmd = { 'ecto-migrations', 'server' },
  filetypes = { 'elixir' },
  -- The nearest project, as in an umbrella each application has migrations of its own. A migration that lies in
  -- no project (a file somebody sent) is looked at too; other scripts without a project are left alone.
  root_dir = function(bufnr, on_dir)
    local root = vim.fs.root(bufnr, 'mix.exs')
    if root or is_migration(vim.api.nvim_buf_get_name(bufnr)) then
      on_dir(root)
    end
  end,
  commands = commands,
  init_options = commands and { clientCommands = vim.tbl_keys(commands) },
  -- settings = { ectoMigrations = { database_version = 16 } }
}

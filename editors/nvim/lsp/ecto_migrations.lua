---@brief
---
--- Language server for Ecto migrations: says what a migration will do to the database, and rewrites it into
--- the safe form.
---
---     uv tool install ecto-migrations
---
--- It stands beside the Elixir server of your choice: it offers no formatting, symbols or definitions.
--- The new files of a split are unsaved buffers until `:wall`.

local function is_migration(path)
  local below = path:match('/priv/(.+)$')
  return below ~= nil and below:find('migrations', 1, true) ~= nil and path:match('%.exs$') ~= nil
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
  -- settings = { ectoMigrations = { database_version = 16 } }
}

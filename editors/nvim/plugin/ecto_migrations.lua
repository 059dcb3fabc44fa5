if vim.g.loaded_ecto_migrations or vim.fn.has('nvim-0.11') == 0 then
  return
end
vim.g.loaded_ecto_migrations = true

local group = vim.api.nvim_create_augroup('ecto_migrations', {})

vim.api.nvim_create_user_command('EctoMigrations', function(command)
  require('ecto_migrations.command').run(command.fargs)
end, {
  nargs = '+',
  desc = 'Report, rehearsal, new migration, page of a rule; restart and log of the server',
  complete = function(...)
    return require('ecto_migrations.command').complete(...)
  end,
})

-- Neovim says nothing when a language server's command is missing, it only writes to its log.
vim.api.nvim_create_autocmd('FileType', {
  pattern = 'elixir',
  group = group,
  desc = 'Says how to install the server of ecto-migrations where it is enabled and missing',
  callback = function()
    if not (vim.lsp.is_enabled and vim.lsp.is_enabled('ecto_migrations')) then
      return
    end
    local missing = require('ecto_migrations.client').missing()
    if missing then
      vim.notify_once(
        ('ecto-migrations: %s See :checkhealth ecto_migrations'):format(missing),
        vim.log.levels.WARN
      )
    end
  end,
})

-- Neovim on Linux watches no files. Whoever comes back from a terminal may have changed the branch there.
vim.api.nvim_create_autocmd({ 'FocusGained', 'VimResume', 'TermLeave', 'FileChangedShellPost' }, {
  group = group,
  desc = 'ecto-migrations looks at the files again',
  callback = function()
    for _, client in ipairs(vim.lsp.get_clients({ name = 'ecto_migrations' })) do
      client:notify('workspace/didChangeWatchedFiles', { changes = {} })
    end
  end,
})

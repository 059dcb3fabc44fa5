-- Neovim says nothing when a language server's command is missing, it only writes to its log.

if vim.g.loaded_ecto_migrations then
  return
end
vim.g.loaded_ecto_migrations = true

vim.api.nvim_create_autocmd('FileType', {
  pattern = 'elixir',
  group = vim.api.nvim_create_augroup('ecto_migrations', {}),
  desc = 'Says how to install the server of ecto-migrations where it is enabled and missing',
  callback = function()
    if not (vim.lsp.is_enabled and vim.lsp.is_enabled('ecto_migrations')) then
      return
    end
    local cmd = vim.lsp.config.ecto_migrations.cmd
    if type(cmd) == 'table' and vim.fn.executable(cmd[1]) == 0 then
      vim.notify_once(
        ('ecto-migrations: %s is not in PATH. Install it with `uv tool install ecto-migrations`'):format(cmd[1])
          .. ' or `pipx install ecto-migrations`, or set `cmd` with vim.lsp.config().',
        vim.log.levels.WARN
      )
    end
  end,
})

-- A migration tried on a throwaway PostgreSQL: `:EctoMigrations rehearse`.
--
-- The page comes up at once and shows the steps. Closed before the end, it stops the rehearsal.

local plugin = require('ecto_migrations')
local clients = require('ecto_migrations.client')
local pages = require('ecto_migrations.pages')

local M = {}

local count = 0

local function under_way(file, percentage, step)
  local text = '# Rehearsing %s\n\n%d %%: %s\n\nClosing this page (`q`) stops it; nothing of it is left then.'
  return text:format(file, percentage, step)
end

-- Calls `on_step` with the percentage and the text of each step, and `on_end`.
local function follow(client, own, group, on_step, on_end)
  vim.api.nvim_create_autocmd('LspProgress', {
    group = group,
    desc = 'The steps of the rehearsal',
    callback = function(event)
      local token, value = event.data.params.token, event.data.params.value
      if event.data.client_id ~= client.id or token ~= own then
        return
      elseif value.kind == 'report' then
        on_step(value.percentage or 0, value.message or '')
      elseif value.kind == 'end' then
        on_end()
      end
    end,
  })
end

--- Rehearses the migration in a buffer.
function M.rehearse(bufnr)
  bufnr = bufnr ~= 0 and bufnr or vim.api.nvim_get_current_buf()
  local client = clients.of(bufnr)
  if not client then
    plugin.notify(clients.missing() or 'this buffer has no migration', vim.log.levels.WARN)
    return
  end
  local file = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(bufnr), ':t')
  local group = vim.api.nvim_create_augroup('ecto_migrations_rehearsal_' .. bufnr, {})
  local buffer, request = nil, nil
  count = count + 1
  local token = 'ecto-migrations-rehearsal-' .. count

  -- True for the first who ends it: the answer, or the page that was closed.
  local function finish()
    return pcall(vim.api.nvim_del_augroup_by_id, group)
  end
  local function give_up(message, level)
    if finish() then
      if vim.api.nvim_buf_is_valid(buffer) then
        vim.api.nvim_buf_delete(buffer, { force = true })
      end
      plugin.notify(message, level)
    end
  end

  buffer = pages.show('ecto-migrations://rehearsal/' .. file, { markdown = under_way(file, 0, 'starting') })
  vim.api.nvim_create_autocmd('BufWipeout', {
    group = group,
    buffer = buffer,
    desc = 'Stops the rehearsal',
    callback = function()
      if finish() then
        client:cancel_request(request)
        plugin.notify('the rehearsal is stopped')
      end
    end,
  })
  follow(client, token, group, function(percentage, step)
    pages.fill(buffer, under_way(file, percentage, step))
  end, function()
    -- The answer follows; but Neovim keeps to itself that somebody else has stopped it.
    vim.defer_fn(function()
      give_up('the rehearsal was stopped')
    end, 2000)
  end)
  local params = {
    command = 'ectoMigrations.server.rehearse',
    arguments = { vim.uri_from_bufnr(bufnr) },
    workDoneToken = token,
  }
  local sent
  sent, request = client:request('workspace/executeCommand', params, function(failure, page)
    if failure then
      give_up(failure.message, vim.log.levels.ERROR)
    elseif not page or page == vim.NIL then
      give_up('this buffer has no migration', vim.log.levels.WARN)
    elseif finish() then
      pages.fill(buffer, page.markdown)
    end
  end, bufnr)
  if not sent then
    give_up('the server does not run; see :checkhealth ecto_migrations', vim.log.levels.ERROR)
  end
end

return M

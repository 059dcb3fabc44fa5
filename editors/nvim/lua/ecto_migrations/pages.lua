-- The report, the pages of rules, rehearsals: each in a scratch buffer beside the code.

local plugin = require('ecto_migrations')
local clients = require('ecto_migrations.client')

local M = {}

--- Puts a text into the buffer of a page.
function M.fill(buffer, markdown)
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(vim.trim(markdown), '\n'))
  vim.bo[buffer].modifiable = false
end

local function named(name)
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_get_name(buffer) == name then
      return buffer
    end
  end
end

--- Shows a page in the window that has it already, else in a new one. Returns its buffer.
function M.show(name, page)
  local buffer = named(name)
  if not buffer then
    buffer = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(buffer, name)
    vim.bo[buffer].bufhidden = 'wipe'
    vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buffer, desc = 'Close the page' })
  end
  M.fill(buffer, page.markdown)
  local window = vim.fn.win_findbuf(buffer)[1]
  if window then
    vim.api.nvim_set_current_win(window)
  else
    window = vim.api.nvim_open_win(buffer, true, { split = 'right' })
    vim.wo[window][0].wrap = true
    vim.wo[window][0].linebreak = true
  end
  vim.bo[buffer].filetype = 'markdown'
  return buffer
end

--- The migration report on a buffer; it follows the text until it is closed.
function M.report(bufnr)
  bufnr = bufnr ~= 0 and bufnr or vim.api.nvim_get_current_buf()
  local client = clients.of(bufnr)
  if not client then
    plugin.notify(clients.missing() or 'this buffer has no migration', vim.log.levels.WARN)
    return
  end
  local function ask(callback)
    clients.run(client, 'report', { vim.uri_from_bufnr(bufnr) }, callback)
  end
  ask(function(page)
    if not page then
      plugin.notify('this buffer has no migration', vim.log.levels.WARN)
      return
    end
    local file = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(bufnr), ':t')
    local buffer = M.show('ecto-migrations://report/' .. file, page)
    vim.api.nvim_create_autocmd('DiagnosticChanged', {
      group = vim.api.nvim_create_augroup('ecto_migrations_report_' .. buffer, {}),
      buffer = bufnr,
      desc = 'The report follows the migration',
      callback = function()
        if not vim.api.nvim_buf_is_valid(buffer) or client:is_stopped() then
          return true
        end
        ask(function(changed)
          if changed and vim.api.nvim_buf_is_valid(buffer) then
            M.fill(buffer, changed.markdown)
          end
        end)
      end,
    })
  end)
end

--- The report on all migrations that the branch of this buffer brings, or on a range of git.
function M.release(range)
  local client = clients.of(0)
  if not client then
    plugin.notify(clients.missing() or 'this buffer has no migration', vim.log.levels.WARN)
    return
  end
  clients.run(client, 'releaseReport', { { uri = vim.uri_from_bufnr(0), range = range } }, function(page)
    if page then
      M.show('ecto-migrations://release/' .. (range or 'branch'), page)
    else
      plugin.notify('this buffer has no migration', vim.log.levels.WARN)
    end
  end)
end

--- The page of a rule; without a name, of one that is picked.
function M.rule(name)
  local client = clients.any()
  if not client then
    return
  end
  if not name then
    clients.run(client, 'rules', nil, function(rules)
      vim.ui.select(rules, {
        prompt = 'Rule',
        format_item = function(rule)
          return ('%s (%s) %s'):format(rule.id, rule.level, rule.title)
        end,
      }, function(rule)
        if rule then
          M.rule(rule.id)
        end
      end)
    end)
    return
  end
  clients.run(client, 'rule', { name }, function(page)
    if page then
      M.show('ecto-migrations://rule/' .. name, page)
    else
      plugin.notify(('there is no rule %s'):format(name), vim.log.levels.WARN)
    end
  end)
end

return M

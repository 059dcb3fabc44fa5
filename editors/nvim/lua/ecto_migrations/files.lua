-- The new files of a split. Neovim makes them empty on the disk and keeps their texts in buffers: until they are
-- written, `mix ecto.migrate` meets empty migrations.

local plugin = require('ecto_migrations')

local M = {}

local function names(buffers)
  local found = vim.tbl_map(function(buffer)
    return vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ':t')
  end, buffers)
  return table.concat(found, ', ')
end

local function modified(buffers)
  return vim.tbl_filter(function(buffer)
    return vim.api.nvim_buf_is_loaded(buffer) and vim.bo[buffer].modified
  end, buffers)
end

--- Writes the buffers of these URIs, or says that they are not written.
function M.created(uris)
  local buffers = vim.tbl_map(vim.uri_to_bufnr, uris)
  for _, buffer in ipairs(buffers) do
    vim.bo[buffer].buflisted = true
    if plugin.options.write_new_files then
      pcall(vim.api.nvim_buf_call, buffer, function()
        vim.cmd('silent write')
      end)
    end
  end
  local left = modified(buffers)
  if #left > 0 then
    local message = ('not saved: %s. `:wall` writes them; until then they are empty on the disk.'):format(names(left))
    plugin.notify(message, vim.log.levels.WARN)
    return
  end
  local message = ('wrote %s'):format(names(buffers))
  local current = modified({ vim.api.nvim_get_current_buf() })
  if #current > 0 then
    message = ('%s; %s is changed and not saved'):format(message, names(current))
  end
  plugin.notify(message)
end

return M

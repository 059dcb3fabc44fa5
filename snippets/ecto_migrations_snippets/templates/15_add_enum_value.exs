# Add a value to an enum
# No table is locked. Only later transactions can use the value: a default, an index or rows with it belong into
# another migration (PostgreSQL 12 and later).

# region file add_archived_to_post_status
# Deploy before the code that writes it.
defmodule ${namespace:}.${module:AddArchivedToPostStatus} do
  use Ecto.Migration

  def change do
    # region callback
    # PostgreSQL has no way to drop the value again: rolled back, it stays and nothing uses it.
    execute("ALTER TYPE ${1:post_status} ADD VALUE IF NOT EXISTS '${2:archived}'", "")
    # endregion
  end
end
# endregion

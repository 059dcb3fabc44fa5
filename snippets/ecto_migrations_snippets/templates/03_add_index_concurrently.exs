# Add an index concurrently
# SHARE UPDATE EXCLUSIVE: reads and writes go on while it is built. Outside a transaction, and without Ecto's
# migration lock, whose open transaction the build would wait for.
# Where a former run was interrupted, drop the INVALID index that it left before running it again.
# attributes: @disable_ddl_transaction true, @disable_migration_lock true

# region file add_posts_status_index
defmodule ${namespace:}.${module:AddPostsStatusIndex} do
  use Ecto.Migration

  @disable_ddl_transaction true
  @disable_migration_lock true

  def change do
    # region callback
    create index(:${1:posts}, [:${2:status}], concurrently: true)
    # endregion
  end
end
# endregion

# Add an index, concurrently and safe to run again
# A concurrent build that was interrupted leaves its index behind, INVALID, and the next run stops at the name
# (`IF NOT EXISTS` would take it for the finished index). This one drops what is left of a former run first.
# attributes: @disable_ddl_transaction true, @disable_migration_lock true
# callbacks: up

# region file add_posts_status_index
defmodule ${namespace:}.${module:AddPostsStatusIndex} do
  use Ecto.Migration

  @disable_ddl_transaction true
  @disable_migration_lock true

  def up do
    # region callback
    drop_if_exists index(:${1:posts}, [:${2:status}], concurrently: true)
    create index(:${1:posts}, [:${2:status}], concurrently: true)
    # endregion
  end

  def down do
    drop_if_exists index(:${1:posts}, [:${2:status}], concurrently: true)
  end
end
# endregion

# Add a nullable column
# ACCESS EXCLUSIVE for an instant: nothing is rewritten or scanned, existing rows read NULL.

# region file add_status_to_posts
defmodule ${namespace:}.${module:AddStatusToPosts} do
  use Ecto.Migration

  # Gives up soon instead of letting the application queue behind this migration.
  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
  end

  def change do
    # region callback
    alter table(:${1:posts}) do
      # region alter
      add :${2:status}, :${3:string}
      # endregion
    end
    # endregion
  end
end
# endregion

# Create a table
# With a reference, the index that it needs, and timestamps. The reference takes SHARE ROW EXCLUSIVE on the
# other table for an instant: its writes wait for that long.

# region file create_comments
defmodule ${namespace:}.${module:CreateComments} do
  use Ecto.Migration

  # Gives up soon instead of letting the application queue behind this migration.
  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
  end

  def change do
    # region callback
    create table(:${1:comments}) do
      add :${2:body}, :${3:text}, null: false
      add :${4:post_id}, references(:${5:posts}, on_delete: :${6:delete_all}), null: false

      timestamps(type: :${7:utc_datetime_usec})
    end

    create index(:${1:comments}, [:${4:post_id}])
    # endregion
  end
end
# endregion

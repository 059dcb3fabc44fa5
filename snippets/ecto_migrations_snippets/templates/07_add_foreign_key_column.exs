# Add a column with a foreign key
# Three migrations: the column and its foreign key, NOT VALID, so that no row is looked at under a lock that
# blocks; the index, built concurrently; and VALIDATE, during which reads and writes go on.

# region file add_editor_id_to_posts
# Step 1 of 3: the column, and the foreign key for what is written from now on.
# ACCESS EXCLUSIVE on ${1:posts} and SHARE ROW EXCLUSIVE on ${3:authors}, for an instant.
defmodule ${namespace:}.${module:AddEditorIdToPosts} do
  use Ecto.Migration

  # Gives up soon instead of letting the application queue behind this migration.
  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
  end

  def change do
    alter table(:${1:posts}) do
      # region alter
      add :${2:editor_id}, references(:${3:authors}, on_delete: :${4:nilify_all}, validate: false)
      # endregion
    end
  end
end
# endregion

# region file index_posts_editor_id
# Step 2 of 3: the index that deletes and updates of ${3:authors} look up.
defmodule ${namespace:}.${module:IndexPostsEditorId} do
  use Ecto.Migration

  @disable_ddl_transaction true
  @disable_migration_lock true

  def change do
    create index(:${1:posts}, [:${2:editor_id}], concurrently: true)
  end
end
# endregion

# region file validate_posts_editor_id_fkey
# Step 3 of 3: looks at the rows that exist.
# SHARE UPDATE EXCLUSIVE: reads and writes go on.
defmodule ${namespace:}.${module:ValidatePostsEditorIdFkey} do
  use Ecto.Migration

  # Gives up soon instead of letting the application queue behind this migration.
  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
  end

  def change do
    execute("ALTER TABLE ${1:posts} VALIDATE CONSTRAINT ${1:posts}_${2:editor_id}_fkey", "")
  end
end
# endregion

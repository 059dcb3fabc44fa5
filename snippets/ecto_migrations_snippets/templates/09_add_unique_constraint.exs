# Add a unique constraint
# Two migrations: the unique index, built concurrently, and the constraint that takes it over in an instant.
# Where an index is enough, the first is all that is needed: the constraint is for deferrable checks and for
# foreign keys of tools that want one. It keeps the index's name, which `unique_constraint(:slug)` expects.

# region file index_posts_slug
# Step 1 of 2: the index. It can be stopped and run again.
defmodule ${namespace:}.${module:IndexPostsSlug} do
  use Ecto.Migration

  @disable_ddl_transaction true
  @disable_migration_lock true

  def up do
    refuse_duplicates()
    drop_if_exists unique_index(:${1:posts}, [:${2:slug}], concurrently: true)
    create unique_index(:${1:posts}, [:${2:slug}], concurrently: true)
  end

  def down do
    drop_if_exists unique_index(:${1:posts}, [:${2:slug}], concurrently: true)
  end

  # Says which they are; the build would fail at the first of them and leave an INVALID index behind.
  defp refuse_duplicates do
    %{rows: rows} =
      repo().query!(
        "SELECT ${2:slug} FROM ${1:posts} WHERE ${2:slug} IS NOT NULL GROUP BY 1 HAVING count(*) > 1 LIMIT 10",
        [],
        timeout: :infinity
      )

    if rows != [], do: raise("several rows of ${1:posts} have the same ${2:slug}: #{inspect(rows)}")
  end
end
# endregion

# region file add_posts_slug_unique
# Step 2 of 2: the constraint. Dropped, it takes its index with it: the way back builds a second one
# first, so that no moment is without, and gives it the name of step 1's.
defmodule ${namespace:}.${module:AddPostsSlugUnique} do
  use Ecto.Migration

  @disable_ddl_transaction true
  @disable_migration_lock true

  def up do
    brief_lock([
      """
      ALTER TABLE ${1:posts} ADD CONSTRAINT ${1:posts}_${2:slug}_index
      UNIQUE USING INDEX ${1:posts}_${2:slug}_index
      """
    ])
  end

  def down do
    drop_if_exists unique_index(:${1:posts}, [:${2:slug}], name: :${1:posts}_${2:slug}_kept, concurrently: true)
    create unique_index(:${1:posts}, [:${2:slug}], name: :${1:posts}_${2:slug}_kept, concurrently: true)

    brief_lock([
      "ALTER TABLE ${1:posts} DROP CONSTRAINT ${1:posts}_${2:slug}_index",
      "ALTER INDEX ${1:posts}_${2:slug}_kept RENAME TO ${1:posts}_${2:slug}_index"
    ])
  end

  # One short transaction, which gives up soon instead of letting the application queue behind it.
  defp brief_lock(statements) do
    execute(fn ->
      repo().transaction(fn ->
        repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
        Enum.each(statements, fn sql -> repo().query!(sql) end)
      end)
    end)
  end
end
# endregion

# Set NOT NULL on a column that exists
# Three migrations: a CHECK, NOT VALID; VALIDATE, during which reads and writes go on; and SET NOT NULL, which
# then needs no look at the rows (PostgreSQL 12 and later).
# Before them: code that always writes the column, and a value for the rows that have none
# (`backfill-in-batches`). With the CHECK in place every update of a row without a value fails.

# region file check_posts_status_not_null
# Step 1 of 3: the CHECK, without a look at the rows that exist.
# Deploy when every node writes ${1:posts}.${2:status} and no row is without a value.
defmodule ${namespace:}.${module:CheckPostsStatusNotNull} do
  use Ecto.Migration

  # Gives up soon instead of letting the application queue behind this migration.
  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
  end

  def change do
    create constraint(:${1:posts}, :${1:posts}_${2:status}_not_null,
             check: "${2:status} IS NOT NULL",
             validate: false
           )
  end
end
# endregion

# region file validate_posts_status_not_null
# Step 2 of 3: looks at the rows that exist; where one has no value, this fails and changes nothing.
# SHARE UPDATE EXCLUSIVE: reads and writes go on.
defmodule ${namespace:}.${module:ValidatePostsStatusNotNull} do
  use Ecto.Migration

  # Gives up soon instead of letting the application queue behind this migration.
  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
  end

  def change do
    execute("ALTER TABLE ${1:posts} VALIDATE CONSTRAINT ${1:posts}_${2:status}_not_null", "")
  end
end
# endregion

# region file set_posts_status_not_null
# Step 3 of 3: NOT NULL in an instant, by the CHECK, which is not needed from then on.
# The way back makes the CHECK again, as steps 1 and 2 left it.
defmodule ${namespace:}.${module:SetPostsStatusNotNull} do
  use Ecto.Migration

  @disable_ddl_transaction true
  @disable_migration_lock true

  def up do
    brief_lock([
      "ALTER TABLE ${1:posts} ALTER COLUMN ${2:status} SET NOT NULL",
      "ALTER TABLE ${1:posts} DROP CONSTRAINT ${1:posts}_${2:status}_not_null"
    ])
  end

  def down do
    brief_lock([
      "ALTER TABLE ${1:posts} DROP CONSTRAINT IF EXISTS ${1:posts}_${2:status}_not_null",
      """
      ALTER TABLE ${1:posts} ADD CONSTRAINT ${1:posts}_${2:status}_not_null
      CHECK (${2:status} IS NOT NULL) NOT VALID
      """
    ])

    execute("ALTER TABLE ${1:posts} VALIDATE CONSTRAINT ${1:posts}_${2:status}_not_null")
    brief_lock(["ALTER TABLE ${1:posts} ALTER COLUMN ${2:status} DROP NOT NULL"])
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

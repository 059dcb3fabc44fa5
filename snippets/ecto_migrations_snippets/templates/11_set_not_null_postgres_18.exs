# Set NOT NULL on a column that exists (PostgreSQL 18)
# Two migrations: NOT NULL itself, NOT VALID, and VALIDATE, during which reads and writes go on.
# Before them: code that always writes the column, and a value for the rows that have none
# (`backfill-in-batches`). After the first every update of a row without a value fails.

# region file add_posts_status_not_null
# Step 1 of 2: NOT NULL for what is written from now on, without a look at the rows that exist.
# Deploy when every node writes ${1:posts}.${2:status} and no row is without a value.
defmodule ${namespace:}.${module:AddPostsStatusNotNull} do
  use Ecto.Migration

  # Gives up soon instead of letting the application queue behind this migration.
  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
  end

  def change do
    execute(
      "ALTER TABLE ${1:posts} ADD CONSTRAINT ${1:posts}_${2:status}_not_null NOT NULL ${2:status} NOT VALID",
      "ALTER TABLE ${1:posts} DROP CONSTRAINT ${1:posts}_${2:status}_not_null"
    )
  end
end
# endregion

# region file validate_posts_status_not_null
# Step 2 of 2: looks at the rows that exist; where one has no value, this fails and changes nothing.
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

# Drop a column in two deploys
# Two migrations. Ecto names every field of a schema in its queries: code that has the field fails as soon as
# the column is gone. So first the code goes that knows it, then the column.

# region file release_posts_legacy
# Step 1 of 2: a default, so that code which no longer knows the column can insert rows.
# It may stay out where ${1:posts}.${2:legacy} is nullable or has a default.
# Next: deploy code without the field, then step 2.
defmodule ${namespace:}.${module:ReleasePostsLegacy} do
  use Ecto.Migration

  # Gives up soon instead of letting the application queue behind this migration.
  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
  end

  def change do
    execute(
      "ALTER TABLE ${1:posts} ALTER COLUMN ${2:legacy} SET DEFAULT '${4:none}'",
      "ALTER TABLE ${1:posts} ALTER COLUMN ${2:legacy} DROP DEFAULT"
    )
  end
end
# endregion

# region file drop_posts_legacy
# Step 2 of 2: the column. Deploy when no node runs code that has the field.
# ACCESS EXCLUSIVE for an instant. Its values, its indexes and its constraints go with it; the way back makes
# the column as step 1 left it, with the default in every row.
defmodule ${namespace:}.${module:DropPostsLegacy} do
  use Ecto.Migration

  # Gives up soon instead of letting the application queue behind this migration.
  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
  end

  def change do
    # region callback
    alter table(:${1:posts}) do
      # region alter
      remove :${2:legacy}, :${3:string}, null: false, default: "${4:none}"
      # endregion
    end
    # endregion
  end
end
# endregion

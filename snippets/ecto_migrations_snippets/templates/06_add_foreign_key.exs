# Add a foreign key to a column that exists
# Three migrations: an index for the column, built concurrently; the foreign key, NOT VALID, which holds for
# what is written from then on; and VALIDATE, which looks at the rows that exist while reads and writes go on.

# region file index_posts_author_id
# Step 1 of 3: the index that deletes and updates of ${3:authors} look up.
# Leave this out where there is one already.
defmodule ${namespace:}.${module:IndexPostsAuthorId} do
  use Ecto.Migration

  @disable_ddl_transaction true
  @disable_migration_lock true

  def change do
    create index(:${1:posts}, [:${2:author_id}], concurrently: true)
  end
end
# endregion

# region file add_posts_author_id_fkey
# Step 2 of 3: the foreign key, without a look at the rows that exist.
# SHARE ROW EXCLUSIVE on ${1:posts} and ${3:authors} for an instant: writes wait for that long.
defmodule ${namespace:}.${module:AddPostsAuthorIdFkey} do
  use Ecto.Migration

  # Gives up soon instead of letting the application queue behind this migration.
  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
  end

  def change do
    execute(
      """
      ALTER TABLE ${1:posts} ADD CONSTRAINT ${1:posts}_${2:author_id}_fkey
      FOREIGN KEY (${2:author_id}) REFERENCES ${3:authors} (id) NOT VALID
      """,
      "ALTER TABLE ${1:posts} DROP CONSTRAINT ${1:posts}_${2:author_id}_fkey"
    )
  end
end
# endregion

# region file validate_posts_author_id_fkey
# Step 3 of 3: looks at the rows that exist. Deploy when each of them has its row in ${3:authors};
# where one has not, this fails and changes nothing.
# SHARE UPDATE EXCLUSIVE: reads and writes go on.
defmodule ${namespace:}.${module:ValidatePostsAuthorIdFkey} do
  use Ecto.Migration

  # Gives up soon instead of letting the application queue behind this migration.
  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
  end

  def change do
    execute("ALTER TABLE ${1:posts} VALIDATE CONSTRAINT ${1:posts}_${2:author_id}_fkey", "")
  end
end
# endregion

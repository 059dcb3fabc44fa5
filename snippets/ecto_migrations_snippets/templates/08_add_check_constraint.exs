# Add a check constraint
# Two migrations: the constraint, NOT VALID, which holds for what is written from then on; and VALIDATE, which
# looks at the rows that exist while reads and writes go on.
# Between the two an update of a row that breaks it fails, whichever column it sets: correct such rows first.

# region file add_posts_title_present
# Step 1 of 2: the constraint, without a look at the rows that exist.
# Deploy after the code that writes nothing else.
defmodule ${namespace:}.${module:AddPostsTitlePresent} do
  use Ecto.Migration

  # Gives up soon instead of letting the application queue behind this migration.
  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
  end

  def change do
    # region callback
    create constraint(:${1:posts}, :${2:posts_title_present}, check: "${3:title <> ''}", validate: false)
    # endregion
  end
end
# endregion

# region file validate_posts_title_present
# Step 2 of 2: looks at the rows that exist; where one breaks it, this fails and changes nothing.
# SHARE UPDATE EXCLUSIVE: reads and writes go on.
defmodule ${namespace:}.${module:ValidatePostsTitlePresent} do
  use Ecto.Migration

  # Gives up soon instead of letting the application queue behind this migration.
  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
  end

  def change do
    execute("ALTER TABLE ${1:posts} VALIDATE CONSTRAINT ${2:posts_title_present}", "")
  end
end
# endregion

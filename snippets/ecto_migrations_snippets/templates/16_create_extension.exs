# Create an extension
# The role that migrates needs CREATE on the database for a trusted extension (citext, pg_trgm, pgcrypto and
# others), and superuser rights for the rest.

# region file create_extension_citext
defmodule ${namespace:}.${module:CreateExtensionCitext} do
  use Ecto.Migration

  def change do
    # region callback
    # Rolled back, it stays: it may have been there before, and what uses it would go with it.
    execute("CREATE EXTENSION IF NOT EXISTS ${1:citext}", "")
    # endregion
  end
end
# endregion

defmodule Blog.Repo.Migrations.CaseInsensitiveEmails do
  use Ecto.Migration

  def up do
    execute "CREATE EXTENSION IF NOT EXISTS citext"

    execute """
    ALTER TABLE users
      ALTER COLUMN email TYPE citext,
      ALTER COLUMN bio SET NOT NULL
    """
  end

  def down do
    execute """
    ALTER TABLE users
      ALTER COLUMN bio DROP NOT NULL,
      ALTER COLUMN email TYPE varchar(255)
    """

    execute "DROP EXTENSION citext"
  end
end

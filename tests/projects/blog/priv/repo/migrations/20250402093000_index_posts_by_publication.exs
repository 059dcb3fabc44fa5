defmodule Blog.Repo.Migrations.IndexPostsByPublication do
  use Ecto.Migration

  @disable_ddl_transaction true
  @disable_migration_lock true

  def change do
    create index(:posts, [:published_at], concurrently: true)
  end
end

defmodule Blog.Repo.Migrations.IndexPostsByAuthor do
  use Ecto.Migration

  @disable_ddl_transaction true

  def change do
    create index(:posts, [:author_id], concurrently: true)
  end
end

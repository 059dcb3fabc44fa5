defmodule Blog.Repo.Migrations.IndexCommentsByPost do
  use Ecto.Migration

  def change do
    create index(:comments, [:post_id])
  end
end

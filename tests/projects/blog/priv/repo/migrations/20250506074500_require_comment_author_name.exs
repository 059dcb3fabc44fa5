defmodule Blog.Repo.Migrations.RequireCommentAuthorName do
  use Ecto.Migration

  def change do
    alter table(:comments) do
      modify :author_name, :string, null: false
    end
  end
end

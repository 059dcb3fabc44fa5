defmodule Blog.Repo.Migrations.RenameCommentBody do
  use Ecto.Migration

  def change do
    rename table(:comments), :body, to: :content
  end
end

defmodule Blog.Repo.Migrations.CreateComments do
  use Ecto.Migration

  def change do
    create table(:comments) do
      add :author_name, :string
      add :body, :text, null: false
      add :rating, :integer
      add :post_id, references(:posts, on_delete: :delete_all), null: false

      timestamps()
    end
  end
end

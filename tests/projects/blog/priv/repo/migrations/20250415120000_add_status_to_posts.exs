defmodule Blog.Repo.Migrations.AddStatusToPosts do
  use Ecto.Migration

  def change do
    alter table(:posts) do
      add :summary, :text
      add :status, :string, null: false
    end
  end
end

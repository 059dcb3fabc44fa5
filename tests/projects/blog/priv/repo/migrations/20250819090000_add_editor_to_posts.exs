defmodule Blog.Repo.Migrations.AddEditorToPosts do
  use Ecto.Migration

  def change do
    alter table(:posts) do
      add :editor_id, references(:users, on_delete: :nilify_all)
    end
  end
end

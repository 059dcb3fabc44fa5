defmodule Blog.Repo.Migrations.WidenPostTitles do
  use Ecto.Migration

  # From varchar(255) to text: the same bytes, so PostgreSQL changes the catalog and nothing else.
  def change do
    alter table(:posts) do
      modify :title, :text, from: :string
    end
  end
end

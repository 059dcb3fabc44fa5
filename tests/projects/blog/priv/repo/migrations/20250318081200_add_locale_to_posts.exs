defmodule Blog.Repo.Migrations.AddLocaleToPosts do
  use Ecto.Migration

  # A constant default: PostgreSQL 11 and later keep it in the catalog and touch no row.
  def change do
    alter table(:posts) do
      add :locale, :string, null: false, default: "en"
    end
  end
end

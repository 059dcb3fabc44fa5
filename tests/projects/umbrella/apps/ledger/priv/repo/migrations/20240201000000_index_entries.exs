defmodule Ledger.Repo.Migrations.IndexEntries do
  use Ecto.Migration

  def change do
    create index(:entries, [:text])
  end
end

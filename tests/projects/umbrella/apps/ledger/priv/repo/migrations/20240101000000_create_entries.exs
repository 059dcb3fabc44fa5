defmodule Ledger.Repo.Migrations.CreateEntries do
  use Ecto.Migration

  def change do
    create table(:entries) do
      add :number, :integer, primary_key: true
      add :text, :text
    end
  end
end

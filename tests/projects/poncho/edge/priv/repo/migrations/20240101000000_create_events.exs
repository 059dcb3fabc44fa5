defmodule Edge.Repo.Migrations.CreateEvents do
  use Ecto.Migration

  def change do
    create table(:events) do
      add :kind, :string
    end
  end
end

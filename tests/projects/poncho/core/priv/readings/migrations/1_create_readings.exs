defmodule Core.Repos.Readings.Migrations.CreateReadings do
  use Ecto.Migration

  def change do
    create table(:readings) do
      add :value, :float
    end
  end
end

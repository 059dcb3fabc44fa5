defmodule Mail.ArchiveRepo.Migrations.CreateBoxes do
  use Ecto.Migration

  def change do
    create table(:boxes) do
      add :name, :string
    end
  end
end

defmodule Mail.ArchiveRepo.Migrations.AddSize do
  use Ecto.Migration

  def change do
    alter table(:boxes) do
      add :size, :integer
    end
  end
end

defmodule Mail.Repo.Migrations.AddSender do
  use Ecto.Migration

  def change do
    alter table(:messages) do
      add :sender, :string
    end
  end
end

defmodule Blog.Repo.Migrations.AddPublicIdToPosts do
  use Ecto.Migration

  def change do
    alter table(:posts) do
      add :public_id, :uuid, default: fragment("gen_random_uuid()")
    end
  end
end

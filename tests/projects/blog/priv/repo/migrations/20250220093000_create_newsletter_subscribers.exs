defmodule Blog.Repo.Migrations.CreateNewsletterSubscribers do
  use Ecto.Migration

  def change do
    create table(:newsletter_subscribers) do
      add :email, :string, null: false
      add :confirmed_at, :utc_datetime

      timestamps(updated_at: false)
    end

    create unique_index(:newsletter_subscribers, [:email])
  end
end

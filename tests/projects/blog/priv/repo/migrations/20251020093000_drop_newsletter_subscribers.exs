defmodule Blog.Repo.Migrations.DropNewsletterSubscribers do
  use Ecto.Migration

  def change do
    drop table(:newsletter_subscribers)
  end
end

defmodule Shop.Repo.TenantMigrations.CreateOrders do
  use Ecto.Migration

  def change do
    create table(:orders) do
      add :product_id, references(:products, prefix: "public")
    end
  end
end

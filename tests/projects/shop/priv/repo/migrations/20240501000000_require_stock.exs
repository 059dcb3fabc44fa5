defmodule Shop.Repo.Migrations.RequireStock do
  use Ecto.Migration

  def change do
    create constraint(:products, :stock_present, check: "stock IS NOT NULL", validate: false)
  end
end

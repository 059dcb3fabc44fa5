defmodule Shop.Repo.DataMigrations.FillStock do
  use Ecto.Migration

  @disable_ddl_transaction true

  def up, do: execute("UPDATE products SET stock = 0 WHERE stock IS NULL")
  def down, do: :ok
end

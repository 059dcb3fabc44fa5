defmodule Portal do
  def title, do: "Ledger"
end

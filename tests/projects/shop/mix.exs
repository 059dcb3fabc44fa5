defmodule Shop.MixProject do
  use Mix.Project

  @version "0.3.0"

  def project do
    [app: :shop, version: @version, elixir: "~> 1.15", deps: deps()]
  end

  def application, do: [extra_applications: [:logger]]

  defp deps, do: [{:ecto_sql, "~> 3.12"}, {:postgrex, ">= 0.0.0"}, {:oban, "~> 2.17"}]
end

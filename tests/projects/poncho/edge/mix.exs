defmodule Edge.MixProject do
  use Mix.Project

  def project do
    [app: :edge, version: "0.1.0", deps: [{:core, path: "../core"}, {:ecto_sqlite3, "~> 0.17"}]]
  end
end

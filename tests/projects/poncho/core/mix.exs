defmodule Core.MixProject do
  use Mix.Project

  def project, do: [app: :core, version: "0.1.0", deps: [{:ecto_sql, "~> 3.12"}, {:myxql, "~> 0.7"}]]
end

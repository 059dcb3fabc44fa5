defmodule Mail.MixProject do
  use Mix.Project

  def project do
    [app: :mail, version: "0.1.0", deps: [{:ecto_sql, "~> 3.12"}, {:postgrex, ">= 0.0.0"}, {:myxql, "~> 0.7"}]]
  end
end

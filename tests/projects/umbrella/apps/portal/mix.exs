defmodule Portal.MixProject do
  use Mix.Project

  def project, do: [app: :portal, config_path: "../../config/config.exs", deps: [{:ledger, in_umbrella: true}]]
end

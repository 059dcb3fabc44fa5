import Config

config :edge, ecto_repos: [Edge.Repo]
config :edge, Edge.Repo, adapter: Ecto.Adapters.SQLite3

import Config

config :ledger, ecto_repos: [Ledger.Repo]
config :ledger, Ledger.Repo, migration_primary_key: false, migration_source: "versions"
config :portal, generators: [context_app: :ledger]

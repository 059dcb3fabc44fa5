use Mix.Config

config :core, Core.Storage.MainRepo, migration_lock: nil

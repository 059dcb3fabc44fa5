import Config

config :shop, Shop.Repo, migration_lock: :pg_advisory_lock, migration_timestamps: [inserted_at: :created_at]

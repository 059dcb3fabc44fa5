import Config

config :shop, Shop.Repo, database: "shop_dev", migration_lock: false

import Config

if config_env() == :prod do
  url = System.get_env("DATABASE_URL") || raise "DATABASE_URL is missing"
  config :shop, Shop.Repo, url: url
end

if System.get_env("TENANTS") do
  config :shop, Shop.Repo, migration_default_prefix: "tenants"
end

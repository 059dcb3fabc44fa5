import Config

config :mail, ecto_repos: [Mail.Repo, Mail.ArchiveRepo]
config :mail, Mail.ArchiveRepo, priv: "priv/archive", migration_timestamps: [type: :naive_datetime_usec]

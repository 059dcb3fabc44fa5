defmodule Mail.Repo do
  use Ecto.Repo, otp_app: :mail, adapter: Ecto.Adapters.Postgres
end

defmodule Mail.ArchiveRepo do
  use Ecto.Repo, otp_app: :mail, adapter: Ecto.Adapters.MyXQL
end

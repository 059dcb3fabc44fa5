defmodule Core.Repos do
  defmodule Readings do
    use Ecto.Repo, otp_app: :core
  end
end

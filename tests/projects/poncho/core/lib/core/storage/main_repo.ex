defmodule Core.Storage.MainRepo do
  use Core.Repo, otp_app: :core
end

defmodule Blog.Accounts do
  @moduledoc """
  The people who write and comment.
  """
  alias Blog.Accounts.User
  alias Blog.Repo

  def get_user!(id), do: Repo.get!(User, id)

  def get_user_by_email(email) when is_binary(email), do: Repo.get_by(User, email: email)

  def register_user(attrs) do
    %User{}
    |> User.changeset(attrs)
    |> Repo.insert()
  end
end

defmodule Blog.Accounts.User do
  use Ecto.Schema
  import Ecto.Changeset

  schema "users" do
    field :email, :string
    field :name, :string
    field :bio, :string

    has_many :posts, Blog.Content.Post, foreign_key: :author_id

    timestamps(type: :utc_datetime)
  end

  def changeset(user, attrs) do
    user
    |> cast(attrs, [:email, :name, :bio])
    |> validate_required([:email, :name])
    |> unique_constraint(:email)
  end
end

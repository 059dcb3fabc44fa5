defmodule Blog.Content.Post do
  use Ecto.Schema
  import Ecto.Changeset

  schema "posts" do
    field :title, :string
    field :subtitle, :string
    field :slug, :string
    field :body, :string
    field :locale, :string, default: "en"
    field :published_at, :utc_datetime

    belongs_to :author, Blog.Accounts.User
    has_many :comments, Blog.Content.Comment
    many_to_many :tags, Blog.Content.Tag, join_through: "posts_tags"

    timestamps(type: :utc_datetime)
  end

  def changeset(post, attrs) do
    post
    |> cast(attrs, [:title, :subtitle, :slug, :body, :locale, :published_at])
    |> validate_required([:title, :body])
    |> unique_constraint(:slug)
    |> foreign_key_constraint(:author_id)
  end
end

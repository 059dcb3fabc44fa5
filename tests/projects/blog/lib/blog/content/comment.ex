defmodule Blog.Content.Comment do
  use Ecto.Schema
  import Ecto.Changeset

  schema "comments" do
    field :author_name, :string
    field :body, :string
    field :rating, :integer

    belongs_to :post, Blog.Content.Post

    timestamps(type: :utc_datetime)
  end

  def changeset(comment, attrs) do
    comment
    |> cast(attrs, [:author_name, :body, :rating])
    |> validate_required([:body])
    |> check_constraint(:rating, name: :comments_rating_in_range)
    |> foreign_key_constraint(:post_id)
  end
end

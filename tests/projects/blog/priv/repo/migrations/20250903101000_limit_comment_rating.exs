defmodule Blog.Repo.Migrations.LimitCommentRating do
  use Ecto.Migration

  def change do
    create constraint(:comments, :comments_rating_in_range, check: "rating BETWEEN 1 AND 5")
  end
end

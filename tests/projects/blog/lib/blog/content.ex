defmodule Blog.Content do
  @moduledoc """
  Posts and what belongs to them.
  """
  import Ecto.Query

  alias Blog.Content.{Comment, Post}
  alias Blog.Repo

  def list_published_posts do
    Repo.all(from p in Post, where: not is_nil(p.published_at), order_by: [desc: p.published_at])
  end

  def get_post_by_slug!(slug), do: Repo.get_by!(Post, slug: slug)

  def create_post(author, attrs) do
    %Post{author_id: author.id}
    |> Post.changeset(attrs)
    |> Repo.insert()
  end

  def add_comment(post, attrs) do
    %Comment{post_id: post.id}
    |> Comment.changeset(attrs)
    |> Repo.insert()
  end
end

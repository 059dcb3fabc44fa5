defmodule Blog.Repo.Migrations.BackfillPostSlugs do
  use Ecto.Migration
  import Ecto.Query

  @disable_ddl_transaction true
  @disable_migration_lock true

  @batch_size 1_000
  @pause_ms 100

  def up, do: backfill(0)

  def down, do: :ok

  defp backfill(last_id) do
    ids =
      repo().all(
        from(p in "posts",
          where: p.id > ^last_id and is_nil(p.slug),
          order_by: [asc: p.id],
          limit: @batch_size,
          select: p.id
        ),
        timeout: :infinity
      )

    if ids != [] do
      repo().update_all(
        from(p in "posts",
          where: p.id in ^ids and is_nil(p.slug),
          update: [set: [slug: fragment("'post-' || ?", p.id)]]
        ),
        [],
        timeout: :infinity
      )

      Process.sleep(@pause_ms)
      backfill(List.last(ids))
    end
  end
end

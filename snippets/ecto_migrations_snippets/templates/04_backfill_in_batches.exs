# Backfill a column in batches
# Goes through the table by its primary key, integers or UUIDs, in batches, each its own transaction: no long
# locks, and it can be stopped and run again.
# callbacks: up
# attributes: @disable_ddl_transaction true, @disable_migration_lock true

# region file backfill_posts_status
# A value for the rows that have none, in small batches outside a transaction.
# Deploy after the code that writes ${1:posts}.${2:status}; it can be stopped and run again.
defmodule ${namespace:}.${module:BackfillPostsStatus} do
  use Ecto.Migration
  import Ecto.Query

  @disable_ddl_transaction true
  @disable_migration_lock true

  @batch_size ${batch_size:1_000}
  @pause_ms 10

  def up, do: backfill(nil)
  def down, do: :ok

  defp backfill(last_id) do
    batch =
      from(p in "${1:posts}",
        where: is_nil(p.${2:status}),
        order_by: [asc: p.id],
        limit: @batch_size,
        select: p.id
      )

    batch = if last_id, do: where(batch, [p], p.id > ^last_id), else: batch

    case repo().all(batch, timeout: :infinity) do
      [] ->
        :ok

      ids ->
        repo().update_all(
          from(p in "${1:posts}", where: p.id in ^ids and is_nil(p.${2:status})),
          [set: [${2:status}: "${3:draft}"]],
          timeout: :infinity
        )

        Process.sleep(@pause_ms)
        backfill(List.last(ids))
    end
  end
end
# endregion

# region callback
import Ecto.Query

batches =
  Stream.unfold(nil, fn last_id ->
    batch =
      from(p in "${1:posts}",
        where: is_nil(p.${2:status}),
        order_by: [asc: p.id],
        limit: ${batch_size:1_000},
        select: p.id
      )

    batch = if last_id, do: where(batch, [p], p.id > ^last_id), else: batch

    case repo().all(batch, timeout: :infinity) do
      [] -> nil
      ids -> {ids, List.last(ids)}
    end
  end)

Enum.each(batches, fn ids ->
  repo().update_all(
    from(p in "${1:posts}", where: p.id in ^ids and is_nil(p.${2:status})),
    [set: [${2:status}: "${3:draft}"]],
    timeout: :infinity
  )

  Process.sleep(10)
end)
# endregion

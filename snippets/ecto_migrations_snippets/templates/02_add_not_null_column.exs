# Add a NOT NULL column by expand and contract
# Three migrations: add it nullable with a default for new rows, give the existing rows a value in batches,
# enforce NOT NULL through a CHECK that is validated while reads and writes go on.
# A constant default needs none of this: `null: false, default: …` in one step is instant.

# region file add_status_to_posts
# Step 1 of 3: the column, nullable. Safe to deploy alone: running code does not know it yet.
# Next: deploy code that writes ${1:posts}.${2:status}, then step 2 (backfill), then step 3 (enforce).
defmodule ${namespace:}.${module:AddStatusToPosts} do
  use Ecto.Migration

  # Gives up soon instead of letting the application queue behind this migration.
  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
  end

  def change do
    # region callback
    alter table(:${1:posts}) do
      # region alter
      add :${2:status}, :${3:string}
      # endregion
    end

    execute(
      "ALTER TABLE ${1:posts} ALTER COLUMN ${2:status} SET DEFAULT '${4:draft}'",
      "ALTER TABLE ${1:posts} ALTER COLUMN ${2:status} DROP DEFAULT"
    )
    # endregion
  end
end
# endregion

# region file backfill_posts_status
# Step 2 of 3: a value for the rows that have none, in small batches outside a transaction.
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
          [set: [${2:status}: "${4:draft}"]],
          timeout: :infinity
        )

        Process.sleep(@pause_ms)
        backfill(List.last(ids))
    end
  end
end
# endregion

# region file enforce_posts_status_not_null
# Step 3 of 3: NOT NULL. Deploy only when every node writes ${1:posts}.${2:status} and step 2 has run.
# Each statement is its own transaction: while VALIDATE scans the table, reads and writes go on.
defmodule ${namespace:}.${module:EnforcePostsStatusNotNull} do
  use Ecto.Migration

  @disable_ddl_transaction true
  @disable_migration_lock true

  def up do
    brief_lock("ALTER TABLE ${1:posts} DROP CONSTRAINT IF EXISTS ${1:posts}_${2:status}_not_null")

    brief_lock(
      "ALTER TABLE ${1:posts} ADD CONSTRAINT ${1:posts}_${2:status}_not_null CHECK (${2:status} IS NOT NULL) NOT VALID"
    )

    execute("ALTER TABLE ${1:posts} VALIDATE CONSTRAINT ${1:posts}_${2:status}_not_null")
    brief_lock("ALTER TABLE ${1:posts} ALTER COLUMN ${2:status} SET NOT NULL")
    brief_lock("ALTER TABLE ${1:posts} DROP CONSTRAINT ${1:posts}_${2:status}_not_null")
  end

  def down do
    brief_lock("ALTER TABLE ${1:posts} DROP CONSTRAINT IF EXISTS ${1:posts}_${2:status}_not_null")
    brief_lock("ALTER TABLE ${1:posts} ALTER COLUMN ${2:status} DROP NOT NULL")
  end

  # Gives up soon instead of letting the application queue behind this statement.
  defp brief_lock(sql) do
    execute(fn ->
      repo().transaction(fn ->
        repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
        repo().query!(sql)
      end)
    end)
  end
end
# endregion

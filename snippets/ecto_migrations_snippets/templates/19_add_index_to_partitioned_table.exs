# Add an index to a partitioned table
# PostgreSQL builds no index of a partitioned table concurrently, and a plain one blocks the writes of every
# partition. So: an index of the parent alone, one for each partition built concurrently, and each attached. With
# the last of them the parent's becomes valid, and later partitions get theirs by themselves.

# region file add_events_kind_index
# It can be stopped and run again: it begins by dropping what is there.
defmodule ${namespace:}.${module:AddEventsKindIndex} do
  use Ecto.Migration

  @disable_ddl_transaction true
  @disable_migration_lock true

  # Every partition of ${1:events}.
  @partitions [:${3:events_2026_01}, :${4:events_2026_02}]

  def up do
    brief_lock([
      "DROP INDEX IF EXISTS ${1:events}_${2:kind}_index",
      "CREATE INDEX ${1:events}_${2:kind}_index ON ONLY ${1:events} (${2:kind})"
    ])

    for partition <- @partitions do
      drop_if_exists index(partition, [:${2:kind}], concurrently: true)
      create index(partition, [:${2:kind}], concurrently: true)
      brief_lock(["ALTER INDEX ${1:events}_${2:kind}_index ATTACH PARTITION #{partition}_${2:kind}_index"])
    end
  end

  # The indexes of the partitions go with it: ACCESS EXCLUSIVE on all of them, for an instant.
  def down do
    brief_lock(["DROP INDEX IF EXISTS ${1:events}_${2:kind}_index"])
  end

  # One short transaction, which gives up soon instead of letting the application queue behind it.
  defp brief_lock(statements) do
    execute(fn ->
      repo().transaction(fn ->
        repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
        Enum.each(statements, fn sql -> repo().query!(sql) end)
      end)
    end)
  end
end
# endregion

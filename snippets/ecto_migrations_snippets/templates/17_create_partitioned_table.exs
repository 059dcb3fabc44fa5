# Create a partitioned table
# By ranges of time, with its first partition. The primary key holds the column that the partitions go by:
# PostgreSQL wants it in every unique index.
# A row that no partition takes is refused: make the next partition in time (`add-partition`). A DEFAULT partition
# would be scanned under ACCESS EXCLUSIVE with every partition that is added.

# region file create_events
defmodule ${namespace:}.${module:CreateEvents} do
  use Ecto.Migration

  def change do
    # region callback
    create table(:${1:events},
             primary_key: false,
             options: "PARTITION BY RANGE (${2:inserted_at})"
           ) do
      add :id, :bigserial, primary_key: true
      add :${2:inserted_at}, :utc_datetime_usec, primary_key: true
      add :${3:kind}, :${4:text}, null: false
    end

    execute(
      """
      CREATE TABLE ${1:events}_${5:2026_01} PARTITION OF ${1:events}
      FOR VALUES FROM ('${6:2026-01-01}') TO ('${7:2026-02-01}')
      """,
      "DROP TABLE ${1:events}_${5:2026_01}"
    )
    # endregion
  end
end
# endregion

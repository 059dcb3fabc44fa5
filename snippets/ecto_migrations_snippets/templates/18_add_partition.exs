# Add a partition
# The table is made on its own and then attached: SHARE UPDATE EXCLUSIVE on the partitioned table, so that reads
# and writes go on; CREATE TABLE … PARTITION OF would take ACCESS EXCLUSIVE.
# Where there is a DEFAULT partition, that one is scanned under ACCESS EXCLUSIVE, unless a valid CHECK says that
# it has no row of the range.

# region file add_events_2026_02
defmodule ${namespace:}.${module:AddEvents202602} do
  use Ecto.Migration

  # Gives up soon instead of letting the application queue behind this migration.
  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
  end

  def up do
    execute("CREATE TABLE ${1:events}_${2:2026_02} (LIKE ${1:events} INCLUDING ALL)")

    execute("""
    ALTER TABLE ${1:events} ATTACH PARTITION ${1:events}_${2:2026_02}
    FOR VALUES FROM ('${3:2026-02-01}') TO ('${4:2026-03-01}')
    """)
  end

  # With its rows. ACCESS EXCLUSIVE on ${1:events} for an instant.
  def down do
    execute("DROP TABLE ${1:events}_${2:2026_02}")
  end
end
# endregion

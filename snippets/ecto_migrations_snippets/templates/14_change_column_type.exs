# Change a column's type by expand and contract
# Three migrations: a column of the new type that a trigger keeps equal to the old one; its values, index and NOT
# NULL; and, when the code has changed over, the end of the old one. `ALTER COLUMN … TYPE` would rewrite the table
# under ACCESS EXCLUSIVE.
# The schema keeps its field: `field :views, :integer, source: :views_big`. Until step 3 a value has to fit both
# types. Step 2 makes one index and NOT NULL: what else belongs to the old column (further indexes, constraints,
# foreign keys) needs its lines there, and in step 3 for the way back.

# region file add_views_big_to_posts
# Step 1 of 3: the column, nullable and without a default, and a trigger that gives it what ${1:posts}.${2:views} gets
# and the other way round. Code of before and code of after can write at the same time.
defmodule ${namespace:}.${module:AddViewsBigToPosts} do
  use Ecto.Migration

  # Gives up soon instead of letting the application queue behind this migration.
  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
  end

  def change do
    alter table(:${1:posts}) do
      add :${3:views_big}, :${4:bigint}
    end

    execute(
      """
      CREATE OR REPLACE FUNCTION ${1:posts}_${2:views}_${3:views_big}_sync() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NEW.${3:views_big} IS NULL THEN
            NEW.${3:views_big} := NEW.${2:views}::${4:bigint};
          ELSE
            NEW.${2:views} := NEW.${3:views_big}::${5:integer};
          END IF;
        ELSIF NEW.${3:views_big} IS DISTINCT FROM OLD.${3:views_big} THEN
          NEW.${2:views} := NEW.${3:views_big}::${5:integer};
        ELSIF NEW.${2:views} IS DISTINCT FROM OLD.${2:views} THEN
          NEW.${3:views_big} := NEW.${2:views}::${4:bigint};
        END IF;

        RETURN NEW;
      END
      $$
      """,
      "DROP FUNCTION ${1:posts}_${2:views}_${3:views_big}_sync()"
    )

    execute(
      """
      CREATE TRIGGER ${1:posts}_${2:views}_${3:views_big}_sync BEFORE INSERT OR UPDATE ON ${1:posts}
      FOR EACH ROW EXECUTE FUNCTION ${1:posts}_${2:views}_${3:views_big}_sync()
      """,
      "DROP TRIGGER ${1:posts}_${2:views}_${3:views_big}_sync ON ${1:posts}"
    )
  end
end
# endregion

# region file fill_posts_views_big
# Step 2 of 3: the values of the rows that exist, in small batches outside a transaction, and what belongs to
# ${1:posts}.${2:views}. It can be stopped and run again.
# Next: deploy code that has ${3:views_big} in the place of ${2:views}, then step 3.
defmodule ${namespace:}.${module:FillPostsViewsBig} do
  use Ecto.Migration
  import Ecto.Query

  @disable_ddl_transaction true
  @disable_migration_lock true

  @batch_size ${batch_size:1_000}
  @pause_ms 10

  def up do
    backfill(nil)

    # An index, where ${2:views} has one. What an interrupted run left of it goes first.
    execute("DROP INDEX CONCURRENTLY IF EXISTS ${1:posts}_${3:views_big}_index")
    execute("CREATE INDEX CONCURRENTLY ${1:posts}_${3:views_big}_index ON ${1:posts} (${3:views_big})")

    # NOT NULL, where ${2:views} has it. While VALIDATE looks at the rows, reads and writes go on.
    brief_lock([
      "ALTER TABLE ${1:posts} DROP CONSTRAINT IF EXISTS ${1:posts}_${3:views_big}_not_null",
      "ALTER TABLE ${1:posts} ADD CONSTRAINT ${1:posts}_${3:views_big}_not_null CHECK (${3:views_big} IS NOT NULL) NOT VALID"
    ])

    execute("ALTER TABLE ${1:posts} VALIDATE CONSTRAINT ${1:posts}_${3:views_big}_not_null")

    brief_lock([
      "ALTER TABLE ${1:posts} ALTER COLUMN ${3:views_big} SET NOT NULL",
      "ALTER TABLE ${1:posts} DROP CONSTRAINT ${1:posts}_${3:views_big}_not_null"
    ])
  end

  def down do
    execute("DROP INDEX CONCURRENTLY IF EXISTS ${1:posts}_${3:views_big}_index")
    brief_lock(["ALTER TABLE ${1:posts} ALTER COLUMN ${3:views_big} DROP NOT NULL"])
  end

  defp backfill(last_id) do
    batch =
      from(p in "${1:posts}",
        where: fragment("? IS DISTINCT FROM ?::${4:bigint}", p.${3:views_big}, p.${2:views}),
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
          from(p in "${1:posts}",
            where: p.id in ^ids,
            update: [set: [${3:views_big}: fragment("?::${4:bigint}", p.${2:views})]]
          ),
          [],
          timeout: :infinity
        )

        Process.sleep(@pause_ms)
        backfill(List.last(ids))
    end
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

# region file drop_posts_views
# Step 3 of 3: takes ${1:posts}.${2:views} away. Deploy when no node runs code that has it.
# The way back makes it again, with its values, its index, NOT NULL and the trigger: code of before can
# run after it.
defmodule ${namespace:}.${module:DropPostsViews} do
  use Ecto.Migration
  import Ecto.Query

  @disable_ddl_transaction true
  @disable_migration_lock true

  @batch_size ${batch_size:1_000}
  @pause_ms 10

  def up do
    brief_lock([
      "DROP TRIGGER IF EXISTS ${1:posts}_${2:views}_${3:views_big}_sync ON ${1:posts}",
      "DROP FUNCTION IF EXISTS ${1:posts}_${2:views}_${3:views_big}_sync()",
      "ALTER TABLE ${1:posts} ALTER COLUMN ${3:views_big} SET DEFAULT ${6:0}",
      "ALTER TABLE ${1:posts} DROP COLUMN IF EXISTS ${2:views}"
    ])
  end

  def down do
    brief_lock([
      "ALTER TABLE ${1:posts} ADD COLUMN IF NOT EXISTS ${2:views} ${5:integer}",
      "ALTER TABLE ${1:posts} ALTER COLUMN ${2:views} SET DEFAULT ${6:0}",
      "ALTER TABLE ${1:posts} ALTER COLUMN ${3:views_big} DROP DEFAULT",
      """
      CREATE OR REPLACE FUNCTION ${1:posts}_${2:views}_${3:views_big}_sync() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NEW.${3:views_big} IS NULL THEN
            NEW.${3:views_big} := NEW.${2:views}::${4:bigint};
          ELSE
            NEW.${2:views} := NEW.${3:views_big}::${5:integer};
          END IF;
        ELSIF NEW.${3:views_big} IS DISTINCT FROM OLD.${3:views_big} THEN
          NEW.${2:views} := NEW.${3:views_big}::${5:integer};
        ELSIF NEW.${2:views} IS DISTINCT FROM OLD.${2:views} THEN
          NEW.${3:views_big} := NEW.${2:views}::${4:bigint};
        END IF;

        RETURN NEW;
      END
      $$
      """,
      "DROP TRIGGER IF EXISTS ${1:posts}_${2:views}_${3:views_big}_sync ON ${1:posts}",
      """
      CREATE TRIGGER ${1:posts}_${2:views}_${3:views_big}_sync BEFORE INSERT OR UPDATE ON ${1:posts}
      FOR EACH ROW EXECUTE FUNCTION ${1:posts}_${2:views}_${3:views_big}_sync()
      """
    ])

    flush()
    backfill(nil)

    # An index, where it has one. What an interrupted run left of it goes first.
    execute("DROP INDEX CONCURRENTLY IF EXISTS ${1:posts}_${2:views}_index")
    execute("CREATE INDEX CONCURRENTLY ${1:posts}_${2:views}_index ON ${1:posts} (${2:views})")

    # NOT NULL, where it has it. While VALIDATE looks at the rows, reads and writes go on.
    brief_lock([
      "ALTER TABLE ${1:posts} DROP CONSTRAINT IF EXISTS ${1:posts}_${2:views}_not_null",
      "ALTER TABLE ${1:posts} ADD CONSTRAINT ${1:posts}_${2:views}_not_null CHECK (${2:views} IS NOT NULL) NOT VALID"
    ])

    execute("ALTER TABLE ${1:posts} VALIDATE CONSTRAINT ${1:posts}_${2:views}_not_null")

    brief_lock([
      "ALTER TABLE ${1:posts} ALTER COLUMN ${2:views} SET NOT NULL",
      "ALTER TABLE ${1:posts} DROP CONSTRAINT ${1:posts}_${2:views}_not_null"
    ])
  end

  defp backfill(last_id) do
    batch =
      from(p in "${1:posts}",
        where: fragment("? IS DISTINCT FROM ?::${5:integer}", p.${2:views}, p.${3:views_big}),
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
          from(p in "${1:posts}",
            where: p.id in ^ids,
            update: [set: [${2:views}: fragment("?::${5:integer}", p.${3:views_big})]]
          ),
          [],
          timeout: :infinity
        )

        Process.sleep(@pause_ms)
        backfill(List.last(ids))
    end
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

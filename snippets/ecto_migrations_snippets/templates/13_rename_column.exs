# Rename a column by expand and contract
# Three migrations: a column of the new name that a trigger keeps equal to the old one; its values, index and NOT
# NULL; and, when the code has changed over, the end of the old one. Renaming in one step breaks the code that
# runs meanwhile.
# Step 2 makes one index and NOT NULL: what else belongs to the old column (further indexes, constraints, foreign
# keys) needs its lines there, and in step 3 for the way back. A default stays with the old column until step 3.

# region file add_headline_to_posts
# Step 1 of 3: the column, nullable and without a default, and a trigger that gives it what ${1:posts}.${2:title} gets
# and the other way round. Code of before and code of after can write at the same time.
defmodule ${namespace:}.${module:AddHeadlineToPosts} do
  use Ecto.Migration

  # Gives up soon instead of letting the application queue behind this migration.
  def after_begin do
    repo().query!("SET LOCAL lock_timeout = '${lock_timeout:5s}'")
  end

  def change do
    alter table(:${1:posts}) do
      add :${3:headline}, :${4:string}
    end

    execute(
      """
      CREATE OR REPLACE FUNCTION ${1:posts}_${2:title}_${3:headline}_sync() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NEW.${3:headline} IS NULL THEN
            NEW.${3:headline} := NEW.${2:title};
          ELSE
            NEW.${2:title} := NEW.${3:headline};
          END IF;
        ELSIF NEW.${3:headline} IS DISTINCT FROM OLD.${3:headline} THEN
          NEW.${2:title} := NEW.${3:headline};
        ELSIF NEW.${2:title} IS DISTINCT FROM OLD.${2:title} THEN
          NEW.${3:headline} := NEW.${2:title};
        END IF;

        RETURN NEW;
      END
      $$
      """,
      "DROP FUNCTION ${1:posts}_${2:title}_${3:headline}_sync()"
    )

    execute(
      """
      CREATE TRIGGER ${1:posts}_${2:title}_${3:headline}_sync BEFORE INSERT OR UPDATE ON ${1:posts}
      FOR EACH ROW EXECUTE FUNCTION ${1:posts}_${2:title}_${3:headline}_sync()
      """,
      "DROP TRIGGER ${1:posts}_${2:title}_${3:headline}_sync ON ${1:posts}"
    )
  end
end
# endregion

# region file fill_posts_headline
# Step 2 of 3: the values of the rows that exist, in small batches outside a transaction, and what belongs to
# ${1:posts}.${2:title}. It can be stopped and run again.
# Next: deploy code that has ${3:headline} in the place of ${2:title}, then step 3.
defmodule ${namespace:}.${module:FillPostsHeadline} do
  use Ecto.Migration
  import Ecto.Query

  @disable_ddl_transaction true
  @disable_migration_lock true

  @batch_size ${batch_size:1_000}
  @pause_ms 10

  def up do
    backfill(nil)

    # An index, where ${2:title} has one. What an interrupted run left of it goes first.
    execute("DROP INDEX CONCURRENTLY IF EXISTS ${1:posts}_${3:headline}_index")
    execute("CREATE INDEX CONCURRENTLY ${1:posts}_${3:headline}_index ON ${1:posts} (${3:headline})")

    # NOT NULL, where ${2:title} has it. While VALIDATE looks at the rows, reads and writes go on.
    brief_lock([
      "ALTER TABLE ${1:posts} DROP CONSTRAINT IF EXISTS ${1:posts}_${3:headline}_not_null",
      "ALTER TABLE ${1:posts} ADD CONSTRAINT ${1:posts}_${3:headline}_not_null CHECK (${3:headline} IS NOT NULL) NOT VALID"
    ])

    execute("ALTER TABLE ${1:posts} VALIDATE CONSTRAINT ${1:posts}_${3:headline}_not_null")

    brief_lock([
      "ALTER TABLE ${1:posts} ALTER COLUMN ${3:headline} SET NOT NULL",
      "ALTER TABLE ${1:posts} DROP CONSTRAINT ${1:posts}_${3:headline}_not_null"
    ])
  end

  def down do
    execute("DROP INDEX CONCURRENTLY IF EXISTS ${1:posts}_${3:headline}_index")
    brief_lock(["ALTER TABLE ${1:posts} ALTER COLUMN ${3:headline} DROP NOT NULL"])
  end

  defp backfill(last_id) do
    batch =
      from(p in "${1:posts}",
        where: fragment("? IS DISTINCT FROM ?", p.${3:headline}, p.${2:title}),
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
          from(p in "${1:posts}", where: p.id in ^ids, update: [set: [${3:headline}: p.${2:title}]]),
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

# region file drop_posts_title
# Step 3 of 3: takes ${1:posts}.${2:title} away. Deploy when no node runs code that has it.
# The way back makes it again, with its values, its index, NOT NULL and the trigger: code of before can
# run after it.
defmodule ${namespace:}.${module:DropPostsTitle} do
  use Ecto.Migration
  import Ecto.Query

  @disable_ddl_transaction true
  @disable_migration_lock true

  @batch_size ${batch_size:1_000}
  @pause_ms 10

  def up do
    brief_lock([
      "DROP TRIGGER IF EXISTS ${1:posts}_${2:title}_${3:headline}_sync ON ${1:posts}",
      "DROP FUNCTION IF EXISTS ${1:posts}_${2:title}_${3:headline}_sync()",
      "ALTER TABLE ${1:posts} DROP COLUMN IF EXISTS ${2:title}"
    ])
  end

  def down do
    brief_lock([
      "ALTER TABLE ${1:posts} ADD COLUMN IF NOT EXISTS ${2:title} ${5:varchar(255)}",
      """
      CREATE OR REPLACE FUNCTION ${1:posts}_${2:title}_${3:headline}_sync() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NEW.${3:headline} IS NULL THEN
            NEW.${3:headline} := NEW.${2:title};
          ELSE
            NEW.${2:title} := NEW.${3:headline};
          END IF;
        ELSIF NEW.${3:headline} IS DISTINCT FROM OLD.${3:headline} THEN
          NEW.${2:title} := NEW.${3:headline};
        ELSIF NEW.${2:title} IS DISTINCT FROM OLD.${2:title} THEN
          NEW.${3:headline} := NEW.${2:title};
        END IF;

        RETURN NEW;
      END
      $$
      """,
      "DROP TRIGGER IF EXISTS ${1:posts}_${2:title}_${3:headline}_sync ON ${1:posts}",
      """
      CREATE TRIGGER ${1:posts}_${2:title}_${3:headline}_sync BEFORE INSERT OR UPDATE ON ${1:posts}
      FOR EACH ROW EXECUTE FUNCTION ${1:posts}_${2:title}_${3:headline}_sync()
      """
    ])

    flush()
    backfill(nil)

    # An index, where it has one. What an interrupted run left of it goes first.
    execute("DROP INDEX CONCURRENTLY IF EXISTS ${1:posts}_${2:title}_index")
    execute("CREATE INDEX CONCURRENTLY ${1:posts}_${2:title}_index ON ${1:posts} (${2:title})")

    # NOT NULL, where it has it. While VALIDATE looks at the rows, reads and writes go on.
    brief_lock([
      "ALTER TABLE ${1:posts} DROP CONSTRAINT IF EXISTS ${1:posts}_${2:title}_not_null",
      "ALTER TABLE ${1:posts} ADD CONSTRAINT ${1:posts}_${2:title}_not_null CHECK (${2:title} IS NOT NULL) NOT VALID"
    ])

    execute("ALTER TABLE ${1:posts} VALIDATE CONSTRAINT ${1:posts}_${2:title}_not_null")

    brief_lock([
      "ALTER TABLE ${1:posts} ALTER COLUMN ${2:title} SET NOT NULL",
      "ALTER TABLE ${1:posts} DROP CONSTRAINT ${1:posts}_${2:title}_not_null"
    ])
  end

  defp backfill(last_id) do
    batch =
      from(p in "${1:posts}",
        where: fragment("? IS DISTINCT FROM ?", p.${2:title}, p.${3:headline}),
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
          from(p in "${1:posts}", where: p.id in ^ids, update: [set: [${2:title}: p.${3:headline}]]),
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

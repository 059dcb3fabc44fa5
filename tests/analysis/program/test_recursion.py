"""A function that calls itself an unknown number of times is read once, and marked as repeated."""

from __future__ import annotations

from ecto_migrations_analysis.program.commands import Execute, RepoCall
from ecto_migrations_analysis.program.reader import read
from ecto_migrations_analysis.syntax.source import Source

BATCHES = """
defmodule M do
  use Ecto.Migration
  import Ecto.Query
  @disable_ddl_transaction true

  def up, do: backfill(nil)
  def down, do: :ok

  defp backfill(last_id) do
    case repo().all(from(p in "posts", where: p.id > ^last_id, limit: 10, select: p.id)) do
      [] ->
        :ok

      ids ->
        repo().update_all(from(p in "posts", where: p.id in ^ids), set: [status: "draft"])
        Process.sleep(10)
        backfill(List.last(ids))
    end
  end
end
"""

COUNTDOWN = """
defmodule M do
  use Ecto.Migration

  def up, do: down_to(3)
  def down, do: :ok

  defp down_to(0), do: :ok

  defp down_to(n) do
    execute("SELECT #{n}")
    down_to(n - 1)
  end
end
"""


def test_a_batch_loop_is_read_once() -> None:
    (migration,) = read(Source.from_text(BATCHES)).migrations
    assert migration.up is not None
    calls = [command for command in migration.up.commands if isinstance(command, RepoCall)]
    assert [(call.function, call.table, call.repeated) for call in calls] == [
        ("all", "posts", True),
        ("update_all", "posts", True),
    ]
    assert all(command.repeated for command in migration.up.commands)


def test_a_recursion_over_known_values_is_unrolled() -> None:
    (migration,) = read(Source.from_text(COUNTDOWN)).migrations
    assert migration.up is not None
    texts = [command.up for command in migration.up.commands if isinstance(command, Execute)]
    assert [getattr(text, "value", None) for text in texts] == ["SELECT 3", "SELECT 2", "SELECT 1"]
    assert not any(command.repeated for command in migration.up.commands)


LISTS = """
defmodule M do
  use Ecto.Migration
  def up, do: each([:a, :b, :c], System.get_env("SUFFIX"))
  defp each([], _), do: :ok

  defp each([table | rest], suffix) do
    execute("VACUUM #{table} #{suffix}")
    each(rest, suffix)
  end
end
"""


def test_a_recursion_over_a_known_list_is_followed_though_something_else_is_unknown() -> None:
    program = read(Source.from_text(LISTS)).migrations[0].up
    assert program is not None
    texts = [command.up.display() for command in program.commands if isinstance(command, Execute)]  # type: ignore[union-attr]
    assert texts == ["VACUUM a …", "VACUUM b …", "VACUUM c …"]
    assert not any(command.repeated for command in program.commands)

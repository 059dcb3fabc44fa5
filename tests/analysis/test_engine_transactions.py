"""Which statements share a transaction."""

from __future__ import annotations

from ecto_migrations_analysis.analysis import Step
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.syntax.source import Source

OUTSIDE = """defmodule M do
  use Ecto.Migration

  @disable_ddl_transaction true

  def up do
    execute "CREATE INDEX CONCURRENTLY a ON posts (id)"
    flush()

    repo().transaction(fn ->
      repo().query!("CREATE TABLE fresh (id bigint)")
      repo().query!("ALTER TABLE fresh ADD COLUMN c int")
      repo().query!("CREATE INDEX CONCURRENTLY b ON posts (id)")
    end)

    repo().query!("ALTER TABLE fresh ADD COLUMN d int")
    repo().transaction(fn -> repo().query!("ALTER TABLE posts ADD COLUMN e int") end)
  end
end
"""


def steps(text: str) -> tuple[Step, ...]:
    up = analyze(Source.from_text(text)).migrations[0].up
    assert up is not None
    return up.steps


def test_a_transaction_of_the_repo_is_one_also_without_that_of_the_migration() -> None:
    found = steps(OUTSIDE)
    assert [step.in_transaction for step in found] == [False, True, True, True, False, True]
    first, second = found[1].transaction, found[5].transaction
    assert [step.transaction for step in found] == [0, first, first, first, 0, second]
    assert 0 != first != second


def test_what_it_creates_nobody_else_sees_until_it_ends() -> None:
    found = steps(OUTSIDE)
    assert found[2].effect.locks == ()
    assert [lock.mode for lock in found[4].effect.locks] == ["ACCESS EXCLUSIVE"]


def test_it_refuses_what_cannot_run_in_one() -> None:
    found = steps(OUTSIDE)
    assert not found[0].effect.failures
    assert [failure.cause for failure in found[3].effect.failures] == ["transaction"]


def test_inside_of_the_migrations_transaction_it_is_part_of_that() -> None:
    found = steps(OUTSIDE.replace("  @disable_ddl_transaction true\n", ""))
    assert {(step.in_transaction, step.transaction) for step in found} == {(True, 0)}

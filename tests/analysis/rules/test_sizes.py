"""What measured sizes do to findings, to hovers and to the report."""

from __future__ import annotations

from datetime import date

import pytest
from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.findings import Finding, Level
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.project.settings import Settings, Tables
from ecto_migrations_analysis.project.table_sizes import Size, TableSizes
from ecto_migrations_analysis.report.migration import report
from ecto_migrations_analysis.syntax.source import Source

TINY, SOME, HUGE = Size(31, 49152), Size(500_000, 90 * 1024**2), Size(84_000_000, 12 * 1024**3)
DAY = date.today().isoformat()


def measured(old: bool = False, **tables: Size) -> TableSizes:
    return TableSizes(entries=tuple(sorted(tables.items())), measured=DAY, old=old)


def analyzed(body: str, sizes: TableSizes, **settings: object) -> Analysis:
    text = f"defmodule A.Repo.Migrations.M do\n  use Ecto.Migration\n{body}\nend\n"
    given = Settings(sizes=sizes, **settings)  # type: ignore[arg-type]
    return analyze(Source(text.encode(), "/app/20260101000000_m.exs"), ProjectContext(settings=given))


def only(analysis: Analysis, rule: str) -> Finding:
    (found,) = [finding for finding in analysis.findings if finding.rule == rule]
    return found


INDEX = "  def change, do: create(index(:posts, [:title]))"
CHECK = '  def change, do: create(constraint(:posts, :positive, check: "id > 0"))'


@pytest.mark.parametrize(
    ("size", "level", "words"),
    [
        (TINY, Level.INFO, "`posts` has about 31 rows, 48 kB."),
        (SOME, Level.DANGER, "`posts` has about 500,000 rows, 90 MB."),
        (HUGE, Level.DANGER, "`posts` has about 84 million rows, 12 GB."),
    ],
)
@pytest.mark.parametrize(
    ("body", "rule"), [(INDEX, "index-not-concurrent"), (CHECK, "check-constraint-validated")]
)
def test_work_on_the_table(body: str, rule: str, size: Size, level: Level, words: str) -> None:
    unknown = only(analyzed(body, TableSizes()), rule)
    assert unknown.level == Level.DANGER
    found = only(analyzed(body, measured(posts=size)), rule)
    assert (found.level, found.message) == (level, f"{unknown.message} {words}")
    lowered = "; small enough that this takes an instant: info instead of danger"
    assert found.reason == f"{unknown.reason} Measured {DAY}{lowered if level == Level.INFO else ''}."


def test_another_table_stays_as_it_is() -> None:
    assert analyzed(INDEX, measured(plans=TINY)).findings == analyzed(INDEX, TableSizes()).findings
    prefixed = INDEX.replace("[:title]", '[:title], prefix: "billing"')
    assert only(analyzed(prefixed, measured(posts=TINY)), "index-not-concurrent").level == Level.DANGER
    billing = TableSizes(entries=(("billing.posts", TINY),), measured=DAY)
    assert only(analyzed(prefixed, billing), "index-not-concurrent").level == Level.INFO


def test_what_is_old_is_told_and_lowers_nothing() -> None:
    found = only(analyzed(INDEX, measured(old=True, posts=TINY)), "index-not-concurrent")
    assert found.level == Level.DANGER
    assert found.message.endswith("`posts` has about 31 rows, 48 kB.")


def test_settings_have_the_last_word() -> None:
    tiny, huge = measured(posts=TINY), measured(posts=HUGE)
    levels = (("index-not-concurrent", "risk"),)
    assert only(analyzed(INDEX, tiny, levels=levels), "index-not-concurrent").level == Level.RISK
    large = Tables(large=("posts",))
    assert only(analyzed(INDEX, tiny, tables=large), "index-not-concurrent").level == Level.DANGER
    small = Tables(small=("posts",))
    found = only(analyzed(INDEX, huge, tables=small), "index-not-concurrent")
    assert found.level == Level.INFO
    assert found.message.endswith("`posts` has about 84 million rows, 12 GB.")


def test_another_thing_than_the_table_is_read() -> None:
    body = '  def change, do: execute("ALTER TABLE posts ATTACH PARTITION p FOR VALUES IN (1)", "")'
    # The partition is read, of which nothing is known.
    assert only(analyzed(body, measured(posts=TINY)), "partition-attach").level == Level.RISK
    view = '  def change, do: execute("REFRESH MATERIALIZED VIEW sums", "")'
    assert only(analyzed(view, measured(sums=TINY)), "refresh-matview").level == Level.RISK


def test_a_risk_on_a_large_table_is_a_danger() -> None:
    view = '  def change, do: execute("REFRESH MATERIALIZED VIEW sums", "")'
    found = only(analyzed(view, measured(sums=HUGE)), "refresh-matview")
    assert found.level == Level.DANGER
    assert found.reason.endswith("; large enough that this takes long: danger instead of risk.")
    assert only(analyzed(view, measured(sums=SOME)), "refresh-matview").level == Level.RISK
    doubtful = "  def change, do: (if later?(), do: create(index(:posts, [:title])))"
    assert only(analyzed(doubtful, measured(posts=HUGE)), "index-not-concurrent").level == Level.RISK


@pytest.mark.parametrize(
    ("sizes", "level"),
    [
        (measured(posts=HUGE, tags=TINY), Level.INFO),
        (measured(posts=TINY, tags=HUGE), Level.DANGER),
        (measured(posts=TINY), Level.DANGER),
    ],
)
def test_what_is_worked_on_counts_not_what_is_locked(sizes: TableSizes, level: Level) -> None:
    body = """
      def change do
        alter table(:posts), do: add(:slug, :string)
        create index(:tags, [:name])
      end
    """
    assert only(analyzed(body, sizes), "long-op-under-exclusive-lock").level == level


def test_sleep_is_as_long_on_a_small_table() -> None:
    body = """
      def up do
        alter table(:posts), do: add(:slug, :string)
        create index(:tags, [:name])
        flush()
        Process.sleep(5_000)
      end
      def down, do: :ok
    """
    found = only(analyzed(body, measured(posts=TINY, tags=TINY)), "long-op-under-exclusive-lock")
    assert found.level == Level.DANGER


def test_what_fails_or_is_lost_keeps_its_level() -> None:
    body = "  def up, do: drop(table(:posts))\n  def down, do: :ok"
    found = only(analyzed(body, measured(posts=TINY)), "drop-table")
    assert found.level == Level.DANGER
    assert found.message.endswith("`posts` has about 31 rows, 48 kB.")
    body = "  def change, do: (alter table(:posts) do add :a, :integer, null: false end)"
    found = only(analyzed(body, measured(posts=TINY)), "add-column-not-null-without-default")
    assert found.level == Level.DANGER


def test_the_report_tells_them() -> None:
    (statement,) = report(analyzed(CHECK, measured(posts=HUGE))).up
    assert "while the whole of `posts` (about 84 million rows, 12 GB) is scanned" in statement.sentence
    assert report(analyzed(INDEX, measured(posts=TINY))).classification == "safe"


def test_a_small_table_that_a_large_one_refers_to() -> None:
    """Its key's type changes: the foreign key is verified again, row by row of the large table."""
    text = """defmodule A.Repo.Migrations.M do
  use Ecto.Migration

  def up do
    create table(:plans, primary_key: false), do: add(:id, :integer, primary_key: true)
    create table(:orders), do: add(:plan_id, references(:plans, type: :integer))
  end
end
"""
    earlier = analyze(Source(text.encode(), "/app/20250101000000_c.exs"), ProjectContext())
    run = earlier.migrations[0].up
    assert run is not None
    body = "  def change, do: (alter table(:plans) do modify :id, :bigint, from: :integer end)"
    migration = f"defmodule A.Repo.Migrations.N do\n  use Ecto.Migration\n{body}\nend\n"

    def level(sizes: TableSizes) -> Level:
        project = ProjectContext(settings=Settings(sizes=sizes), schema=run.steps[-1].after)
        found = analyze(Source(migration.encode(), "/app/20260101000000_m.exs"), project)
        return max(item.level for item in found.findings)

    assert level(measured(plans=TINY, orders=TINY)) == Level.INFO
    assert level(measured(plans=TINY, orders=HUGE)) == Level.DANGER
    assert level(measured(plans=TINY)) == Level.DANGER

"""Reading and judging migrations, in multiples of parsing them with tree-sitter alone."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import tree_sitter_elixir
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.program.reader import read
from ecto_migrations_analysis.project.discovery import Workspace
from ecto_migrations_analysis.syntax.source import Source
from tree_sitter import Language, Parser

COUNT = 1000
SQL_SHARE = 0.3

BODIES = (
    """create table(:{table}) do
      add :name, :string, null: false
      add :state, :string, default: "new"
      add :owner_id, references(:users, on_delete: :delete_all), null: false
      timestamps()
    end

    create index(:{table}, [:owner_id])
    create unique_index(:{table}, [:name])""",
    """alter table(:{table}) do
      add :{column}, :string, null: false, default: "x"
      add :{column}_at, :utc_datetime
      remove :old_{column}, :string
    end""",
    """alter table(:{table}) do
      modify :{column}, :text, null: false, from: :string
    end""",
    """for name <- [:{column}, :other] do
      create index(:{table}, [name])
    end""",
    """drop constraint(:{table}, :{table}_{column}_check)
    create constraint(:{table}, :{table}_{column}_check, check: "{column} > 0", validate: false)""",
)
MODULE = """defmodule Blog.Repo.Migrations.Change{number} do
  use Ecto.Migration

  def change do
    {body}
  end
end
"""
SQL_BODY = '''execute(
      """
      UPDATE {table} SET {column} = coalesce({column}, 'x') WHERE {column} IS NULL
      """,
      ""
    )
    execute "ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL"'''


def migrations() -> list[bytes]:
    """The same texts in every run, mixed as in real projects (most short, a third with SQL)."""
    chance = random.Random(1)
    made = []
    for number in range(COUNT):
        body = SQL_BODY if chance.random() < SQL_SHARE else chance.choice(BODIES)
        body = body.format(table=f"table_{number % 50}", column=f"column_{number}")
        made.append(MODULE.format(number=number, body=body).encode())
    return made


def measure() -> None:
    texts = migrations()
    sources = [Source(text) for text in texts]
    parser = Parser(Language(tree_sitter_elixir.language()))
    print(f"{COUNT} generated migrations, {sum(map(len, texts)) // 1024} KiB, CPU time")
    parsing = _report("tree-sitter alone", _seconds(parser.parse, texts), None)
    _report("read: both programs", _seconds(read, sources), parsing)
    _report("analyze: up to findings, no history", _seconds(analyze, sources), parsing)
    with tempfile.TemporaryDirectory() as folder:
        in_project = [
            Source(text, str(path)) for text, path in zip(texts, _project(Path(folder), texts), strict=True)
        ]
        workspace = Workspace(settled=True)
        _report(
            "the same, each after all before it",
            _seconds(lambda source: analyze(source, workspace.context_for(source.path or "")), in_project),
            parsing,
        )


def _project(root: Path, texts: list[bytes]) -> list[Path]:
    folder = root / "priv" / "repo" / "migrations"
    folder.mkdir(parents=True)
    (root / "mix.exs").write_text("defmodule Blog.MixProject do\n  use Mix.Project\nend\n")
    paths = [folder / f"{20250101000000 + number}_change_{number}.exs" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text)
    return paths


def _seconds(function: Callable[..., object], inputs: Iterable[object]) -> float:
    begin = time.process_time()
    for each in inputs:
        function(each)
    return time.process_time() - begin


def _report(name: str, seconds: float, unit: float | None) -> float:
    ratio = f"{seconds / unit:6.1f} x" if unit else ""
    print(f"  {name:<36}{seconds * 1000:7.0f} ms  {seconds / COUNT * 1e6:7.0f} us each {ratio}")
    return seconds

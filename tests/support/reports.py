"""Analyses of single migrations for the tests of reports."""

from __future__ import annotations

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.project.context import ProjectContext, RepoConfig
from ecto_migrations_analysis.records import replace
from ecto_migrations_analysis.schema.state import Schema
from ecto_migrations_analysis.syntax.source import Source

BEFORE = """
create table(:users) do
  add :name, :string, null: false, default: ""
end
create table(:posts) do
  add :title, :string
  add :slug, :string
  add :views, :integer, null: false, default: 0
  add :author_id, :bigint
end
create table(:tags)
"""


def module(code: str, attributes: str = "") -> bytes:
    """The text of a migration: `code` is the body of `change`, or `def up …` and `def down …`."""
    body = code if "def up" in code else f"def change do\n{code}\nend"
    return f"defmodule M do\n  use Ecto.Migration\n  {attributes}\n{body}\nend\n".encode()


def analysis(
    code: str,
    attributes: str = "",
    *,
    before: str = BEFORE,
    project: ProjectContext | None = None,
    path: str | None = None,
) -> Analysis:
    """The migration behind one that makes the tables of `before`."""
    project = project or ProjectContext(repo=RepoConfig(module="Blog.Repo"))
    empty = replace(project, schema=Schema(complete=True))
    history = analyze(Source(module(before), None), replace(empty, database="postgres")).migrations[0]
    assert history.up is not None
    steps = history.up.steps
    met = replace(project, schema=steps[-1].after if steps else Schema(complete=True))
    return analyze(Source(module(code, attributes), path), met)

"""A migration of thousands of statements costs bounded work; what is behind the bound is not judged."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.engine import MAX_STATEMENTS, analyze
from ecto_migrations_analysis.syntax.source import Source


@pytest.mark.slow
def test_statements_behind_the_bound_are_not_judged() -> None:
    lines = [f"    create index(:posts, [:c{number}])" for number in range(MAX_STATEMENTS + 10)]
    body = "\n".join(lines)
    text = f"defmodule M do\n  use Ecto.Migration\n\n  def change do\n{body}\n  end\nend\n"
    (migration,) = analyze(Source.from_text(text)).migrations
    assert migration.up is not None
    assert len(migration.up.steps) == MAX_STATEMENTS
    assert not migration.up.complete
    short = analyze(Source.from_text(text.replace(body, lines[0]))).migrations[0]
    assert short.up is not None and short.up.complete

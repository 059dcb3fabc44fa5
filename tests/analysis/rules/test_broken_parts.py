"""Nothing inside of a part that did not parse is reported."""

from __future__ import annotations

from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.syntax.source import Source

HALF_DELETED = """defmodule Blog.Repo.Migrations.AddPublicIdToPosts do
  use Ecto.Migration

  def change do(:posts) do
      add :public_id, :uuid, default: fragment("gen_random_uuid()")
    end
  end
end
"""


def test_no_finding_in_what_did_not_parse() -> None:
    analysis = analyze(Source.from_text(HALF_DELETED))
    assert analysis.broken
    assert analysis.findings == ()


def test_findings_beside_it_stay() -> None:
    text = """defmodule M do
  use Ecto.Migration

  def change do
    create index(:posts, [:slug])
    alter table(:posts) do
      add :status, :string, null: false
      add :other, )
    end
  end
end
"""
    analysis = analyze(Source.from_text(text))
    assert analysis.broken
    assert "index-not-concurrent" in [finding.rule for finding in analysis.findings]

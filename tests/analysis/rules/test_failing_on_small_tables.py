"""What fails does so on a small table too."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.findings import Level
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.project.settings import Settings, Tables
from ecto_migrations_analysis.rules.base import Case
from ecto_migrations_analysis.rules.selection import levelled
from ecto_migrations_analysis.syntax.source import Source
from support.cases import findings_of

_POSTS = "create table(:authors)\n\ncreate table(:posts) do\n  add :author_id, references(:authors)\nend"
_KEYLESS = "create table(:posts, primary_key: false) do\n  add :slug, :string, null: false\nend"


@pytest.mark.parametrize(
    ("rule", "before", "change", "level"),
    [
        ("modify-foreign-key", _POSTS, "modify :author_id, references(:authors)", Level.DANGER),
        (
            "modify-foreign-key",
            _POSTS,
            "modify :author_id, references(:authors), from: references(:authors)",
            Level.INFO,
        ),
        ("add-primary-key-to-existing", _KEYLESS, "add :id, :uuid, primary_key: true", Level.DANGER),
        ("add-primary-key-to-existing", _KEYLESS, "modify :slug, :string, primary_key: true", Level.INFO),
    ],
)
def test_a_failure_keeps_its_level(rule: str, before: str, change: str, level: Level) -> None:
    found = findings_of(
        Case(about="", text=f"alter table(:posts) do\n  {change}\nend", before=(before,), released=None)
    )
    settings = Settings(tables=Tables(small=("posts",)))
    nothing = analyze(Source.from_text(""), ProjectContext(settings=settings))
    assert [item.level for item in levelled(found, nothing) if item.rule == rule] == [level]

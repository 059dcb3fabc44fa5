"""Generated migrations wait for locks as long, and change as many rows at a time, as the project says."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.project.settings import Settings
from support.fixing import fix, migration

PROJECT = ProjectContext(settings=Settings(lock_timeout="750ms", backfill_batch_size=2_500))


@pytest.mark.parametrize(
    ("body", "strategy", "timeouts", "batches"),
    [
        ("alter table(:posts) do\n  add :status, :string, null: false\nend", "split-not-null-add", 2, 1),
        (
            'alter table(:posts) do\n  add :at, :utc_datetime, default: fragment("clock_timestamp()")\nend',
            "split-volatile-default",
            1,
            1,
        ),
        ('create constraint(:posts, :positive, check: "a > 0")', "validate-later", 2, 0),
    ],
)
def test_settings(body: str, strategy: str, timeouts: int, batches: int) -> None:
    text = "\n".join(fix(migration(body), strategy, PROJECT).all)
    assert text.count("SET LOCAL lock_timeout = '750ms'") == text.count("lock_timeout") == timeouts
    assert text.count("@batch_size 2_500\n") == batches
    usual = "\n".join(fix(migration(body), strategy).all)
    assert usual == text.replace("'750ms'", "'5s'").replace("2_500", "1_000")

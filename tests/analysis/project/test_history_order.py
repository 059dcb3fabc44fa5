"""The schema is the same whether files arrive one by one, in any order, or all at once.

Here and there its mappings are persistent ones from the first entry on: in so small projects they would all
be dictionaries.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from ecto_migrations_analysis.project.discovery import Workspace
from ecto_migrations_analysis.schema import persistent
from hypothesis import given, settings
from hypothesis import strategies as st

BODIES = (
    "create table(:a) do\n      add :x, :string\n    end",
    "create table(:b) do\n      add :a_id, references(:a)\n    end",
    "alter table(:a) do\n      add :y, :integer, default: 1\n    end",
    "alter table(:a) do\n      modify :x, :text, null: false\n    end",
    "create index(:a, [:x])",
    "rename table(:a), to: table(:c)",
    "rename table(:a), :x, to: :z",
    "drop_if_exists table(:b)",
    'execute "ALTER TABLE a ADD COLUMN s text"',
    "execute \"CREATE TYPE mood AS ENUM ('sad', 'ok')\"",
    'execute "DROP TYPE mood CASCADE"',
    "drop table(:a), mode: :cascade",
    'if System.get_env("X") do\n      alter table(:a) do\n        remove :x\n      end\n    end',
    "Shop.Seeds.run()",
)
MODULE = "defmodule Shop.M{number} do\n  use Ecto.Migration\n\n  def change do\n    {body}\n  end\nend\n"
STEPS = st.lists(st.tuples(st.integers(1, 40), st.sampled_from((*BODIES, None))), min_size=1, max_size=12)


@settings(deadline=None, max_examples=40)
@given(STEPS, st.integers(1, 41), st.sampled_from((0, persistent.SMALL)))
def test_one_by_one_or_at_once(steps: list[tuple[int, str | None]], version: int, small: int) -> None:
    """Each step writes the migration of a version, or deletes it; what lies there in the end counts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "priv/repo/migrations")
        folder.mkdir(parents=True)
        Path(name, "mix.exs").write_text("defmodule Shop.MixProject do\n  use Mix.Project\nend\n")
        asked = str(folder / f"{20250101000000 + version}_asked.exs")
        last = str(folder / "20260101000000_last.exs")
        following = Workspace()
        buffers: dict[str, bytes] = {}
        for at, (number, body) in enumerate(steps):
            path = folder / f"{20250101000000 + number}_m{number}.exs"
            if body is None:
                path.unlink(missing_ok=True)
                buffers.pop(str(path), None)
            elif at % 2:
                path.write_text(MODULE.format(number=number, body=body))
                buffers.pop(str(path), None)
            else:
                # An open buffer that is not saved hides what lies there.
                path.touch()
                buffers[str(path)] = MODULE.format(number=number, body=body).encode()
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(persistent, "SMALL", small)
                following.context_for((asked, last)[at % 2], buffers)
        for path_asked in (asked, last):
            at_once = Workspace().context_for(path_asked, buffers)
            found = following.context_for(path_asked, buffers).schema
            assert found == at_once.schema
            assert list(found.tables) == list(at_once.schema.tables)
            for relation in found.tables:
                assert found.referencing(relation) == at_once.schema.referencing(relation)

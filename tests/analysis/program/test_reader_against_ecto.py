"""The reader runs migrations as Ecto does: `tests/facts/runner.jsonl`, measured with ecto_sql 3.13.5."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ecto_migrations_analysis.program.migration import Program
from ecto_migrations_analysis.program.terms import Atom, as_name
from ecto_migrations_analysis.program.values import to_options
from ecto_migrations_analysis.project.context import RepoConfig
from support.runner_terms import Plain, error, evaluated, printed, ran

from .reading import migration

FACTS = Path(__file__).parents[2] / "facts" / "runner.jsonl"
ROWS = [json.loads(line) for line in FACTS.read_text("utf-8").splitlines()]

# Messages that name Elixir's internals, which differ between its releases, are compared by their beginning.
PREFIXES = {
    "KeyError": "key :",
    "MatchError": "no match of right hand side value",
    "FunctionClauseError": "no function clause matching in Ecto.Migration.",
}


def config(text: str | None) -> RepoConfig:
    if text is None:
        return RepoConfig()
    options = to_options(evaluated(text))
    primary = options.get("migration_primary_key")
    return RepoConfig(
        migration_primary_key=False if isinstance(primary, Atom) else to_options(primary),
        migration_foreign_key=to_options(options.get("migration_foreign_key")),
        migration_timestamps=to_options(options.get("migration_timestamps")),
        migration_default_prefix=as_name(options.get("migration_default_prefix")),
    )


def fact(text: str) -> Plain:
    if text.startswith("repo "):
        function, _, sql = text.removeprefix("repo ").partition(" ")
        return ("repo", function if sql == "nil" else printed(sql))
    return printed(text)


def raised(text: str) -> tuple[str, str]:
    plain = printed(text)
    assert isinstance(plain, tuple)
    return plain[1], plain[2]


def check(program: Program | None, row: dict[str, Any], direction: str) -> None:
    if row[direction] is None:
        assert program is None
        return
    assert program is not None
    # A transaction of the repo is what it holds.
    expected = [fact(text) for text in row[direction] if not text.startswith("repo transaction ")]
    assert list(ran(program.commands)) == expected
    problem = error(program.commands)
    if program.irreversible is not None:
        problem = (program.irreversible.error, program.irreversible.message)
    if row[f"{direction}_error"] is None:
        assert problem is None
        return
    kind, message = raised(row[f"{direction}_error"])
    assert problem is not None and problem[0] == kind
    if kind in PREFIXES:
        assert problem[1].startswith(PREFIXES[kind]) and message.startswith(PREFIXES[kind])
    else:
        assert problem[1] == message


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_what_ecto_runs(row: dict[str, Any]) -> None:
    text = f"defmodule M do\nuse Ecto.Migration\n{row['module']}\nend\n"
    found = migration(text, config(row.get("config")))
    check(found.up, row, "up")
    check(found.down, row, "down")

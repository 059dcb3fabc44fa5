"""What Ecto would send for a migration, as the measured facts hold it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ecto_migrations_analysis.databases.postgres.emission import emit
from ecto_migrations_analysis.operations import Operation, Statement
from ecto_migrations_analysis.program.migration import Migration, Program
from ecto_migrations_analysis.program.reader import read
from ecto_migrations_analysis.program.values import to_options
from ecto_migrations_analysis.project.context import RepoConfig
from ecto_migrations_analysis.syntax.source import Source

FACTS = Path(__file__).parent.parent / "facts"


@dataclass(frozen=True)
class Fact:
    """One line of `tests/facts/emission*.jsonl`."""

    op: str
    text: str
    config: RepoConfig
    up: list[str]
    up_error: str | None
    down: list[str]
    down_error: str | None

    def __str__(self) -> str:
        return self.op


def facts() -> Iterator[Fact]:
    """Every measured migration."""
    for path in sorted(FACTS.glob("emission*.jsonl")):
        if path.stem not in ("emission", "emission_ecto_sql_3.14"):
            continue  # another adapter's
        for line in path.read_text().splitlines():
            fact = json.loads(line)
            yield Fact(
                op=fact["op"],
                text=fact.get("module") or f"def change do\n{fact['dsl']}\nend",
                config=repo_config(fact["config"]) if "config" in fact else RepoConfig(),
                **{key: fact[key] for key in ("up", "up_error", "down", "down_error")},
            )


def repo_config(text: str) -> RepoConfig:
    """The repo's configuration from a keyword list in Elixir (read where a migration may have one)."""
    (command,) = migration(f"def change do\ncreate table(:c, primary_key: {text})\nend").up.commands
    options = to_options(command.table.primary_key)
    settings: dict[str, object] = {}
    for option in options:
        if option.key == "migration_default_prefix":
            settings[option.key] = getattr(option.value, "value", None)
        elif getattr(option.value, "name", None) == "false":
            settings[option.key] = False
        else:
            settings[option.key] = to_options(option.value)
    return RepoConfig(**settings)  # type: ignore[arg-type]


def migration(body: str, config: RepoConfig | None = None) -> Migration:
    """The migration of a module's body."""
    (found,) = read(Source.from_text(in_module(body)), config).migrations
    return found


def in_module(body: str) -> str:
    return f"defmodule M do\n  use Ecto.Migration\n\n{body}\nend\n"


def statements(program: Program | None, config: RepoConfig | None = None) -> list[Statement]:
    """What is sent, and as the last one what raises."""
    assert program is not None
    sent: list[Statement] = []
    for command in program.commands:
        for statement in emit(command, config or RepoConfig()):
            sent.append(statement)
            if statement.error is not None:
                return sent
    return sent


def outcome(program: Program | None, config: RepoConfig | None = None) -> tuple[list[str], str | None]:
    """The texts that are sent, and the exception that ends the program."""
    assert program is not None
    sent = statements(program, config)
    texts = [statement.sql for statement in sent if statement.error is None]
    error = sent[-1].error if sent else None
    if error is None and program.irreversible is not None:
        error = f"{program.irreversible.error}: {program.irreversible.message}"
    return texts, error


def of_change(body: str) -> list[Statement]:
    """What `change` sends forward."""
    return statements(migration(f"def change do\n{body}\nend").up)


def source_of_change(body: str) -> str:
    """The text that the spans of `of_change` point into."""
    return in_module(f"def change do\n{body}\nend")


def operations(body: str) -> list[Operation]:
    return [operation for statement in of_change(body) for operation in statement.operations]

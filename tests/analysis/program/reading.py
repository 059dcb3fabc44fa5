"""Shorthand for tests of the reader."""

from __future__ import annotations

from textwrap import dedent, indent

from ecto_migrations_analysis.program.commands import Command
from ecto_migrations_analysis.program.migration import Migration, Program
from ecto_migrations_analysis.program.reader import read
from ecto_migrations_analysis.project.context import RepoConfig
from ecto_migrations_analysis.syntax.source import Source


def migration(text: str, config: RepoConfig | None = None, path: str | None = None) -> Migration:
    """The only migration of a file."""
    found = read(Source.from_text(text, path), config)
    assert len(found.migrations) == 1, found
    return found.migrations[0]


def module(body: str) -> str:
    return "defmodule M do\n  use Ecto.Migration\n\n" + indent(dedent(body), "  ") + "\nend\n"


def change(body: str) -> str:
    """A migration whose `change` holds `body`."""
    return module("def change do\n" + indent(dedent(body).strip("\n"), "  ") + "\nend")


def up(text: str, config: RepoConfig | None = None) -> tuple[Command, ...]:
    return program(migration(text, config).up).commands


def down(text: str, config: RepoConfig | None = None) -> tuple[Command, ...]:
    return program(migration(text, config).down).commands


def program(found: Program | None) -> Program:
    assert found is not None
    return found


def of_change(body: str, config: RepoConfig | None = None) -> tuple[Command, ...]:
    """What `change` runs forward."""
    return up(change(body), config)

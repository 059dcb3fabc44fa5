"""The databases this tool knows, by the name of `ProjectContext.database`."""

from __future__ import annotations

from typing import Any, Protocol

from ..operations import Statement
from ..program.commands import Command
from ..project.context import RepoConfig
from ..schema.state import Schema
from .effects import Effect


class Transaction(Protocol):
    """The transaction a statement runs in, as far as it changes what statements do."""

    @property
    def open(self) -> bool:
        """False where each statement commits by itself."""
        ...


class Database(Protocol):
    """An Ecto adapter and the server behind it."""

    name: str

    def emit(self, command: Command, config: RepoConfig) -> tuple[Statement, ...]:
        """The statements the adapter sends for a command, to the letter."""
        ...

    def begin(self, transactional: bool) -> Transaction:
        """The state before the first statement; False with `@disable_ddl_transaction`."""
        ...

    def effect(self, statement: Statement, schema: Schema, version: int, transaction: Any) -> Effect: ...

    def advance(self, transaction: Any, statement: Statement, effect: Effect, schema: Schema) -> Transaction:
        """The transaction after the statement."""
        ...


def database_named(name: str) -> Database | None:
    """None for a database whose adapter is not modelled: then nothing is said about statements."""
    if name == "postgres":
        from .postgres.database import Postgres

        return Postgres()
    return None

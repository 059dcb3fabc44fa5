"""One migration of the history: the operations it runs forward, and what is in doubt about them."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..databases.registry import Database
from ..operations import (
    CallsCode,
    Delete,
    Insert,
    LockTable,
    Operation,
    Select,
    SessionCommand,
    SetParameter,
    Statement,
    TransactionControl,
    Truncate,
    Update,
)
from ..program.commands import AlterTable, Command, CreateTable, Raises, UnknownCode
from ..program.reader import read
from ..records import dataclass
from ..schema.unknown import leaves_schema_alone
from ..syntax.source import Source
from ..syntax.span import Span
from .context import RepoConfig
from .repos import underscore

# What leaves the schema as it is, whether it ran or not.
_ROWS = (
    *(Delete, Insert, Select, Truncate, Update, LockTable),
    *(SessionCommand, SetParameter, TransactionControl),
)


_SCHEMA_CHANGES = re.compile(r"Ecto\.Migrat|Ecto\.Adapters|Postgrex|\bexecute|\bquery(?:_many)?!?\s*\(")


@dataclass(frozen=True)
class Step:
    """An operation, and why it only perhaps ran (None where it did)."""

    operation: Operation
    doubt: str | None = None


@dataclass(frozen=True)
class FileOperations:
    """What a file of the history does. `doubts` are reasons why it may do more or something else.

    `module` is the name of the migration, None where the file has none.
    """

    module: str | None
    steps: tuple[Step, ...] = ()
    doubts: tuple[str, ...] = ()


def operations_of(
    source: Source,
    name: str,
    config: RepoConfig,
    database: Database,
    files: Callable[[str], str | None] | None = None,
) -> FileOperations:
    """The operations of the first migration of a file, which is the one that Ecto runs.

    `files` reads what the migration reads, by the path from the project's root.
    """
    file = read(source, config, files, rollback=False)
    if not file.migrations:
        return FileOperations(None, doubts=(f"no migration can be read in {name}",))
    migration = file.migrations[0]
    doubts = [f"a part of {name} does not parse"] if migration.broken else []
    if migration.up is None:
        doubts.append(f"{name} has neither up nor change")
        return FileOperations(migration.module, doubts=tuple(doubts))
    steps: list[Step] = []
    unknown: list[Step] = []
    for command in migration.up.commands:
        if isinstance(command, Raises):
            # It ran, as all of the history did: then it is not what the text says now.
            doubts.append(f"{name} raises {command.error}")
            break
        reason = _command_doubt(command, name)
        for statement in database.emit(command, config):
            if statement.error is not None and not statement.operations:
                doubts.append(f"{name} raises {statement.error}")
            found = [
                step
                for step in _steps(statement, reason, name)
                if not (isinstance(step.operation, CallsCode) and _works_on_rows(step.operation, files))
            ]
            (unknown if isinstance(statement.command, UnknownCode) else steps).extend(found)
    if not steps or not all(_is_about_rows(step.operation) for step in steps):
        # Code that cannot be followed, in a migration of data, goes on with data: it loops over rows.
        # Anywhere else it may change the schema.
        steps += unknown
    return FileOperations(migration.module, tuple(steps), tuple(doubts))


def _works_on_rows(operation: CallsCode, files: Callable[[str], str | None] | None) -> bool:
    """A function of the application whose module has no means to change the schema: neither Ecto's DSL nor
    SQL as text. What it calls in turn is not followed."""
    module = operation.call.rpartition("/")[0].rpartition(".")[0]
    text = files(f"lib/{underscore(module)}.ex") if files is not None and module else None
    return text is not None and _SCHEMA_CHANGES.search(text) is None


def _is_about_rows(operation: Operation) -> bool:
    if isinstance(operation, CallsCode):
        return leaves_schema_alone(operation)
    return isinstance(operation, _ROWS)


def _command_doubt(command: Command, name: str) -> str | None:
    if not command.always:
        return f"a condition in {name} decides whether it ran"
    if command.repeated:
        return f"a loop in {name} decides how often it ran"
    return None


def _steps(statement: Statement, reason: str | None, name: str) -> list[Step]:
    command = statement.command
    if reason is None and command is not None:
        # Inside of a function that `execute` was given.
        reason = _command_doubt(command, name)
    perhaps = _conditional_changes(command)
    return [
        Step(
            operation,
            None if _is_about_rows(operation) else reason or _change_doubt(operation, perhaps, name),
        )
        for operation in statement.operations
    ]


def _conditional_changes(command: Command | None) -> list[Span]:
    """The parts of a table's block that stand under a condition."""
    if isinstance(command, AlterTable):
        return [change.span for change in command.changes if not change.always]
    if isinstance(command, CreateTable):
        return [change.span for change in command.columns if not change.always]
    return []


def _change_doubt(operation: Operation, perhaps: list[Span], name: str) -> str | None:
    touched = any(
        span.encloses(operation.span) or operation.span.encloses(span) for span in perhaps if perhaps
    )
    return f"a condition in {name} decides whether it ran" if touched else None

"""Rows that a migration writes: which table, how many of them, and under which locks."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis import Run, Step
from ..databases.effects import Lock
from ..operations import Delete, Insert, Relation, RenameTable, Update
from ..program.commands import Command, Execute, RepoCall, RepoQuery
from ..records import dataclass, replace
from ..schema.state import Schema
from .context import MigrationContext

# Modes that make reads or writes of other sessions wait (manual, "Explicit Locking", table 13.2).
_BLOCKS = {
    "ACCESS EXCLUSIVE": "reads and writes",
    "EXCLUSIVE": "writes",
    "SHARE ROW EXCLUSIVE": "writes",
    "SHARE": "writes",
}
_READS = frozenset(
    {"all", "all_by", "one", "get", "get_by", "exists?", "aggregate", "stream", "preload", "reload"}
)


@dataclass(frozen=True)
class Write:
    """A statement that writes rows of `relation`; `shown` names it in a message."""

    step: Step
    operation: Insert | Update | Delete
    relation: Relation
    shown: str

    @property
    def command(self) -> Command | None:
        return self.step.statement.command

    @property
    def repeated(self) -> bool:
        """Whether it stands in a loop of unknown length: in batches, or row by row."""
        return self.command is not None and self.command.repeated


@dataclass(frozen=True)
class HeldLock:
    """A lock on a table that was there before, taken by an earlier statement of the same transaction."""

    lock: Lock
    step: Step

    @property
    def blocks(self) -> str:
        return _BLOCKS[self.lock.mode]


def writes(context: MigrationContext, run: Run | None = None) -> Iterator[Write]:
    """What writes rows, in order: forward, or in `run`. Tables that are not known are left out."""
    for step in context.steps if run is None else run.steps:
        for operation in step.statement.operations:
            if not isinstance(operation, Insert | Update | Delete):
                continue
            relation = table_of(context, operation.relation, step.statement.command)
            if relation is not None:
                yield Write(step, operation, relation, f"`{relation}`")


def table_of(context: MigrationContext, relation: Relation, command: Command | None) -> Relation | None:
    """The table; for a call of the repo with a schema module, the one that the application's module names."""
    if relation.name is not None:
        return relation
    if not isinstance(command, RepoCall) or command.schema is None:
        return None
    read = context.analysis.project.ecto_schemas
    for schema in read() if read is not None else ():
        if schema.module == command.schema:
            return Schema.key(schema.table) if schema.table.name is not None else None
    return None


def held_before(context: MigrationContext, write: Write, run: Run | None = None) -> HeldLock | None:
    """The lock that makes other sessions wait longest while the rows are written.

    One on the written table comes first, then the strongest; under the name the table has by then.
    """
    if not write.step.in_transaction:
        return None
    held: dict[Relation, HeldLock] = {}
    for earlier in context.steps if run is None else run.steps:
        if earlier is write.step:
            break
        if not earlier.in_transaction or earlier.transaction != write.step.transaction:
            held.clear()
            continue
        for lock in earlier.effect.locks:
            found = held.get(lock.relation)
            if lock.mode in _BLOCKS and (found is None or lock.mode == "ACCESS EXCLUSIVE"):
                held[lock.relation] = HeldLock(lock, earlier)
        for operation in earlier.statement.operations:
            if isinstance(operation, RenameTable) and operation.to is not None:
                moved = held.pop(Schema.key(operation.relation), None)
                if moved is not None:
                    to = Relation(operation.to, operation.relation.schema)
                    held[Schema.key(to)] = replace(moved, lock=replace(moved.lock, relation=to))
    own = Schema.key(write.relation)
    return min(
        held.values(),
        key=lambda item: (item.lock.mode != "ACCESS EXCLUSIVE", Schema.key(item.lock.relation) != own),
        default=None,
    )


def is_write(call: RepoCall) -> bool:
    return call.function.rstrip("!") not in _READS and call.function.partition("_")[0].rstrip("!") in (
        "insert",
        "update",
        "delete",
    )


def all_commands(commands: tuple[Command, ...]) -> Iterator[Command]:
    """The commands in order, those that functions given to `execute` run included."""
    for command in commands:
        if isinstance(command, Execute):
            yield from all_commands(command.up_commands)
        yield command


def repo_calls(commands: tuple[Command, ...]) -> Iterator[RepoCall | RepoQuery]:
    for command in all_commands(commands):
        if isinstance(command, RepoCall | RepoQuery):
            yield command


def words_of(operation: Insert | Update | Delete) -> str:
    """What it does to rows, third person."""
    return {Insert: "Inserts into", Update: "Updates", Delete: "Deletes from"}[type(operation)]

"""What a rollback leaves and where it fails, compared with the schema before the migration."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis import Run, Step
from ..databases.effects import Failure
from ..operations import (
    AddColumn,
    AddConstraint,
    CallsCode,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    DropView,
    OpaqueSQL,
    RenameTable,
    UnparsedSQL,
)
from ..operations.tables import TableOperation
from ..records import dataclass
from ..schema.state import Column, Schema, Table
from .context import MigrationContext

_DROPS = (DropTable, DropView, DropColumn, DropConstraint, DropIndex)


@dataclass(frozen=True)
class RollbackFailure:
    """A statement of the rollback that fails; `order`: because of another statement of it, before or after."""

    step: Step
    failure: Failure
    order: Step | None


def is_sound(run: Run | None) -> bool:
    """Whether a direction is known entirely and certainly passes."""
    if run is None or not run.complete:
        return False
    for step in run.steps:
        command = step.statement.command
        if step.statement.error is not None or (command is not None and not command.always):
            return False
        if any(failure.certain for failure in step.effect.failures):
            return False
        if any(isinstance(item, CallsCode | OpaqueSQL | UnparsedSQL) for item in step.statement.operations):
            return False
    return True


def failures(context: MigrationContext) -> Iterator[RollbackFailure]:
    """Where the rollback of a migration that passed fails."""
    up, down = context.migration.up, context.migration.down
    if up is None or down is None:
        return
    if any(step.statement.error or _fails(step) for step in up.steps):
        return
    for at, step in enumerate(down.steps):
        command = step.statement.command
        if command is not None and not command.always:
            continue
        for failure in step.effect.failures:
            yield RollbackFailure(step, failure, _order(step, failure, down.steps[:at], down.steps[at + 1 :]))


def _fails(step: Step) -> bool:
    return any(failure.certain for failure in step.effect.failures)


def _order(step: Step, failure: Failure, earlier: tuple[Step, ...], later: tuple[Step, ...]) -> Step | None:
    """The statement of the rollback that should have come before (or after) the one that fails."""
    if failure.cause == "dependents":
        return next((item for item in later if _drops(item)), None)
    if failure.cause != "missing":
        return None
    own = {
        Schema.key(item.relation)
        for item in step.statement.operations
        if isinstance(item, TableOperation | DropIndex | CreateIndex) and item.relation is not None
    }
    for item in earlier:
        for operation in item.statement.operations:
            if isinstance(operation, DropTable | RenameTable) and Schema.key(operation.relation) in own:
                return item
            if isinstance(operation, DropColumn) and Schema.key(operation.relation) in own:
                return item
    return None


def _drops(step: Step) -> bool:
    return any(isinstance(item, _DROPS) for item in step.statement.operations)


def differences(context: MigrationContext) -> list[str]:
    """What is not as it was before, when the migration has run and was rolled back; in words.

    Of what is not known entirely only the things that the migration itself has made.
    """
    down = context.migration.down
    if down is None or not down.steps:
        return []
    before, after = context.migration.schema, down.steps[-1].after
    if before.uncertain or after.uncertain:
        return []
    made = _made(context)
    found: list[str] = []
    for key, table in after.tables.items():
        was = before.tables.get(key)
        if table.uncertain:
            continue
        if was is None:
            if ("table", str(key), "") in made:
                found.append(f"`{key}` stays")
                continue
            found.extend(_left(table, made))
        elif not was.uncertain:
            found.extend(_table(was, table, made))
    for key, was in before.tables.items():
        if key not in after.tables and not was.uncertain:
            found.append(f"`{key}` is gone")
    return found


def _made(context: MigrationContext) -> set[tuple[str, str, str]]:
    """What migrating creates: kind, table and name."""
    made: set[tuple[str, str, str]] = set()
    for step in context.steps:
        for item in step.statement.operations:
            if isinstance(item, CreateTable) and not item.if_not_exists:
                made.add(("table", str(Schema.key(item.relation)), ""))
            elif isinstance(item, AddColumn) and not item.if_not_exists and item.column.name:
                made.add(("column", str(Schema.key(item.relation)), item.column.name))
            elif isinstance(item, CreateIndex) and not item.if_not_exists and item.name:
                made.add(("index", str(Schema.key(item.relation)), item.name))
            elif isinstance(item, AddConstraint) and item.constraint.name:
                made.add(("constraint", str(Schema.key(item.relation)), item.constraint.name))
    return made


def _left(table: Table, made: set[tuple[str, str, str]]) -> Iterator[str]:
    """Of a table that is known in parts only: what the migration made and the rollback left."""
    key = str(Schema.key(table.relation))
    for name in table.columns:
        if ("column", key, name) in made:
            yield f"`{key}.{name}` stays"
    for name, index in table.indexes.items():
        if ("index", key, name) in made and index.constraint is None:
            yield f"index `{name}` stays"
    for name in table.constraints:
        if ("constraint", key, name) in made:
            yield f"constraint `{name}` stays"


def _table(was: Table, now: Table, made: set[tuple[str, str, str]]) -> Iterator[str]:
    if not (was.complete and now.complete):
        yield from (words for words in _left(now, made) if not _knew(was, words))
    key = Schema.key(was.relation)
    for name, column in was.columns.items():
        found = now.columns.get(name)
        if found is None:
            yield f"`{key}.{name}` is gone"
        elif not column.uncertain and not found.uncertain:
            yield from _column(f"`{key}.{name}`", column, found)
    if was.complete and now.complete:
        yield from (f"`{key}.{name}` stays" for name in now.columns if name not in was.columns)
        yield from (
            f"index `{name}` stays"
            for name, index in now.indexes.items()
            if name not in was.indexes and index.constraint is None
        )
        yield from (f"constraint `{name}` stays" for name in now.constraints if name not in was.constraints)
    for name, index in was.indexes.items():
        if index.constraint is not None:
            continue
        again = now.indexes.get(name)
        if again is None:
            yield f"index `{name}` is gone"
        elif index.definition.unique and not again.definition.unique:
            yield f"index `{name}` is not unique any more"
    yield from (f"constraint `{name}` is gone" for name in was.constraints if name not in now.constraints)


def _knew(was: Table, words: str) -> bool:
    names = {*was.columns, *was.indexes, *was.constraints}
    return any(f"{name}`" in words for name in names)


def _column(words: str, was: Column, now: Column) -> Iterator[str]:
    if was.type.name and now.type.name and str(was.type) != str(now.type):
        yield f"{words} is {now.type}, not {was.type}"
    if was.not_null != now.not_null:
        yield f"{words} is {'NOT NULL' if now.not_null else 'nullable'} now"
    if (was.default is None) != (now.default is None):
        yield f"{words} has {'lost its default' if now.default is None else 'a default'}"

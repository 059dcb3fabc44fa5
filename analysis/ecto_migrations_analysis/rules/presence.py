"""What there is in a migration, in words of the catalogue: a rule is loaded only where it has something to judge."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from ..analysis import Analysis, MigrationAnalysis, Step
from ..operations import AddConstraint, CreateTable
from ..program.commands import AlterTable, Command, Execute
from ..program.commands import CreateTable as CreateTableCommand
from ..program.migration import Migration
from ..project.migrations import migration_file

# Words that are no names of classes. `Entry.on` may have them; a test finds any other.
FACTS = frozenset(
    {
        # Constraints that are added, to new tables and to old ones.
        "check constraint",
        "foreign key constraint",
        # Something is asked to run CONCURRENTLY.
        "concurrently",
        # More than one command or statement, in one direction.
        "several statements",
        # A statement that fails, or fails on some rows; Ecto raises.
        "failure",
        # A statement outside of the migration's transaction.
        "outside of the transaction",
        # `@disable_ddl_transaction`, `@disable_migration_lock`, or an attribute that nobody reads.
        "attributes",
        # The environment, the clock or chance is asked.
        "outside world",
        # The functions that Ecto calls.
        "up",
        "down",
        "change",
        "after_begin",
        "before_commit",
        # `change` that cannot be run backwards.
        "irreversible",
        # `execute` with two arguments.
        "execute with a way back",
        # Another file of the folder has the version, or the name; a later one is there.
        "same version",
        "same name",
        "not the newest",
        # An earlier migration has the name of the module.
        "same module",
        # The file's name is not that of a migration, `<version>_<name>.exs`.
        "odd name",
        # The module does not use Ecto.Migration.
        "no use",
        # The repo's database, where it is not PostgreSQL.
        "mysql",
        "sqlite",
        "mssql",
    }
)


def present(analysis: Analysis, migration: MigrationAnalysis) -> set[str]:
    """The names of the operations and commands that the migration has, either way, of their bases; and `FACTS`."""
    kinds = set(_kinds(migration))
    found = {name for kind in kinds for name in _names(kind)}
    found.update(
        _of_steps(migration), _of_module(migration.migration), _of_file(analysis, migration.migration)
    )
    return found


def _kinds(migration: MigrationAnalysis) -> Iterator[type]:
    for run in (migration.up, migration.down):
        for step in run.steps if run else ():
            yield from map(type, step.statement.operations)
    for program in (migration.migration.up, migration.migration.down):
        yield from _of_commands(program.commands if program else ())


def _of_commands(commands: tuple[Command, ...]) -> Iterator[type]:
    for command in commands:
        yield type(command)
        if isinstance(command, AlterTable):
            yield from map(type, command.changes)
        elif isinstance(command, CreateTableCommand):
            yield from map(type, command.columns)
        elif isinstance(command, Execute):
            yield from _of_commands((*command.up_commands, *command.down_commands, *command.unflushed))


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(base.__name__ for base in kind.__mro__)


def _of_steps(migration: MigrationAnalysis) -> Iterator[str]:
    for run in (migration.up, migration.down):
        if run is None:
            continue
        if len(run.steps) > 1:
            yield "several statements"
        for step in run.steps:
            yield from _of_step(step)
    for program in (migration.migration.up, migration.migration.down):
        if program is not None and len(program.commands) > 1:
            yield "several statements"


def _of_step(step: Step) -> Iterator[str]:
    if step.statement.error is not None or step.effect.failures:
        yield "failure"
    if not step.in_transaction:
        yield "outside of the transaction"
    for operation in step.statement.operations:
        if getattr(operation, "concurrently", False):
            yield "concurrently"
        if isinstance(operation, AddConstraint):
            yield f"{operation.constraint.kind} constraint"
        elif isinstance(operation, CreateTable):
            for constraint in operation.constraints:
                yield f"{constraint.kind} constraint"


def _of_module(migration: Migration) -> Iterator[str]:
    yield from migration.callbacks
    attributes = (migration.disable_ddl_transaction, migration.disable_migration_lock)
    if migration.other_attributes or any(attribute.span is not None for attribute in attributes):
        yield "attributes"
    if migration.outside:
        yield "outside world"
    if migration.down is not None and migration.down.irreversible is not None:
        yield "irreversible"
    if migration.use_span.end == migration.use_span.start:
        yield "no use"
    for command in migration.up.commands if migration.up else ():
        if getattr(command, "down", None) is not None:
            yield "execute with a way back"


def _of_file(analysis: Analysis, migration: Migration) -> Iterator[str]:
    project = analysis.project
    yield project.database
    siblings = project.siblings
    if siblings is not None:
        if siblings.same_version:
            yield "same version"
        if siblings.same_name:
            yield "same name"
        if siblings.newer:
            yield "not the newest"
    if migration.module in project.sibling_modules:
        yield "same module"
    if migration_file(analysis.source.path or "") is None:
        yield "odd name"

"""What a migration does to tables, also on a database whose SQL is not modelled."""

from __future__ import annotations

from ..analysis import MigrationAnalysis, Run
from ..databases.postgres.emission import emit
from ..operations import Operation
from ..program import commands
from ..program.migration import Program
from ..project.context import RepoConfig
from ..schema.state import Schema

# What the DSL says means the same to tables, columns and indexes on every database.
_DSL = (
    commands.CreateTable,
    commands.AlterTable,
    commands.DropTable,
    commands.RenameTable,
    commands.RenameColumn,
    commands.CreateIndex,
    commands.DropIndex,
    commands.RenameIndex,
    commands.CreateConstraint,
    commands.DropConstraint,
)

Operations = list[tuple[Schema, Operation]]


def forward(migration: MigrationAnalysis) -> Operations:
    """The operations going up in order, each with the schema that it meets, as far as it is known."""
    return _operations(migration, migration.up, migration.migration.up)


def backward(migration: MigrationAnalysis) -> Operations:
    """The same going down; none where that cannot run to its end."""
    return _operations(migration, migration.down, migration.migration.down)


def is_modelled(migration: MigrationAnalysis) -> bool:
    """Whether what the database gets is known."""
    return migration.up is not None or migration.migration.up is None


def says_more(migration: MigrationAnalysis) -> bool:
    """Whether a migration that is not modelled has SQL or code besides what `forward` tells."""
    program = migration.migration.up
    return program is not None and any(not isinstance(item, _DSL) for item in program.commands)


def _operations(migration: MigrationAnalysis, run: Run | None, program: Program | None) -> Operations:
    if run is not None:
        return [(step.before, operation) for step, operation in run.operations]
    if program is None or program.irreversible is not None or is_modelled(migration):
        return []
    return [
        (migration.schema, operation)
        for command in program.commands
        if isinstance(command, _DSL)
        for statement in emit(command, RepoConfig())
        for operation in statement.operations
    ]

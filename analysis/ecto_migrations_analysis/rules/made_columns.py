"""The columns that a migration makes, in new tables and in old ones."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis import Step
from ..operations import AddColumn, ColumnDefinition, CreateTable, Relation
from .context import MigrationContext


def made_columns(context: MigrationContext) -> Iterator[tuple[Step, Relation, ColumnDefinition]]:
    """Each column that migrating makes, with its statement and its table.

    A primary key that `table` implies is among them; its `origin` is "table".
    """
    for step in context.steps:
        for operation in step.statement.operations:
            if isinstance(operation, AddColumn):
                yield step, operation.relation, operation.column
            elif isinstance(operation, CreateTable):
                for column in operation.columns:
                    yield step, operation.relation, column

"""What a rule sees of one migration: its operations in order, and which tables were there before it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TypeVar

from ..analysis import Analysis, MigrationAnalysis, Step
from ..findings import Level
from ..operations import AddConstraint, ConstraintDefinition, CreateTable, Operation, Relation
from ..operations.constraints import ConstraintKind
from ..records import dataclass
from ..schema.state import Schema

AnyOperation = TypeVar("AnyOperation", bound=Operation)


@dataclass(frozen=True)
class MigrationContext:
    """One migration module of an analysis. Rules look forward (`up`) unless they say otherwise."""

    analysis: Analysis
    migration: MigrationAnalysis

    @property
    def is_first(self) -> bool:
        """Whether it is the migration that Ecto runs of its file; what concerns the file is said there."""
        return self.analysis.migrations[0] is self.migration

    @property
    def steps(self) -> tuple[Step, ...]:
        """The statements of `up` (or of `change` run forward) in order."""
        return self.migration.up.steps if self.migration.up else ()

    def forward(self, kind: type[AnyOperation]) -> Iterator[tuple[Step, AnyOperation]]:
        """The operations of this kind that migrating runs, in order, with the statement they belong to."""
        for step in self.steps:
            for operation in step.statement.operations:
                if isinstance(operation, kind):
                    yield step, operation

    def added_constraints(
        self, kind: ConstraintKind
    ) -> Iterator[tuple[Step, Relation, ConstraintDefinition]]:
        """The constraints of this kind that migrating adds, to new tables and to old ones."""
        for step in self.steps:
            for operation in step.statement.operations:
                if isinstance(operation, AddConstraint):
                    found: tuple[ConstraintDefinition, ...] = (operation.constraint,)
                elif isinstance(operation, CreateTable):
                    found = operation.constraints
                else:
                    continue
                for constraint in found:
                    if constraint.kind == kind:
                        yield step, operation.relation, constraint

    @cached_property
    def _created(self) -> dict[Relation, tuple[int, bool]]:
        """Tables this migration creates: the number of the step, and whether they are certainly new."""
        created: dict[Relation, tuple[int, bool]] = {}
        for number, step in enumerate(self.steps):
            for operation in step.statement.operations:
                if isinstance(operation, CreateTable):
                    known = step.before.table(operation.relation)
                    certain = not operation.if_not_exists or (known is None and step.before.complete)
                    if not (operation.if_not_exists and known is not None):
                        created.setdefault(Schema.key(operation.relation), (number, certain))
        return created

    def is_new(self, relation: Relation) -> bool | None:
        """Whether this migration creates the table; None where `IF NOT EXISTS` leaves it open.

        A new table is empty and no running code knows it: nothing that is done to it makes anybody wait.
        """
        found = self._created.get(Schema.key(relation))
        if found is None:
            return False
        return True if found[1] else None

    def level(self, level: Level, relation: Relation, step: Step) -> Level:
        """The level for something done to `relation`: a step lower where it may not happen to an old table.

        That is where the table may be new (`create_if_not_exists`), or the command stands under a condition
        that the text does not decide.
        """
        command = step.statement.command
        doubtful = self.is_new(relation) is None or (command is not None and not command.always)
        return Level(max(Level.INFO, level - 1)) if doubtful else level

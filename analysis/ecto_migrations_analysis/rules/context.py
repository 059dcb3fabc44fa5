"""What a rule sees of one migration: its operations in order, and which tables were there before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TypeVar

from ..analysis import Analysis, MigrationAnalysis, Step
from ..findings import Finding, Level
from ..operations import (
    AddConstraint,
    CallsCode,
    ConstraintDefinition,
    CreateTable,
    CreateView,
    DropTable,
    DropView,
    Insert,
    OpaqueSQL,
    Operation,
    Relation,
    RenameTable,
    Truncate,
)
from ..operations.constraints import ConstraintKind
from ..program.commands import ApplicationCode, UnknownCode
from ..records import dataclass
from ..schema.persistent import put, unlike, without
from ..schema.state import Schema

AnyOperation = TypeVar("AnyOperation", bound=Operation)


@dataclass(frozen=True)
class MigrationContext:
    """One migration module of an analysis. Rules look forward (`up`) unless they say otherwise."""

    analysis: Analysis
    migration: MigrationAnalysis
    # What all other rules have found in the file; None where they have not been asked.
    found: tuple[Finding, ...] | None = None

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
    def _new_at(self) -> dict[int, Mapping[Relation, None]]:
        """By step: the tables this migration created before it, under the names they have there.

        Those that the step itself creates count too, and so do materialized views.
        """
        new: Mapping[Relation, None] = {}
        found: dict[int, Mapping[Relation, None]] = {}
        for step in self.steps:
            before = new
            for operation in step.statement.operations:
                new = _with(new, operation, step.before)
            both = new
            for relation, _ in () if new is before else unlike(before, new):
                both = put(both, relation, None)
            found[id(step)] = both
        return found

    def is_new(self, relation: Relation, step: Step | None = None) -> bool:
        """Whether this migration has created the table when `step` runs; without `step`: whenever it is named.

        A new table is empty and no running code knows it: nothing that is done to it makes anybody wait.
        `CREATE TABLE IF NOT EXISTS` makes a table that no earlier migration knows: who writes that means the
        table to be new here.
        """
        key = Schema.key(relation)
        if step is not None and id(step) in self._new_at:
            return key in self._new_at[id(step)]
        named = [
            key in self._new_at[id(item)]
            for item in self.steps
            if any(key in _named_by(operation) for operation in item.statement.operations)
        ]
        return bool(named) and all(named)

    def has_no_rows(self, relation: Relation, step: Step) -> bool:
        """Whether the table is empty when `step` runs: new, or truncated before it in the same transaction.

        TRUNCATE holds ACCESS EXCLUSIVE until the commit, so nobody else brings rows in. Reading, rewriting or
        indexing such a table takes an instant, and no row breaks anything.
        """
        if self.is_new(relation, step):
            return True
        if not self._truncates or not step.in_transaction:
            return False
        key = Schema.key(relation)
        steps = {
            id(earlier.statement.command): earlier for earlier in self.steps if earlier.statement.command
        }
        program = self.migration.migration.up
        empty = False
        for command in program.commands if program is not None else ():
            earlier = steps.get(id(command))
            if earlier is step:
                return empty
            if isinstance(command, UnknownCode) or (
                isinstance(command, ApplicationCode) and not command.is_harmless
            ):
                empty = False
            if earlier is None or not earlier.in_transaction or earlier.transaction != step.transaction:
                continue
            for operation in earlier.statement.operations:
                match operation:
                    case Truncate(relations=relations):
                        empty = empty or key in map(Schema.key, relations)
                    case Insert(relation=written) if Schema.key(written) == key:
                        empty = False
                    case CallsCode() | OpaqueSQL():
                        empty = False
        return False

    @cached_property
    def _truncates(self) -> bool:
        return any(True for _ in self.forward(Truncate))

    def level(self, level: Level, relation: Relation, step: Step) -> Level:
        """The level for something done to `relation`: a step lower where it may not happen to an old table.

        That is where the command stands under a condition that the text does not decide.
        """
        command = step.statement.command
        doubtful = command is not None and not command.always
        return Level(max(Level.INFO, level - 1)) if doubtful else level


def _with(new: Mapping[Relation, None], operation: Operation, before: Schema) -> Mapping[Relation, None]:
    """The tables that are new after the operation."""
    key = Schema.key
    match operation:
        case CreateTable(relation=relation, if_not_exists=if_not_exists):
            there = key(relation) in new or (if_not_exists and before.table(relation) is not None)
            return new if there else put(new, key(relation), None)
        case DropTable(relation=relation):
            return without(new, key(relation))
        case CreateView(name=name, materialized=True, if_not_exists=if_not_exists):
            there = if_not_exists and key(name) in before.views
            return new if there else put(new, key(name), None)
        case DropView(name=name, materialized=True):
            return without(new, key(name))
        case RenameTable(relation=relation, to=to):
            target = key(Relation(to, relation.schema))
            left = without(new, key(relation))
            return put(left, target, None) if key(relation) in new else without(left, target)
    return new


def _named_by(operation: Operation) -> tuple[Relation, ...]:
    relation = getattr(operation, "relation", None)
    return (Schema.key(relation),) if isinstance(relation, Relation) else ()
